/** What the rows of a parameter are called, and the first rows of a tensor, over the bridge. */
import {
  arrayOf,
  compile,
  concatenate,
  dense,
  embedding,
  flatten,
  fromArrays,
  graph,
  gru,
  input,
  meanSquaredError,
  type NamesQuery,
  sgd,
  slice,
  sparseCategoricalCrossentropy,
} from 'gradstream'
import { afterEach, describe, expect, test } from 'vitest'
import { rejectionOf } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let open: Bridged[] = []
afterEach(async () => {
  for (const run of open) await run.close()
  open = []
})

const KINDS = ['attic', 'flat', 'loft']
const DISTRICTS = ['Abbey', 'Bridge', 'Castle', 'Dock', 'East']

/** A table with two columns of categories between numbers, each of them read by an embedding of its own. */
function rents() {
  const records = Array.from({ length: 60 }, (_, i) => ({
    area: 30 + i,
    district: DISTRICTS[(i * 7) % 5],
    floor: i % 4,
    kind: KINDS[i % 3],
    rent: 100 + i,
  }))
  const columns = { district: { type: 'index' }, kind: { type: 'index' } } as const
  const data = arrayOf(records, { target: 'rent', columns }).standardize({ columns: ['x', 'target'] })
  const x = input({ name: 'x', shape: [4] })
  const vector = (start: number, inputDim: number, end = start + 1) =>
    x.pipe(slice({ start, end }), embedding({ inputDim, outputDim: 3 }), flatten())
  // One counts from the end, and one has room for more kinds than there are.
  const all = concatenate()(vector(-3, 5, -2), vector(3, 6))
  const prediction = concatenate()(all, x).pipe(dense({ units: 1 }))
  const read = x.pipe(dense({ name: 'reader', units: 2 }), dense({ name: 'deep', units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const net = graph({ prediction, read, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  return { data, model: compile(net, { seed: 1 }) }
}

async function asking({ data, model }: { data: unknown; model: unknown }, options = {}) {
  const run = await bridged({ data } as never, options, model as never)
  open.push(run)
  const client = run.connect({ token: run.bridge.tokens.viewer })
  const names = async (query: NamesQuery) => {
    const answer = client.names(query)
    answer.catch(() => undefined)
    await run.clock.pass(60)
    return answer
  }
  return { run, client, names }
}

describe('rows are called', () => {
  test('as the categories of the column that an embedding looks up', async () => {
    const { names } = await asking(rents())
    expect(await names({ node: 'embedding1', parameter: 'embeddings' })).toEqual(DISTRICTS)
    // The table has three more rows, which have no names.
    expect(await names({ node: 'embedding2', parameter: 'embeddings' })).toEqual(KINDS)
    expect(await names({ node: 'embedding1', parameter: 'embeddings', count: 2 })).toEqual([
      'Abbey',
      'Bridge',
    ])
  })

  test('as the features that a layer reads, and not where another layer is in between', async () => {
    const { names } = await asking(rents())
    expect(await names({ node: 'reader', parameter: 'kernel' })).toEqual([
      'area',
      'district',
      'floor',
      'kind',
    ])
    expect(await names({ node: 'deep', parameter: 'kernel' })).toBe(null)
    expect(await names({ node: 'reader', parameter: 'bias' })).toBe(null)
  })

  test('as the tokens that the bridge knows, with their numbers where it does not', async () => {
    const letters = [' ', 'a', '', 'c', 'd'.repeat(100)]
    const decode = (tokens: readonly number[]) => {
      if (tokens[0] === 5) throw new Error('unknown')
      return tokens.map(token => letters[token] ?? 7).join('') as string
    }
    const model = () => {
      const read = input({ name: 'x', shape: [4] }).pipe(
        embedding({ inputDim: 6, outputDim: 3 }),
        gru({ units: 3, returnSequences: true }),
      )
      const prediction = read.pipe(dense({ units: 6 }))
      const entropy = sparseCategoricalCrossentropy({ fromLogits: true })
      const loss = entropy(prediction, input({ name: 'target', shape: [4] }))
      return compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), { seed: 1 })
    }
    const data = fromArrays({ x: [[0, 1, 2, 3]], target: [[1, 2, 3, 4]] })
    const query = { node: 'embedding1', parameter: 'embeddings' }
    const { names } = await asking({ data, model: model() }, { text: { encode: () => [0], decode } })
    expect(await names(query)).toEqual([' ', 'a', '2', 'c', `${'d'.repeat(63)}…`, '5'])
    const without = await asking({ data, model: model() })
    expect(await without.names(query)).toBe(null)
  })
})

test.each([
  [{ node: 'nothing', parameter: 'kernel' }, 'UNKNOWN_NAME'],
  [{ node: 'reader', parameter: 'nothing' }, 'UNKNOWN_NAME'],
  [{ node: 'reader', parameter: '__proto__' }, 'UNKNOWN_NAME'],
  [{ node: 'reader', parameter: 'kernel', count: 0 }, 'FORBIDDEN'],
  [{ node: 'reader', parameter: 'kernel', count: 4097 }, 'FORBIDDEN'],
  [{ node: 'reader', parameter: 'kernel', count: -1 }, 'INVALID_MESSAGE'],
  [{ node: 'reader', parameter: 'kernel', count: 1.5 }, 'INVALID_MESSAGE'],
  [{ node: 'reader' }, 'INVALID_MESSAGE'],
  [{ node: ['reader'], parameter: 'kernel' }, 'INVALID_MESSAGE'],
  [{ node: 'reader', parameter: 'kernel', rows: 3 }, 'INVALID_MESSAGE'],
])('a question for names that cannot be answered is refused: number %#', async (query, code) => {
  const { names } = await asking(rents())
  expect((await rejectionOf(names(query as NamesQuery))).code).toBe(code)
})

describe('the first rows of a tensor', () => {
  test('come alone, as many as there are, also of one too large to be sent', async () => {
    const x = input({ name: 'x', shape: [1] })
    const prediction = x.pipe(embedding({ inputDim: 6000, outputDim: 50 }), flatten(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
    const model = compile(net, { seed: 1 })
    const { run, client } = await asking({ data: fromArrays({ x: [[3]], target: [[1]] }), model })
    const { value } = model.node('embedding1').parameters.embeddings as { value: { data: Float32Array } }
    const of = { node: 'embedding1', of: 'value', parameter: 'embeddings', what: 'full', rate: 1 } as const
    const watched = async (rows?: number) => {
      const results: { shape: readonly number[]; data: ArrayLike<number> }[] = []
      const watch = client
        .watch({ ...of, ...(rows !== undefined && { rows }) })
        .subscribe({ next: ({ tensor }) => results.push(tensor), error: error => results.push(error) })
      await run.clock.pass(100)
      watch.unsubscribe()
      return results[0]
    }
    for (const rows of [1, 7, 2000]) {
      const tensor = await watched(rows)
      expect(tensor?.shape).toEqual([rows, 50])
      expect(tensor?.data).toEqual(value.data.slice(0, rows * 50))
    }
    expect(await watched()).toMatchObject({ code: 'FORBIDDEN' })
    expect(await watched(5999)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await watched(0)).toMatchObject({ code: 'INVALID_MESSAGE' })
    expect(await watched(1.5)).toMatchObject({ code: 'INVALID_MESSAGE' })
  })

  test('of values are those of the batch, and more than there are give all', async () => {
    const { run, client } = await asking(rents())
    const shapes: (readonly number[])[] = []
    const query = { node: 'reader', what: 'full', rate: 5 } as const
    client.watch({ ...query, of: 'forward', rows: 3 }).subscribe(({ tensor }) => shapes.push(tensor.shape))
    await run.clock.pass(100)
    await Promise.all([run.trainer.step(2), run.clock.pass(300)])
    expect(shapes[0]).toEqual([3, 2])
    const whole: (readonly number[])[] = []
    client
      .watch({ ...query, of: 'value', parameter: 'kernel', rows: 99 })
      .subscribe(({ tensor }) => whole.push(tensor.shape))
    await run.clock.pass(300)
    expect(whole[0]).toEqual([4, 2])
  })
})
