/** Samples in memory: taken in, divided, standardized, and handed out in batches. */
import { fromArrays, RandomKey, tensor } from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../../runtime/data/dataset.ts'
import { bytesOf, errorOf, finish, rows, samples, trial } from '../support.ts'

/** Numbered samples, so that each can be told from the others. */
const numbered = (count: number) =>
  fromArrays({
    x: Array.from({ length: count }, (_, i) => [i, i ** 2]),
    target: Array.from({ length: count }, (_, i) => [i]),
  })
const ids = (data: Dataset) => [...data.column('target').data]
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The ids that one pass hands out, batch by batch. */
function batchesOf(data: Dataset, batchSize: number, shuffle?: RandomKey): number[][] {
  const cursor = data.epoch({ batchSize, shuffle, precision: 'float64', scalings: {}, inputs: data.shapes })
  const batches: number[][] = []
  for (let batch = cursor.next(); batch; batch = cursor.next()) {
    if (batch instanceof Promise) throw new Error('samples in memory need no promise')
    const into = new Float64Array(batch.size)
    batch.write('target', into)
    const whole = new Float64Array(batch.size * 2)
    batch.write('x', whole)
    for (const [i, id] of into.entries()) expect([whole[2 * i], whole[2 * i + 1]]).toEqual([id, id ** 2])
    batches.push([...into])
  }
  return batches
}

describe('fromArrays', () => {
  const nested = {
    x: [
      [1, 2],
      [3, 4],
    ],
    target: [[5], [6]],
  }

  test.each([
    ['nested arrays', nested],
    ['tensors', { x: tensor(nested.x), target: tensor(nested.target, 'float64') }],
    [
      'typed arrays with a shape',
      {
        x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
        target: { shape: [2, 1], data: new Uint8Array([5, 6]) },
      },
    ],
  ])('takes %s', (_, arrays) => {
    const data = fromArrays(arrays)
    expect(data.size).toBe(2)
    expect(data.shapes).toEqual({ x: [2], target: [1] })
    expect(data.column('x').toNested()).toEqual(nested.x)
    expect(data.column('target').toNested()).toEqual(nested.target)
  })

  test('keeps the shape of samples with many axes', () => {
    const data = fromArrays({ x: { shape: [3, 2, 2], data: new Float32Array(12) }, target: [1, 2, 3] })
    expect(data.shapes).toEqual({ x: [2, 2], target: [] })
  })

  test('a plain list of numbers does for samples of one number', async () => {
    const { x, target } = rows(10)
    const plain = trial({ data: fromArrays({ x, target: target.flat() }) })
    const same = trial()
    await finish(plain.trainer, plain.scheduler)
    await finish(same.trainer, same.scheduler)
    expect(bytesOf(plain.model)).toEqual(bytesOf(same.model))
  })

  test.each([
    ['ragged rows', { x: [[1, 2], [3]] }, 'SHAPE_MISMATCH', 'x[1]'],
    ['a row too long', { x: [[1], [3, 4]] }, 'SHAPE_MISMATCH', 'x[1]'],
    ['a single number', { x: 3 }, 'SHAPE_MISMATCH', 'x'],
    ['data that do not fill their shape', { x: { shape: [2, 2], data: [1, 2, 3] } }, 'SHAPE_MISMATCH', 'x'],
    ['a shape of halves', { x: { shape: [1.5], data: [1] } }, 'SHAPE_MISMATCH', 'x'],
    [
      'NaN',
      {
        x: [
          [1, 2],
          [3, Number.NaN],
        ],
      },
      'DATA_NOT_FINITE',
      'x, sample 1, entry 1',
    ],
    [
      'an infinity',
      { x: { shape: [3], data: Float32Array.of(0, 1, -1 / 0) } },
      'DATA_NOT_FINITE',
      'x, sample 2, entry 0',
    ],
    ['columns of different length', { x: [[1], [2]], target: [[1]] }, 'DATA_MISMATCH', 'target'],
    ['no samples', { x: [] }, 'DATA_EMPTY', 'data'],
    ['no columns', {}, 'DATA_EMPTY', 'fromArrays'],
    ['texts', { x: [['one']] }, 'DATA_NOT_FINITE', 'x[0][0]'],
    ['null', { x: null }, 'DATA_NOT_FINITE', 'x'],
    ['undefined', { x: undefined }, 'DATA_NOT_FINITE', 'x'],
    ['samples without numbers', { x: [[], []] }, 'DATA_EMPTY', 'data'],
  ])('refuses %s', (_, arrays, code, place) => {
    const error = errorOf(() => fromArrays(arrays as never))
    expect({ code: error.code, place: error.place }).toEqual({ code, place })
  })

  test('an unknown column is refused with the names there are', () => {
    const error = errorOf(() => numbered(3).column('y'))
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', got: '"y"' })
    expect(error.expected).toContain('"x" or "target"')
    expect(errorOf(() => numbered(3).standardize({ columns: ['y'] })).code).toBe('UNKNOWN_NAME')
  })
})

