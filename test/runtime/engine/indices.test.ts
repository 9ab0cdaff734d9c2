/** Indices that are looked up are checked where they come in, whatever rearranges them on their way, and where a graph makes them itself. */
import {
  add,
  compile,
  concatenate,
  createTrainer,
  cropping1d,
  dense,
  embedding,
  evaluate,
  flatten,
  foldTime,
  fromArrays,
  gather,
  graph,
  input,
  linear,
  meanSquaredError,
  type Port,
  permute,
  repeatVector,
  reshape,
  reverse,
  sgd,
  slice,
  split,
  stack,
  stopGradient,
  timeDistributed,
  unfoldTime,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf, rejectionOf } from '../support.ts'

const looked = () => embedding({ inputDim: 5, outputDim: 2 })
const x = () => input({ name: 'x', shape: [3] })

const ways: Record<string, (x: Port) => Port> = {
  'nothing before it': x => x.pipe(looked()),
  timeDistributed: x => x.pipe(timeDistributed(step => step.pipe(looked()))),
  'timeDistributed in timeDistributed': x =>
    x.pipe(
      reshape({ targetShape: [3, 1] }),
      timeDistributed(steps => steps.pipe(timeDistributed(step => step.pipe(looked())))),
    ),
  'foldTime and unfoldTime': x => unfoldTime()(x.pipe(foldTime()), x).pipe(looked()),
  'reshape, permute and flatten': x =>
    x.pipe(reshape({ targetShape: [1, 3] }), permute({ dims: [2, 1] }), flatten(), looked()),
  slice: x => x.pipe(slice({ start: 1 }), looked()),
  'split, and reverse': x => x.pipe(reverse(), split({ parts: 3, part: 1 }), looked()),
  'cropping1d in timeDistributed': x =>
    x.pipe(
      reshape({ targetShape: [1, 3, 1] }),
      timeDistributed(steps => steps.pipe(cropping1d({ cropping: [1, 0] }), looked())),
    ),
  'reverse, repeatVector, linear and stopGradient': x =>
    x.pipe(reverse(), linear(), stopGradient(), repeatVector({ n: 2 }), looked()),
}

describe.each(Object.entries(ways))('an index out of range behind %s', (_, way) => {
  const learned = way(x()).pipe(flatten(), dense({ units: 1 }))
  const loss = meanSquaredError()(learned, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ learned, loss, update: loss.pipe(sgd()) }), { seed: 1 })
  const right = [
    [0, 1, 2],
    [4, 3, 0],
  ]
  const wrong = [
    [0, 1, 2],
    [0, 5, 0],
  ]
  const data = (rows: number[][]) => fromArrays({ x: rows, target: [1, 2] })

  test('is refused by predict, with its row and entry', () => {
    expect(model.predict({ x: right }).learned.shape).toEqual([2, 1])
    expect(errorOf(() => model.predict({ x: wrong }))).toMatchObject({
      code: 'INDEX_MISMATCH',
      place: 'model.predict: input "x", row 1, entry 1',
      got: '5',
    })
    for (const index of [-1, 1.5, Number.NaN])
      expect(errorOf(() => model.predict({ x: [[0, index, 0]] })).code).toBe('INDEX_MISMATCH')
  })

  test('is refused by training and evaluate, and changes nothing', async () => {
    const before = [...model.predict({ x: right }).learned.data]
    const failed = await rejectionOf(
      (async () => createTrainer(model, { data: data(wrong), epochs: 1 }).run())(),
    )
    expect(failed).toMatchObject({
      code: 'INDEX_MISMATCH',
      place: 'createTrainer: data, "x", sample 1, entry 1',
    })
    expect((await rejectionOf(evaluate(model, data(wrong)))).code).toBe('INDEX_MISMATCH')
    expect([...model.predict({ x: right }).learned.data]).toEqual(before)
    expect((await createTrainer(model, { data: data(right), epochs: 1 }).run()).status).toBe('finished')
  })
})

