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
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from 'gradstream'
import { describe, expect, test } from 'vitest'

interface Known {
  readonly prediction: readonly number[][]
  readonly target: readonly number[][]
  readonly figures: Readonly<Record<MetricName, number>>
}

const known = JSON.parse(readFileSync(new URL('metrics.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Known>
>
const { binary, classes, numbers } = known as { binary: Known; classes: Known; numbers: Known }
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