test('chosen samples of a column are those of the whole column, of a part as well', () => {
  const all = fromArrays({
    x: Array.from({ length: 20 }, (_, i) => [i, -i]),
    target: Array.from({ length: 20 }, (_, i) => [i]),
  })
  for (const data of [all, all.split({ validation: 0.4, seed: 2 }).validation]) {
    const rows = data.column('x').toNested() as number[][]
    const places = [3, 0, data.size - 1, 3]
    expect(data.column('x', places).toNested()).toEqual(places.map(place => rows[place]))
    expect(data.column('x', []).shape).toEqual([0, 2])
    for (const wrong of [[data.size], [-1], [0.5], [undefined], 'all'])
      expect(errorOf(() => data.column('x', wrong as never)).code).toBe('INVALID_OPTION')
  }
})

describe('split', () => {
  test.each([2, 3, 10, 101])('divides %i samples into two parts that are all of them', count => {
    const { train, validation } = numbered(count).split({ validation: 0.3 })
    expect(validation.size).toBe(Math.round(count * 0.3))
    expect(sorted([...ids(train), ...ids(validation)])).toEqual(range(count))
  })

  test('depends on the seed alone', () => {
    const part = (seed?: number) =>
      ids(numbered(50).split({ validation: 0.5, ...(seed !== undefined && { seed }) }).train)
    expect(part(4)).toEqual(part(4))
    expect(part(0)).toEqual(part())
    expect(sorted(part(4))).not.toEqual(sorted(part(5)))
  })

  test('can be split again', () => {
    const { train, validation } = numbered(40).split({ validation: 0.25 })
    const inner = train.split({ validation: 0.5 })
    expect(sorted([...ids(inner.train), ...ids(inner.validation), ...ids(validation)])).toEqual(range(40))
  })

  test.each([-0.1, 1, 2, Number.NaN, '0.2'])('refuses the share %s', validation => {
    expect(errorOf(() => numbered(9).split({ validation: validation as number })).code).toBe('INVALID_OPTION')
  })

  test('refuses to leave a part empty', () => {
    for (const validation of [0, 0.1, 0.9]) {
      expect(errorOf(() => numbered(3).split({ validation })).code).toBe('DATA_EMPTY')
    }
  })
})

describe('folds', () => {
  test.each([
    [10, 5],
    [11, 3],
    [7, 7],
  ])('each of %i samples is held back once in %i folds', (count, folds) => {
    const all = numbered(count).folds(folds)
    expect(all).toHaveLength(folds)
    expect(sorted(all.flatMap(({ validation }) => ids(validation)))).toEqual(range(count))
    for (const { train, validation } of all) {
      expect(sorted([...ids(train), ...ids(validation)])).toEqual(range(count))
    }
    const sizes = all.map(({ validation }) => validation.size)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  })

  test.each([0, 1, 11, 2.5, Number.NaN])('refuses %s folds of 10 samples', count => {
    expect(errorOf(() => numbered(10).folds(count)).code).toBe('INVALID_OPTION')
  })
})

