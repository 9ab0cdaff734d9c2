/** Columns of categories that are read as numbers: for class numbers as targets, and for embeddings. */
import {
  arrayOf,
  compile,
  concatenate,
  createTrainer,
  dense,
  embedding,
  evaluate,
  flatten,
  graph,
  input,
  meanSquaredError,
  metric,
  parseCsv,
  type Row,
  sgd,
  slice,
  softmax,
  sparseCategoricalCrossentropy,
  tensor,
} from 'gradstream'
import { confusionMatrix } from 'gradstream/terminal'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../support.ts'

const TOWNS = ['Lyon', 'Oslo', 'Rome']
const rows = (count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ a: (i % 3) - 1, town: TOWNS[(i * 7) % 3] }))

describe.each([false, true])('a target as class numbers (from logits: %s)', fromLogits => {
  const asNumbers = arrayOf(rows(60), { target: 'town', columns: { town: { type: 'index' } } })
  const oneHot = arrayOf(rows(60), { target: 'town' })
  const logits = input({ name: 'x', shape: [1] }).pipe(dense({ units: 3 }))
  const prediction = fromLogits ? logits : logits.pipe(softmax())
  const loss = sparseCategoricalCrossentropy({ fromLogits })(
    prediction,
    input({ name: 'target', shape: [1] }),
  )
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.5 })) })
  const learned = (async () => {
    const model = compile(net, { seed: 1 })
    await createTrainer(model, { data: asNumbers, epochs: 60 }).run()
    return model
  })()

  test('has a number for each row, and the classes of one-hot labels', () => {
    expect(asNumbers.shapes.target).toEqual([1])
    expect(asNumbers.classes()).toEqual(TOWNS)
    const labels = oneHot.column('target').toNested() as number[][]
    expect([...asNumbers.column('target').data]).toEqual(labels.map(row => row.indexOf(1)))
    expect(asNumbers.describe().columns).toContainEqual(
      expect.objectContaining({ name: 'town', type: 'index', categories: TOWNS }),
    )
  })

  test('gives answers with the names of the classes', async () => {
    const model = await learned
    const answers = model.predict({ rows: [{ a: -1 }, { a: 1 }] })
    expect(answers).toMatchObject([{ town: { class: 'Lyon' } }, { town: { class: 'Rome' } }])
    for (const { town } of answers) {
      if (typeof town !== 'object') throw new Error('no class')
      expect(Object.keys(town.probabilities)).toEqual(TOWNS)
      expect(town.probability).toBe(town.probabilities[town.class])
      expect(Object.values(town.probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
    }
  })

  test('gives figures and tables with the names of the classes', async () => {
    const model = await learned
    const metrics = [metric.recall({ average: 'none' }), metric.confusionMatrix()]
    const found = await evaluate(model, asNumbers, { metrics })
    expect(Object.keys(found)).toEqual([
      'loss',
      ...TOWNS.map(town => `recall.${town}`),
      ...TOWNS.flatMap(town => TOWNS.map(told => `confusionMatrix.${town} as ${told}`)),
    ])
    const told = model.predict({ x: asNumbers.column('x') }).prediction
    const drawn = confusionMatrix(told, asNumbers.column('target'), asNumbers.classes())
    expect(drawn).toBe(confusionMatrix(told, oneHot.column('target'), oneHot.classes()))
    const flat = tensor([...asNumbers.column('target').data])
    expect(confusionMatrix(told, flat, TOWNS)).toBe(drawn)
  })

  test('reads other files alike, through JSON', () => {
    const like = JSON.parse(JSON.stringify(asNumbers.encoder))
    const other = parseCsv('town,a\nRome,1\nLyon,0\n', { like })
    expect([...other.column('target').data]).toEqual([2, 0])
    expect(other.classes()).toEqual(TOWNS)
    expect(errorOf(() => parseCsv('town,a\nPisa,1\n', { like }))).toMatchObject({ code: 'UNKNOWN_CATEGORY' })
  })
})

test('a class number that there is not is refused by the table of the terminal', () => {
  const data = arrayOf(rows(6), { target: 'town', columns: { town: { type: 'index' } } })
  const model = compile(graph({ p: input({ name: 'x', shape: [1] }).pipe(dense({ units: 2 })) }))
  const { p } = model.predict({ x: data.column('x') })
  expect(errorOf(() => confusionMatrix(p, data.column('target')))).toMatchObject({
    code: 'INDEX_MISMATCH',
    got: '2',
  })
  model.dispose()
})

describe('features as the numbers of categories', () => {
  const houses = (count: number): Row[] =>
    Array.from({ length: count }, (_, i) => ({
      area: 20 + ((i * 37) % 90),
      town: i % 10 === 9 ? null : TOWNS[i % 3],
      price: 10 * (i % 3) + i,
    }))
  const read = (options: object = {}) =>
    arrayOf(houses(40), {
      target: 'price',
      columns: { town: { type: 'index', ...options } },
      missing: 'mode',
    })

  test('stay as they are where numbers are standardized', () => {
    const data = read({ missing: 'category' }).standardize()
    expect(data.columns.x?.names).toEqual(['area', 'town'])
    expect(data.scalings.x).toMatchObject({
      mean: [expect.any(Number), 0],
      deviation: [expect.any(Number), 1],
    })
    const towns = (data.column('x').toNested() as number[][]).map(([, town]) => town)
    const order = ['', ...TOWNS]
    expect(towns).toEqual(houses(40).map(({ town }) => order.indexOf((town ?? '') as string)))
  })

  test('are filled with the most frequent one, which the encoder knows by its name', () => {
    const data = read()
    expect(data.encoder?.features[1]).toMatchObject({ column: 'town', type: 'index', fill: 'Lyon' })
    const filled = (data.column('x').toNested() as number[][]).filter((_, i) => i % 10 === 9)
    expect(filled.map(([, town]) => town)).toEqual(filled.map(() => 0))
  })

  test('have a number for what the training data do not have, if asked for', () => {
    const { encoder } = read({ unknown: 'other' })
    const other = arrayOf([{ area: 1, town: 'Pisa' }], { like: encoder as never })
    expect(other.column('x').toNested()).toEqual([[1, 3]])
    expect(errorOf(() => read({ unknown: 'ignore' }))).toMatchObject({ code: 'INVALID_OPTION' })
    const known = read().encoder as never
    expect(errorOf(() => arrayOf([{ area: 1, town: 'Pisa' }], { like: known }))).toMatchObject({
      code: 'UNKNOWN_CATEGORY',
      hint: expect.stringContaining("unknown: 'other'"),
    })
  })

  test('go through an embedding, in training and for raw rows', async () => {
    const data = read().standardize()
    const x = input({ name: 'x', shape: [2] })
    const town = x.pipe(slice({ start: 1 }), embedding({ inputDim: 3, outputDim: 2 }), flatten())
    const price = concatenate()(x.pipe(slice({ end: 1 })), town).pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(price, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ price, loss, update: loss.pipe(sgd()) }), { seed: 1 })
    expect((await createTrainer(model, { data, epochs: 2 }).run()).status).toBe('finished')
    const raw = houses(4).map(({ area, town }) => ({ area, town }))
    const told = model.predict({ rows: raw }).map(({ price }) => price)
    const { price: expected } = model.predict({ x: arrayOf(raw, { like: data }).column('x') })
    expect(told).toEqual([...expected.data])
    model.dispose()
  })
})
