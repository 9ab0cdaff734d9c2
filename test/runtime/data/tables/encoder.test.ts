/** What the training data meant goes with them: to other files, to the model, and through JSON. */
import {
  arrayOf,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  type Dataset,
  dense,
  type Encoder,
  evaluate,
  graph,
  input,
  meanSquaredError,
  type Port,
  parseCsv,
  type Row,
  sgd,
  sigmoid,
  softmax,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { countOf } from '../../../support/counts.ts'
import { Dice } from '../../../support/dice.ts'
import { errorOf, rejectionOf } from '../../support.ts'

const TOWNS = ['Lyon', 'Oslo', 'Rome']

/** Rows of houses, some with empty cells. */
function houses(count: number, seed = 1): Row[] {
  const dice = new Dice(seed)
  return Array.from({ length: count }, (_, i) => {
    const town = TOWNS[i % 3] as string
    const area = 20 + dice.below(100)
    return {
      id: i,
      town: dice.next() < 0.1 ? null : town,
      area: dice.next() < 0.1 ? null : area,
      price: 1000 * (TOWNS.indexOf(town) + 1) + 50 * area,
    }
  })
}

const OPTIONS = {
  target: 'price',
  columns: { id: false, town: { type: 'category', missing: 'category' }, area: { missing: 'median' } },
} as const

const textOf = (rows: readonly Row[], names: readonly string[]) =>
  `${names.join(',')}\n${rows.map(row => names.map(name => row[name] ?? '').join(',')).join('\n')}\n`

function trained(
  data: Dataset,
  output: (x: Port) => Port,
  loss: (p: Port, t: Port) => Port,
  rate = 0.05,
  epochs = 40,
) {
  const x = input({ name: 'x', shape: data.shapes.x as number[] })
  const target = input({ name: 'target', shape: data.shapes.target as number[] })
  const prediction = output(x)
  const made = loss(prediction, target) as never as { pipe(f: unknown): unknown }
  const model = compile(
    graph({ prediction, loss: made, update: made.pipe(sgd({ learningRate: rate })) } as never),
    { seed: 1 },
  )
  return { model, trainer: createTrainer(model, { data, epochs }) }
}

describe('empty cells', () => {
  test('are filled with what the training part has, whenever the data are split', () => {
    for (const missing of ['mean', 'median', 'mode'] as const) {
      const rows = Array.from({ length: 40 }, (_, i) => ({ a: i % 5 === 0 ? null : (i * 7) % 11, y: i }))
      const data = arrayOf(rows, { target: 'y', missing })
      for (const part of [
        data.split({ validation: 0.4, seed: 3 }),
        data.standardize().split({ validation: 0.4, seed: 3 }),
      ]) {
        const known = [...part.train.column('target').data].flatMap(y => rows[y]?.a ?? [])
        const sorted = known.toSorted((a, b) => a - b)
        const counts = sorted.map(value => sorted.filter(other => other === value).length)
        const expected = {
          mean: known.reduce((sum, value) => sum + value, 0) / known.length,
          median: ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2,
          mode: sorted[counts.indexOf(Math.max(...counts))] as number,
        }[missing]
        for (const each of [part.train, part.validation]) {
          const x = each.column('x').data
          each.column('target').data.forEach((y, i) => {
            expect(x[i]).toBeCloseTo(rows[y]?.a ?? expected, 12)
          })
        }
      }
    }
  })

  test('become what the column says', () => {
    const text = 'a,b,c,y\n1,u,x,1\n,v,x,2\n3,,,3\n5,u,z,4\n'
    const data = parseCsv(text, {
      target: 'y',
      columns: {
        a: { missing: 9 },
        b: { type: 'category', missing: 'mode' },
        c: { type: 'category', missing: 'category' },
      },
    })
    expect(data.columns.x?.names).toEqual(['a', 'b=u', 'b=v', 'c=', 'c=x', 'c=z'])
    expect(data.column('x').toNested()).toEqual([
      [1, 1, 0, 0, 1, 0],
      [9, 0, 1, 0, 1, 0],
      [3, 1, 0, 1, 0, 0],
      [5, 1, 0, 0, 0, 1],
    ])
    expect(parseCsv(text, { target: 'y', missing: 'drop', categorical: ['b', 'c'] }).size).toBe(2)
    expect(errorOf(() => parseCsv(text, { target: 'y', categorical: ['b', 'c'] }))).toMatchObject({
      code: 'MISSING_CELL',
    })
  })

  test('may be written as NA and the like, which is told and can be overruled', () => {
    const text = 'a,vote,y\n1,y,1\nNA,NA,2\n3,n,3\n'
    const data = parseCsv(text, { target: 'y', missing: 'mean', categorical: ['vote'] })
    expect(data.columns.x?.names).toEqual(['a', 'vote=', 'vote=n', 'vote=y'])
    expect(data.describe().guesses.join()).toContain('"NA" in "vote" means an empty cell')
    const asText = parseCsv(text, {
      target: 'y',
      features: ['vote'],
      categorical: ['vote'],
      missingValues: [],
    })
    expect(asText.columns.x?.names).toEqual(['vote=NA', 'vote=n', 'vote=y'])
  })
})

describe('like', () => {
  const train = parseCsv(textOf(houses(60), ['id', 'town', 'area', 'price']), OPTIONS).standardize()

  test('columns are found by name, in any order, with further ones between them', async () => {
    const rows = houses(20, 2)
    const same = parseCsv(textOf(rows, ['id', 'town', 'area', 'price']), { like: train })
    const other = await csv(textOf(rows, ['price', 'area', 'colour', 'town']), { like: train })
    expect(other.column('x')).toEqual(same.column('x'))
    expect(other.column('target')).toEqual(same.column('target'))
    expect(other.scalings).toEqual(train.scalings)
  })

  test('an encoder that has been JSON does the same', () => {
    const encoder = JSON.parse(JSON.stringify(train.encoder)) as Encoder
    const rows = houses(20, 3)
    expect(arrayOf(rows, { like: encoder }).column('x')).toEqual(arrayOf(rows, { like: train }).column('x'))
  })

  test('the target may be missing, since such data can be predicted', () => {
    const data = parseCsv(textOf(houses(5, 4), ['town', 'area']), { like: train })
    expect(Object.keys(data.columns)).toEqual(['x'])
  })

  test('unknown categories, missing columns and wrong cells are refused with their line', () => {
    expect(errorOf(() => parseCsv('town,area\nOslo,3\nPisa,4\n', { like: train }, 'new.csv'))).toMatchObject({
      code: 'UNKNOWN_CATEGORY',
      place: 'new.csv, line 3, column "town"',
    })
    expect(errorOf(() => parseCsv('town,size\nOslo,3\n', { like: train }))).toMatchObject({
      code: 'DATA_MISMATCH',
    })
    expect(errorOf(() => parseCsv('town,area\nOslo,big\n', { like: train })).code).toBe('DATA_NOT_FINITE')
    expect(errorOf(() => parseCsv('town,area\nOslo,1\n', { like: {} as never })).code).toBe('INVALID_OPTION')
  })

  test.each([
    ['ignore', [0, 0, 3]],
    ['other', [0, 0, 1, 3]],
  ] as const)('unknown categories may be: %s', (unknown, row) => {
    const known = parseCsv('town,area,price\nOslo,1,2\nRome,2,3\n', {
      target: 'price',
      categorical: ['town'],
      unknown,
    })
    expect(parseCsv('town,area\nPisa,3\n', { like: known }).column('x').toNested()).toEqual([row])
  })

  test('may be ignored in one file only', () => {
    const known = parseCsv('town,area,price\nOslo,1,2\nRome,2,3\n', {
      target: 'price',
      categorical: ['town'],
    })
    const read = (unknown: 'ignore' | 'other') => parseCsv('town,area\nPisa,3\n', { like: known, unknown })
    expect(read('ignore').column('x').toNested()).toEqual([[0, 0, 3]])
    expect(errorOf(() => read('other')).code).toBe('INVALID_OPTION')
  })

  test('classes are those of the training data', () => {
    const one = parseCsv('a,y\n1,cat\n2,dog\n3,eel\n', { target: 'y' })
    const other = parseCsv('a,y\n1,dog\n2,dog\n', { like: one })
    expect(other.classes()).toEqual(['cat', 'dog', 'eel'])
    expect(other.column('target').toNested()).toEqual([
      [0, 1, 0],
      [0, 1, 0],
    ])
  })
})

describe('data that mean something else', () => {
  const one = parseCsv('a,b,y\n1,2,cat\n3,4,dog\n', { target: 'y' })
  test.each([
    ['other classes', 'a,b,y\n1,2,dog\n3,4,eel\n'],
    ['more classes', 'a,b,y\n1,2,dog\n3,4,cat\n5,6,eel\n'],
    ['another order', 'b,a,y\n1,2,dog\n3,4,cat\n'],
    ['other columns', 'a,c,y\n1,2,dog\n3,4,cat\n'],
  ])('%s are refused as validation, for evaluate, and as more training data', async (_, text) => {
    const other = parseCsv(text, { target: 'y' })
    const { model, trainer } = trained(
      one,
      x => x.pipe(dense({ units: 2 }), softmax()),
      categoricalCrossentropy() as never,
    )
    expect(errorOf(() => createTrainer(model, { data: one, validation: other })).code).toBe('DATA_MISMATCH')
    await trainer.run()
    expect(await rejectionOf(evaluate(model, other)).catch(error => error)).toMatchObject({
      code: 'DATA_MISMATCH',
    })
  })
})

describe('answers', () => {
  test('to raw rows are numbers in the unit of the target, the same as from encoded rows', async () => {
    const data = arrayOf(houses(90), OPTIONS).standardize({ columns: ['x', 'target'] })
    const { model, trainer } = trained(
      data,
      x => x.pipe(dense({ units: 1 })),
      meanSquaredError() as never,
      0.1,
      200,
    )
    await trainer.run()
    const rows = houses(12, 5).map(({ town, area }) => ({ town, area }))
    const answers = model.predict({ rows })
    const tensor = model.predict({ x: arrayOf(rows, { like: data }).column('x') }) as Record<
      string,
      { data: ArrayLike<number> }
    >
    expect(answers.map(({ price }) => price)).toEqual([...Array.from(tensor.prediction?.data ?? [])])
    const full = houses(30, 6).filter(({ town, area }) => town !== null && area !== null)
    const prices = model.predict({ rows: full }).map(({ price }) => price as number)
    full.forEach(({ price }, i) => {
      expect(Math.abs((prices[i] as number) - (price as number))).toBeLessThan(400)
    })
  })

  test.each([false, true])('are classes with their probabilities (from logits: %s)', async fromLogits => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ a: (i % 3) - 1, y: TOWNS[i % 3] }))
    const data = arrayOf(rows, { target: 'y' })
    const { model, trainer } = trained(
      data,
      x => (fromLogits ? x.pipe(dense({ units: 3 })) : x.pipe(dense({ units: 3 }), softmax())),
      categoricalCrossentropy({ fromLogits }) as never,
      1,
      200,
    )
    await trainer.run()
    const answers = model.predict({ rows: [{ a: -1 }, { a: 1 }] })
    expect(answers).toMatchObject([{ y: { class: 'Lyon' } }, { y: { class: 'Rome' } }])
    for (const { y } of answers) {
      if (typeof y !== 'object') throw new Error('no class')
      expect(y.probability).toBe(y.probabilities[y.class])
      expect(Object.values(y.probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
      expect(y.probability).toBeGreaterThan(0.5)
    }
  })

  test.each([false, true])('are one of two classes (from logits: %s)', async fromLogits => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ a: (i % 2) * 2 - 1, y: i % 2 ? 'yes' : 'no' }))
    const data = arrayOf(rows, { target: 'y', columns: { y: { type: 'binary' } } })
    expect(data.shapes.target).toEqual([1])
    const { model, trainer } = trained(
      data,
      x => (fromLogits ? x.pipe(dense({ units: 1 })) : x.pipe(dense({ units: 1 }), sigmoid())),
      binaryCrossentropy({ fromLogits }) as never,
      1,
    )
    await trainer.run()
    expect(model.predict({ rows: [{ a: 1 }, { a: -1 }] })).toMatchObject([
      { y: { class: 'yes' } },
      { y: { class: 'no' } },
    ])
  })

  test('rows that do not fit are refused with row and column', async () => {
    const data = arrayOf(houses(30), OPTIONS)
    const { model } = trained(data, x => x.pipe(dense({ units: 1 })), meanSquaredError() as never)
    for (const [rows, code, place] of [
      [
        [
          { town: 'Oslo', area: 1 },
          { town: 'Pisa', area: 1 },
        ],
        'UNKNOWN_CATEGORY',
        'model.predict, row 1, column "town"',
      ],
      [[{ town: 'Oslo', area: 'big' }], 'DATA_NOT_FINITE', 'model.predict, row 0, column "area"'],
      [[{ town: 'Oslo', size: 1 }], 'UNKNOWN_NAME', 'model.predict, row 0'],
      [[5], 'DATA_MISMATCH', 'model.predict, row 0'],
      [{ town: 'Oslo' }, 'INVALID_OPTION', 'model.predict'],
    ] as const) {
      expect(errorOf(() => model.predict({ rows: rows as never }))).toMatchObject({ code, place })
    }
    expect(model.predict({ rows: [] })).toEqual([])
  })

  test('a compiled model takes an encoder from JSON', () => {
    const data = arrayOf(houses(30), OPTIONS).standardize()
    const { model } = trained(data, x => x.pipe(dense({ units: 1 })), meanSquaredError() as never)
    const again = compile(model.graph, { seed: 1, encoder: JSON.parse(JSON.stringify(data.encoder)) })
    const rows = [{ town: 'Oslo', area: 70 }]
    expect(again.predict({ rows })).toEqual(model.predict({ rows }))
  })
})