describe('standardize', () => {
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    return { mean, deviation: Math.sqrt(variance) }
  }

  test('takes its figures from the training part alone, whether before the split or after it', () => {
    const data = numbered(20)
    const { train, validation } = data.standardize().split({ validation: 0.4, seed: 2 })
    const expected = moments(ids(train))
    for (const { scalings } of [train, validation]) {
      expect(Object.keys(scalings)).toEqual(['x'])
      expect(scalings.x?.mean[0]).toBeCloseTo(expected.mean, 10)
      expect(scalings.x?.deviation[0]).toBeCloseTo(expected.deviation, 10)
    }
    expect(data.split({ validation: 0.4, seed: 2 }).train.standardize().scalings).toEqual(train.scalings)
    expect(train.scalings.x?.mean[0]).not.toBeCloseTo(moments(range(20)).mean, 3)
  })

  test('leaves the target alone unless it is named', () => {
    expect(Object.keys(numbered(4).standardize().scalings)).toEqual(['x'])
    expect(Object.keys(numbered(4).standardize({ columns: ['target'] }).scalings)).toEqual(['target'])
  })

  test('leaves the raw values to column()', () => {
    expect(ids(numbered(4).standardize({ columns: ['target'] }))).toEqual([0, 1, 2, 3])
  })

  test('gives the network mean 0 and deviation 1, and a constant feature is 0 there', async () => {
    const seen: number[][] = []
    const constant = rows(9)
    const x = constant.x.map(([a = 0]) => [a * 1000 + 77, 0.1])
    const data = fromArrays({ x, target: constant.target }).standardize()
    const { model, trainer, scheduler } = trial({ data, batchSize: 9, epochs: 1, shuffle: false })
    model.node('x').forward$.subscribe(({ tensor }) => seen.push(...(tensor.toNested() as number[][])))
    await finish(trainer, scheduler)
    const first = moments(seen.map(([a = Number.NaN]) => a))
    expect(first.mean).toBeCloseTo(0, 5)
    expect(first.deviation).toBeCloseTo(1, 5)
    for (const [, b] of seen) expect(b).toBeCloseTo(0, 5)
  })

  test('predict takes raw rows, and batches of validation are scaled by the figures of training', async () => {
    const { x, target } = rows(30)
    const raw = x.map(([a = 0, b = 0]) => [100 + 10 * a, 5 - 3 * b])
    const { train, validation } = fromArrays({ x: raw, target }).standardize().split({ validation: 0.3 })
    const { model, trainer, scheduler } = trial({ data: train, validation, batchSize: 100, epochs: 1 })
    const seen: number[][][] = []
    model.node('x').forward$.subscribe(({ tensor }) => seen.push(tensor.toNested() as number[][]))
    await finish(trainer, scheduler)
    model.predict({ x: validation.column('x') })
    const [, , validating, predicting] = seen
    expect(validating).toHaveLength(9)
    expect(predicting).toEqual(validating)
    const { mean = [], deviation = [] } = train.scalings.x ?? {}
    const [a = 0] = (validation.column('x').toNested() as number[][])[0] as number[]
    expect(validating?.[0]?.[0]).toBeCloseTo((a - (mean[0] as number)) / (deviation[0] as number), 5)
  })

  test('predict leaves the rows that it is given as they are', () => {
    const scaled = samples(10).standardize()
    const { model } = trial({ data: scaled })
    const given = scaled.column('x').clone()
    const before = given.toNested()
    model.predict({ x: given })
    expect(given.toNested()).toEqual(before)
  })
})

describe('batches', () => {
  test.each([
    [10, 4, [4, 4, 2]],
    [8, 4, [4, 4]],
    [3, 100, [3]],
    [3, 1, [1, 1, 1]],
  ])(
    '%i samples in batches of %i cover each sample once, the last batch with its true size',
    (count, size, sizes) => {
      for (const shuffle of [undefined, RandomKey.of(1)]) {
        const batches = batchesOf(numbered(count), size, shuffle)
        expect(batches.map(batch => batch.length)).toEqual(sizes)
        expect(sorted(batches.flat())).toEqual(range(count))
      }
    },
  )

  test('come in the order of the samples without a key, and in one that the key decides', () => {
    expect(batchesOf(numbered(10), 4).flat()).toEqual(range(10))
    const order = (seed: number) => batchesOf(numbered(30), 4, RandomKey.of(seed)).flat()
    expect(order(1)).toEqual(order(1))
    expect(order(1)).not.toEqual(order(2))
    expect(order(1)).not.toEqual(range(30))
  })

  /** The order in which samples come to the network, epoch by epoch. */
  async function orders(seed: number, shuffle = true) {
    const { target } = rows(12)
    const { model, trainer, scheduler } = trial({ data: samples(12), seed, shuffle, batchSize: 5, epochs: 2 })
    const seen: number[] = []
    model.node('target').forward$.subscribe(({ tensor }) => seen.push(...tensor.data))
    await finish(trainer, scheduler)
    const places = seen.map(value => target.findIndex(([t]) => Math.fround(t as number) === value))
    return [places.slice(0, 12), places.slice(12)] as const
  }

  test('differ from epoch to epoch, and are the same for the same seed', async () => {
    const [first, second] = await orders(1)
    expect(sorted(first)).toEqual(range(12))
    expect(sorted(second)).toEqual(range(12))
    expect(first).not.toEqual(second)
    expect(await orders(1)).toEqual([first, second])
    expect((await orders(2))[0]).not.toEqual(first)
  })

  test('keep their order where shuffling is off', async () => {
    expect(await orders(1, false)).toEqual([range(12), range(12)])
  })
})

test('what the data hold does not change while a network trains on them', async () => {
  const arrays = {
    x: { shape: [4, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    target: [[1], [2], [3], [4]],
  }
  const data = fromArrays(arrays)
  const { trainer, scheduler } = trial({ data: data.standardize(), validation: data })
  await finish(trainer, scheduler)
  expect([...arrays.x.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(data.column('x').toNested()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ])
})
