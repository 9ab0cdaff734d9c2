/** Figures learned from data before training, and the layer that takes them. */
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  fromIterable,
  graph,
  graphFromJson,
  graphToJson,
  input,
  meanSquaredError,
  moments,
  normalization,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../core/support.ts'
import { Dice } from '../../support/dice.ts'

const dice = new Dice(11)
/** Features of very different size, the last one constant. */
const rowOf = () => [dice.next(), 1e6 + 10 * dice.next(), -0.01 * dice.next(), 7]
const rows = Array.from({ length: 1000 }, rowOf)

/** By the definition, in two passes. */
function expected(all: readonly (readonly number[])[]) {
  const mean = [0, 1, 2, 3].map(f => all.reduce((sum, row) => sum + (row[f] as number), 0) / all.length)
  const variance = mean.map(
    (m, f) => all.reduce((sum, row) => sum + ((row[f] as number) - m) ** 2, 0) / all.length,
  )
  return { mean, variance }
}

function expectClose(
  found: { readonly mean: readonly number[]; readonly variance: readonly number[] },
  wanted: ReturnType<typeof expected>,
) {
  for (const name of ['mean', 'variance'] as const)
    found[name].forEach((value, f) => {
      const own = wanted[name][f] as number
      expect(Math.abs(value - own)).toBeLessThanOrEqual(1e-9 * Math.abs(own))
    })
}

describe('moments', () => {
  test('of arrays, and of the same samples one by one', async () => {
    const target = rows.map(() => [0])
    expectClose(await moments(fromArrays({ x: rows, target })), expected(rows))
    const stream = fromIterable(() => rows.map(x => ({ x, target: [0] })))
    expectClose(await moments(stream, { shape: [4] }), expected(rows))
  })

  test('of sequences of several lengths', async () => {
    const sequences = Array.from({ length: 50 }, (_, i) => rows.slice(10 * i, 10 * i + 1 + (i % 7)))
    const stream = fromIterable(() => sequences.map(x => ({ x })))
    expectClose(await moments(stream, { shape: [null, 4] }), expected(sequences.flat()))
  })

  test('of as many samples as are asked for, of a stream without an end', async () => {
    let pulled = 0
    const endless = fromIterable(function* () {
      for (;;) yield { y: rows[pulled++ % rows.length] as number[] }
    })
    expectClose(
      await moments(endless, { column: 'y', shape: [4], samples: 300 }),
      expected(rows.slice(0, 300)),
    )
    expect(pulled).toBeLessThanOrEqual(600)
  })

  test.each<[string, () => Promise<unknown>, string, string]>([
    ['no data', () => moments([[1]] as never), 'INVALID_OPTION', 'fromArrays'],
    ['a stream without a shape', () => moments(fromIterable([{ x: [1] }])), 'INVALID_OPTION', 'shape: [2]'],
    ['another column', () => moments(fromArrays({ a: [[1]] })), 'DATA_MISMATCH', 'only "a"'],
    [
      'another shape',
      () => moments(fromArrays({ x: [[1, 2]] }), { shape: [4] }),
      'DATA_MISMATCH',
      'shape: [2]',
    ],
    ['fewer axes', () => moments(fromArrays({ x: [[1, 2]] }), { shape: [] }), 'DATA_MISMATCH', 'shape: [2]'],
    [
      'a huge shape',
      () => moments(fromArrays({ x: [[1]] }), { shape: [1e9] }),
      'DATA_MISMATCH',
      'shape: [1]',
    ],
    ['open features', () => moments(fromIterable([]), { shape: [null] }), 'INVALID_OPTION', 'last axis'],
    ['no samples', () => moments(fromIterable([]), { shape: [1] }), 'DATA_EMPTY', 'at least one sample'],
    ['none asked for', () => moments(fromArrays({ x: [[1]] }), { samples: 0 }), 'INVALID_OPTION', 'samples'],
    [
      'a sample that does not fit',
      () => moments(fromIterable([{ x: [1, 2] }]), { shape: [3] }),
      'DATA_MISMATCH',
      'sample 0',
    ],
  ])('refuses %s', async (_, work, code, words) => {
    const error = await work().then(
      () => undefined,
      thrown => thrown,
    )
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })
})

describe('normalization', () => {
  test('gives the data mean 0 and variance 1, through JSON, and brings them back', async () => {
    const data = fromArrays({ x: rows })
    const found = await moments(data)
    const x = input({ name: 'x', shape: [4] })
    const normal = x.pipe(normalization(found))
    const back = normal.pipe(normalization({ ...found, invert: true }))
    const json = graphToJson(graph({ normal, back }))
    const model = compile(graphFromJson(json), { kernels: 'reference', precision: 'float64' })
    const made = model.predict({ x: rows })
    const own = expected(made.normal?.toNested() as number[][])
    own.mean.forEach(mean => {
      expect(mean).toBeCloseTo(0, 9)
    })
    expect(own.variance.map(one => Math.round(one * 1e9) / 1e9)).toEqual([1, 1, 1, 0])
    expectRows(made.back?.toNested() as number[][], rows)
    model.dispose()
  })

  test('stays as it is while the layers behind it train', async () => {
    const data = fromArrays({ x: rows, target: rows.map(([x = 0]) => [x]) })
    const x = input({ name: 'x', shape: [4] })
    const layer = normalization(await moments(data))
    const [normal, target] = [x.pipe(layer), input({ name: 'target', shape: [1] })]
    const loss = meanSquaredError()(normal.pipe(dense({ units: 1 })), target)
    const model = compile(graph({ normal, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), { seed: 1 })
    const before = model.predict({ x: rows }).normal.toNested()
    const trainer = createTrainer(model, { data, epochs: 3 })
    await trainer.run()
    expect(model.predict({ x: rows }).normal.toNested()).toEqual(before)
    expect(trainer.state.metrics.loss).toBeLessThan(0.01)
    model.dispose()
  })

  const x = input({ name: 'x', shape: [4] })
  test.each<[string, () => unknown, string]>([
    [
      'lists of two lengths',
      () => normalization({ mean: [1, 2], variance: [1] }),
      'variance to have 2 numbers',
    ],
    ['a negative variance', () => normalization({ mean: [1], variance: [-1] }), 'non-negative'],
    ['no mean', () => normalization({ variance: [1] } as never), 'mean'],
    [
      'another number of features',
      () => compile(graph({ y: x.pipe(normalization({ mean: [1], variance: [1] })) })),
      '"x" to have 1 features, as mean has',
    ],
  ])('refuses %s', (_, make, words) => {
    expect(errorOf(make).message).toContain(words)
  })
})

const expectRows = (found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]) =>
  found.forEach((row, i) => {
    row.forEach((value, f) => {
      expect(value).toBeCloseTo(wanted[i]?.[f] as number, 8)
    })
  })