const SPLITS = countOf({ few: 5, usual: 40, full: 1000 })

test(`${SPLITS} stratified splits and folds give each part its share of each class`, () => {
  for (let seed = 0; seed < SPLITS; seed++) {
    const dice = new Dice(seed)
    const classes = 2 + dice.below(5)
    const labels = Array.from(
      { length: 20 + dice.below(200) },
      () => `c${Math.floor(classes * dice.next() ** 2)}`,
    )
    const data = arrayOf(
      labels.map((y, i) => ({ a: i, y })),
      { target: 'y' },
    )
    const validation = 0.1 + 0.4 * dice.next()
    const parts = [
      data.split({ validation, seed, stratify: 'target' }),
      ...data.folds(3, { seed, stratify: 'target' }),
    ]
    parts.forEach((part, index) => {
      const share = index === 0 ? validation : 1 / 3
      const places = [...part.validation.column('x').data]
      for (const label of new Set(labels)) {
        const all = labels.filter(each => each === label).length
        const own = places.filter(place => labels[place] === label).length
        // A fold is cut at both ends.
        expect(Math.abs(own - all * share)).toBeLessThanOrEqual(index === 0 ? 1.5 : 2)
      }
      expect([...places, ...part.train.column('x').data].toSorted((a, b) => a - b)).toEqual(
        labels.map((_, i) => i),
      )
    })
  }
  const numbers = arrayOf(
    Array.from({ length: 20 }, (_, i) => ({ a: i, y: i })),
    { target: 'y' },
  )
  expect(errorOf(() => numbers.split({ validation: 0.2, stratify: 'target' })).code).toBe('INVALID_OPTION')
})