describe('indices that the graph makes itself', () => {
  const table = () => input({ name: 'table', shape: [4] })
  const places = () => input({ name: 'places', shape: [3] })
  const made: Record<string, (table: Port, places: Port) => Port> = {
    concatenate: (table, places) => concatenate()(table, places).pipe(slice({ start: 4 }), looked()),
    'concatenate, as they are': (table, places) => concatenate()(table, places).pipe(looked()),
    gather: (table, places) => gather()(table, places).pipe(looked()),
    'gather of what gather found': (table, places) => gather()(table, gather()(table, places)),
    stack: (table, places) =>
      stack({ axis: 1 })(places, table.pipe(slice({ end: 3 }))).pipe(flatten(), looked()),
    'a sum': (table, places) => add()(places, table.pipe(slice({ end: 3 }))).pipe(looked()),
  }
  // Of the places 0 to 4: all are there; or one finds a 7.
  const right = {
    table: [
      [0, 1, 2, 1],
      [2, 1, 0, 3],
    ],
    places: [
      [2, 1, 0],
      [1, 2, 1],
    ],
  }
  const wrongs: Record<string, readonly (readonly number[][])[]> = {
    concatenate: [
      right.table,
      [
        [2, 1, 0],
        [1, 7, 1],
      ],
    ],
    'concatenate, as they are': [
      [
        [0, 1, 2, 1],
        [2, 7, 0, 3],
      ],
      right.places,
    ],
    gather: [
      [
        [0, 1, 2, 1],
        [2, 1, 7, 3],
      ],
      right.places,
    ],
    'gather of what gather found': [
      [
        [0, 1, 2, 1],
        [2, 7, 1, 3],
      ],
      right.places,
    ],
    stack: [
      right.table,
      [
        [2, 1, 0],
        [1, 2, 7],
      ],
    ],
    'a sum': [
      [
        [0, 1, 2, 1],
        [2, 7, 0, 3],
      ],
      right.places,
    ],
  }

  test.each(Object.entries(made))(
    '%s: one out of range is refused with its row, and changes nothing',
    async (name, way) => {
      for (const kernels of ['wasm', 'reference'] as const) {
        const learned = way(table(), places()).pipe(flatten(), dense({ units: 1 }))
        const loss = meanSquaredError()(learned, input({ name: 'target', shape: [1] }))
        const model = compile(graph({ learned, loss, update: loss.pipe(sgd()) }), { seed: 1, kernels })
        const before = [...model.predict(right).learned.data]
        const wrong = { table: wrongs[name]?.[0] as number[][], places: wrongs[name]?.[1] as number[][] }
        const refused = {
          code: 'INDEX_MISMATCH',
          place: expect.stringMatching(/: indices from ".+", row 1, entry \d+$/),
          got: '7',
        }
        if (name === 'a sum') Object.assign(refused, { got: '9' })
        expect(errorOf(() => model.predict(wrong))).toMatchObject(refused)
        const target = [1, 2]
        expect(await rejectionOf(evaluate(model, fromArrays({ ...wrong, target })))).toMatchObject(refused)
        // At once, and in a batch behind some that are replayed.
        for (const before of [0, 6]) {
          const of = (name: 'table' | 'places') => [
            ...new Array<number[][]>(before).fill(right[name]).flat(),
            ...wrong[name],
          ]
          const rows = { table: of('table'), places: of('places') }
          const data = fromArrays({ ...rows, target: rows.table.map(([first = 0]) => first) })
          const trainer = createTrainer(model, { data, batchSize: 2, shuffle: false, epochs: 1 })
          expect(await rejectionOf(trainer.run())).toMatchObject(refused)
          expect(trainer.state.step).toBe(before)
        }
        expect(model.predict(right).learned.data.every(Number.isFinite)).toBe(true)
        expect([...model.predict(right).learned.data]).not.toEqual(before)
        model.dispose()
      }
    },
  )
})

describe('an entry that nobody looks up', () => {
  test.each([
    ['before a slice', [7, 9, 2], (x: Port) => x.pipe(slice({ start: 2 }))],
    ['beside a split', [2, 9, 9], (x: Port) => x.pipe(split({ parts: 3 }))],
    [
      'around what is cropped',
      [-1, 4, 0.5],
      (x: Port) => x.pipe(reshape({ targetShape: [3, 1] }), cropping1d()),
    ],
  ])('%s may be any number', async (_, row, left) => {
    const learned = left(x()).pipe(looked(), flatten(), dense({ units: 1 }))
    const loss = meanSquaredError()(learned, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ learned, loss, update: loss.pipe(sgd()) }), { seed: 1 })
    expect(model.predict({ x: [row] }).learned.data.every(Number.isFinite)).toBe(true)
    const data = fromArrays({ x: [row, row], target: [1, 2] })
    expect((await createTrainer(model, { data, epochs: 1 }).run()).status).toBe('finished')
  })
})

test('each of several tables asks for its own', () => {
  const both = x()
  const model = compile(
    graph({
      small: both.pipe(embedding({ inputDim: 3, outputDim: 1 })),
      large: both.pipe(embedding({ inputDim: 9, outputDim: 1 })),
    }),
  )
  expect(errorOf(() => model.predict({ x: [[0, 5, 0]] }))).toMatchObject({ code: 'INDEX_MISMATCH', got: '5' })
  expect(errorOf(() => model.predict({ x: [[0, 1, 9]] }))).toMatchObject({ code: 'INDEX_MISMATCH', got: '9' })
  model.dispose()
})
