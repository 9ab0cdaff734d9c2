/** Metrics give what scikit-learn gives, whatever the batches; `metrics.py` writes its figures. */
import { readFileSync } from 'node:fs'
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  evaluate,
  fromArrays,
  graph,
  input,
  linear,
  type MetricName,
  type MetricRequest,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from 'gradstream'
import { describe, expect, test } from 'vitest'

interface Known {
  readonly prediction: readonly number[][]
  readonly target: readonly number[][]
  readonly figures: Readonly<Record<MetricName, number>>
}

interface Asked {
  readonly prediction: readonly number[][]
  readonly target: readonly number[][]
  /** Requests, and the figures by what follows the name of the metric. */
  readonly requests: readonly (readonly [{ readonly metric: string }, Readonly<Record<string, number>>])[]
}

const { binary, classes, numbers, requests } = JSON.parse(
  readFileSync(new URL('metrics.json', import.meta.url), 'utf8'),
) as { binary: Known; classes: Known; numbers: Known; requests: Readonly<Record<string, Asked>> }
const oneHot = {
  ...classes,
  target: classes.target.map(([c]) => Array.from({ length: 7 }, (_, i) => Number(i === c))),
}

describe.each([
  ['yes or no', binary, binaryCrossentropy()],
  ['classes by their numbers', classes, sparseCategoricalCrossentropy({ fromLogits: true })],
  ['classes as rows', oneHot, categoricalCrossentropy({ fromLogits: true })],
  ['numbers', numbers, meanSquaredError()],
] as const)('of %s', (_, { prediction, target, figures }, lossOf) => {
  const x = input({ name: 'x', shape: [prediction[0]?.length as number] })
  const y = input({ name: 'target', shape: [target[0]?.length as number] })
  const output = x.pipe(linear())
  const net = graph({ prediction: output, loss: lossOf(output, y) })
  const names = Object.keys(figures) as MetricName[]

  test.each([
    ['reference', 31],
    ['reference', 4],
    ['wasm', 7],
    ['wasm', 1],
  ] as const)('on kernels %s, in batches of %i', async (kernels, batchSize) => {
    const model = compile(net, {
      kernels,
      threads: 1,
      ...(kernels === 'reference' && { precision: 'float64' }),
    })
    const data = fromArrays({ x: prediction as number[][], target: target as number[][] })
    const found = await evaluate(model, data, { metrics: names, batchSize })
    const digits = kernels === 'reference' ? 9 : 3
    for (const name of names) expect(found[name] ?? Number.NaN, name).toBeCloseTo(figures[name], digits)
    const attached = names.map(metric => ({
      metric,
      prediction: 'prediction',
      target: 'target',
      name: `own ${metric}`,
      fromLogits: lossOf !== undefined && target !== binary.target,
    }))
    const again = await evaluate(model, data, { metrics: attached, batchSize })
    for (const name of names)
      expect(again[`own ${name}`] ?? Number.NaN, name).toBeCloseTo(figures[name], digits)
    model.dispose()
  })
})

describe.each([
  ['classes', 'by their numbers', sparseCategoricalCrossentropy({ fromLogits: true })],
  ['classes', 'as rows', categoricalCrossentropy({ fromLogits: true })],
  ['labels', 'each by itself', binaryCrossentropy({ fromLogits: true })],
  ['yes or no', 'as probabilities', binaryCrossentropy()],
  ['numbers', 'with options', meanSquaredError()],
] as const)('requests of %s, %s', (kind, form, lossOf) => {
  const { prediction, target, requests: asked } = requests[kind] as Asked
  const width = prediction[0]?.length as number
  const targets =
    form === 'as rows'
      ? target.map(([c]) => Array.from({ length: width }, (_, i) => Number(i === c)))
      : target
  const data = fromArrays({ x: prediction as number[][], target: targets as number[][] })
  const x = input({ name: 'x', shape: [width] })
  const output = x.pipe(linear())
  const goal = input({ name: 'target', shape: [targets[0]?.length as number] })
  const net = graph({ prediction: output, loss: lossOf(output, goal) })
  // Each under a name of its own.
  const named = asked.map(([request, figures], i) => [{ ...request, name: `m${i}` }, figures] as const)

  test.each([
    ['reference', 1000],
    ['reference', 7],
    ['wasm', 64],
  ] as const)(
    'have the figures of scikit-learn, on kernels %s, in batches of %i',
    async (kernels, batchSize) => {
      const precision = kernels === 'reference' ? 'float64' : 'float32'
      const model = compile(net, { kernels, threads: 1, precision })
      const metrics = named.map(([request]) => request) as MetricRequest[]
      const { loss: _, ...found } = await evaluate(model, data, { metrics, batchSize })
      const expected = named.flatMap(([{ name, metric }, figures]) =>
        Object.entries(figures).map(([own, figure]) => [`${name}${own}`, metric, figure] as const),
      )
      expect(Object.keys(found).sort()).toEqual(expected.map(([name]) => name).sort())
      for (const [name, metric, figure] of expected)
        expect(found[name], `${metric} ${name}`).toBeCloseTo(figure, kernels === 'reference' ? 9 : 3)
      model.dispose()
    },
  )
})

test('what was never predicted, and what never changes, gives 0 and not NaN', async () => {
  const x = input({ name: 'x', shape: [1] })
  const output = x.pipe(linear())
  const net = graph({
    prediction: output,
    loss: binaryCrossentropy()(output, input({ name: 'target', shape: [1] })),
  })
  const model = compile(net, { kernels: 'reference' })
  const metrics: MetricName[] = [
    'precision',
    'recall',
    'specificity',
    'f1',
    'meanIoU',
    'cohenKappa',
    'matthews',
    'pearson',
  ]
  const figures = await evaluate(model, fromArrays({ x: [[0.1], [0.1]], target: [[0], [0]] }), { metrics })
  expect(figures).toMatchObject({
    precision: 0,
    recall: 0,
    specificity: 1,
    f1: 0,
    meanIoU: 0,
    cohenKappa: 0,
    matthews: 0,
    pearson: 0,
  })
  model.dispose()
})
