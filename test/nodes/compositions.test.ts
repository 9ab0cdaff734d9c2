/** What is put together from nodes. */
import {
  bidirectional,
  compile,
  conv1d,
  createTrainer,
  dense,
  flatten,
  fromArrays,
  globalAveragePooling1d,
  graph,
  graphFromJson,
  graphToJson,
  gru,
  input,
  lstm,
  meanSquaredError,
  type Port,
  relu,
  reshape,
  reverse,
  sgd,
  slice,
  splitAll,
  stack,
  tanh,
  timeDistributed,
  unfoldTime,
} from 'gradstream'
import { checkNode } from 'gradstream/testing'
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

describe('timeDistributed', () => {
  const steps = [0, 1, 2, 3]
  const target = input({ name: 'target', shape: [4, 2] })
  const batch = {
    x: { shape: [3, 4, 5, 1], data: Array.from({ length: 60 }, (_, i) => Math.sin(i * i)) },
    target: { shape: [3, 4, 2], data: Array.from({ length: 24 }, (_, i) => Math.cos(3 * i)) },
  }
  const layers = () => {
    const [convolve, shrink, head] = [
      conv1d({ filters: 3, kernelSize: 2, name: 'convolve' }),
      globalAveragePooling1d(),
      dense({ units: 2, name: 'head' }),
    ]
    return (x: Port) => x.pipe(convolve, tanh(), shrink, head)
  }

  test('does what the layer does to each step alone, and learns the same', async () => {
    const sequence = input({ name: 'x', shape: [4, 5, 1] })
    const each = layers()
    const stepwise = steps.map(t =>
      each(sequence.pipe(slice({ axis: 1, start: t, end: t + 1 }), reshape({ targetShape: [5, 1] }))),
    )
    const options = { seed: 3, kernels: 'reference', precision: 'float64' } as const
    const models = [timeDistributed(layers())(sequence), stack({ axis: 1 })(...stepwise)].map(y => {
      const loss = meanSquaredError()(y, target)
      return compile(graph({ y, loss, update: loss.pipe(sgd({ learningRate: 0.3 })) }), options)
    })
    const made = []
    for (const model of models) {
      const data = fromArrays(batch)
      await createTrainer(model, { data, epochs: 3, batchSize: 3, shuffle: false }).run()
      const { y } = model.predict({ x: batch.x })
      expect(y?.shape).toEqual([3, 4, 2])
      made.push(Array.from(y?.data ?? []))
      model.dispose()
    }
    const [one = [], other = []] = made
    expect(one.map((value, i) => Math.abs(value - (other[i] as number)) < 1e-12)).not.toContain(false)
  })

  test('names inside what is made inside, through JSON, for sequences of any length', () => {
    const x = input({ name: 'x', shape: [null, 6] })
    const words = input({ name: 'mask', shape: [null, 3] })
    const y = x.pipe(
      timeDistributed(step => step.pipe(reshape({ targetShape: [3, 2] }), dense({ units: 4 }), flatten())),
    )
    const z = timeDistributed((step, mask) =>
      lstm({ units: 2 })(reshape({ targetShape: [3, 4] })(step), mask),
    )(y, words)
    const model = compile(graphFromJson(graphToJson(graph({ z }))))
    expect(model.nodes).toEqual(
      expect.arrayContaining([
        'timeDistributed1/dense1',
        'timeDistributed2/lstm1',
        'timeDistributed2/foldTime2',
      ]),
    )
    for (const time of [1, 5]) {
      const row = Array.from({ length: time }, () => [1, 2, 3, 4, 5, 6])
      const mask = Array.from({ length: time }, () => [1, 1, 0])
      expect(model.predict({ x: [row, row], mask: [mask, mask] }).z?.shape).toEqual([2, time, 2])
    }
    model.dispose()
  })

  test('goes into itself', () => {
    const x = input({ name: 'x', shape: [2, 3, 4] })
    const y = x.pipe(timeDistributed(timeDistributed(dense({ units: 5, name: 'shared' }))))
    const model = compile(graph({ y }), { seed: 1, kernels: 'reference', precision: 'float64' })
    const plain = compile(graph({ y: x.pipe(dense({ units: 5, name: 'shared' })) }), {
      seed: 1,
      kernels: 'reference',
      precision: 'float64',
    })
    const given = { x: { shape: [2, 2, 3, 4], data: Array.from({ length: 48 }, (_, i) => i % 7) } }
    expect(model.predict(given).y.toNested()).toEqual(plain.predict(given).y.toNested())
    for (const each of [model, plain]) each.dispose()
  })

  test.each([
    [2, 3, 4],
    [5, 1, 2, 2],
    [1, 7],
  ])('what folds and unfolds keeps the laws of a node: %i, %i', (...shape) => {
    const [batch = 0, time = 0] = shape
    checkNode({ type: 'foldTime' }, { inputs: { x: shape } })
    checkNode({ type: 'unfoldTime' }, { inputs: { x: [batch * time, 3], like: shape } })
  })

  test.each<[string, () => unknown, string]>([
    ['no function', () => timeDistributed(3 as never), 'layer'],
    ['a factory', () => timeDistributed(dense as never)(x), 'dense({ units: 16 })'],
    [
      'what has no time',
      () => compile(graph({ y: timeDistributed(relu())(input({ shape: [] })) })),
      '[batch, time, ...]',
    ],
    [
      'steps of another number',
      () =>
        compile(graph({ y: unfoldTime()(input({ name: 'a', shape: [3] }), x) })).predict({
          a: [[1, 2, 3]],
          ...rows,
        } as never),
      '4 samples, the steps of 1 sequences of 4',
    ],
  ])('refuses %s', (_, make, words) => {
    expect(errorOf(make).message).toContain(words)
  })
})
