/** What is put together from nodes. */
import { bidirectional, compile, graph, gru, input, lstm, reverse, splitAll } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../core/support.ts'

const x = input({ name: 'x', shape: [4, 3] })
const rows = {
  x: [
    [
      [1, 2, 3],
      [4, 5, 6],
      [-1, 0, 2],
      [0.5, 0.25, 1],
    ],
  ],
}

describe('bidirectional', () => {
  test.each([true, false])('reads in both directions, with returnSequences: %s', returnSequences => {
    const net = graph({ y: bidirectional(lstm, { units: 2, returnSequences })(x) })
    const model = compile(net, { seed: 1, kernels: 'reference', precision: 'float64' })
    const { y } = model.predict(rows)
    expect(y.shape).toEqual(returnSequences ? [1, 4, 4] : [1, 4])
    // One layer alone, with the weights of each of the two.
    const alone = (id: string, isBackward: boolean) => {
      const given = isBackward ? reverse()(x) : x
      const own = compile(graph({ y: lstm({ units: 2, returnSequences })(given) }), {
        kernels: 'reference',
        precision: 'float64',
      })
      for (const [name, { value }] of Object.entries(model.node(id).parameters))
        own.node('lstm1').parameters[name]?.assign(value.toJSON())
      const made = own.predict(rows).y.toNested()
      own.dispose()
      const read = (returnSequences ? made : [[(made as number[][])[0]]]) as number[][][]
      return isBackward ? (read[0] as number[][]).toReversed() : (read[0] as number[][])
    }
    const [one, other] = [alone('bidirectional1/lstm1', false), alone('bidirectional1/lstm2', true)]
    const expected = one.map((row, t) => [...row, ...(other[t] as number[])])
    expect(y.toNested()).toEqual(returnSequences ? [expected] : expected)
    model.dispose()
  })

  test('adds or averages, and may stand on another', () => {
    const net = graph({
      y: x.pipe(
        bidirectional(gru, { units: 3, returnSequences: true }, { mergeMode: 'sum' }),
        bidirectional(gru, { units: 2 }, { mergeMode: 'average' }),
      ),
    })
    const model = compile(net, { seed: 1, kernels: 'reference' })
    expect(model.predict(rows).y.shape).toEqual([1, 2])
    model.dispose()
  })

  test.each([
    ['no factory', () => bidirectional(3 as never, {} as never)],
    ['another merge', () => bidirectional(lstm, { units: 2 }, { mergeMode: 'mean' as never })],
  ])('refuses %s', (_, make) => {
    expect(errorOf(make).code).toBe('INVALID_OPTION')
  })
})

test('splitAll gives all parts in order', () => {
  const parts = splitAll({ parts: 2, axis: 1 })(x)
  const model = compile(graph({ a: parts[0] as never, b: parts[1] as never }), { kernels: 'reference' })
  const [first, second, third, fourth] = rows.x[0] as number[][]
  const { a, b } = model.predict(rows) as Record<'a' | 'b', { toNested(): unknown }>
  expect(a.toNested()).toEqual([[first, second]])
  expect(b.toNested()).toEqual([[third, fourth]])
  model.dispose()
  expect(errorOf(() => splitAll({ parts: 0 })).code).toBe('INVALID_OPTION')
})
