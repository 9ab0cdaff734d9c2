/** Metrics equal their plain formulas, whatever the batches. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  type MetricName,
  meanSquaredError,
  RandomKey,
  sgd,
  sigmoid,
  softmax,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { figure, finish, regression, rejectionOf, rows, samples, trial } from '../support.ts'

type Rows = number[][]
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const largest = (row: readonly number[]) => row.indexOf(Math.max(...row))
const { x: features } = rows(23)
const draws = RandomKey.of(5).bits(23)

const ends = {
  'yes or no': { units: 1, fromLogits: false },
  'yes or no, from logits': { units: 1, fromLogits: true },
  classes: { units: 3, fromLogits: false },
  'classes, from logits': { units: 3, fromLogits: true },
}

describe.each(Object.entries(ends))('accuracy of %s', (_, { units, fromLogits }) => {
  const target = [...draws].map(bits =>
    units === 1 ? [bits & 1] : [0, 1, 2].map(place => (bits % 3 === place ? 1 : 0)),
  )
  const data = fromArrays({ x: features, target })
  const build = () => {
    const x = input({ name: 'x', shape: [2] })
    const y = input({ name: 'target', shape: [units] })
    const logits = x.pipe(dense({ units, kernelInitializer: 'heNormal' }))
    const prediction = fromLogits ? logits : logits.pipe(units === 1 ? sigmoid() : softmax())
    const loss = (units === 1 ? binaryCrossentropy : categoricalCrossentropy)({ fromLogits })(prediction, y)
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0 })) })
    return compile(net, { seed: 2, precision: 'float64' })
  }

  test.each([1, 4, 10, 23, 100])('is the share of right answers, in batches of %i', async batchSize => {
    const { model, trainer, scheduler } = trial(
      { data, validation: data, metrics: ['accuracy'], batchSize, epochs: 1 },
      build(),
    )
    const { metrics } = await finish(trainer, scheduler)
    const predicted = model.predict({ x: features }).prediction.toNested() as Rows
    const right = predicted.map((row, i) => {
      const wanted = target[i] as number[]
      if (units > 1) return largest(row) === largest(wanted) ? 1 : 0
      return (row[0] as number) > (fromLogits ? 0 : 0.5) === (wanted[0] === 1) ? 1 : 0
    })
    const expected = mean(right)
    expect(expected).toBeGreaterThan(0)
    expect(expected).toBeLessThan(1)
    expect(figure(metrics, 'accuracy')).toBeCloseTo(expected, 12)
    expect(figure(metrics, 'validationAccuracy')).toBeCloseTo(expected, 12)
    expect(figure(await evaluate(model, data, { metrics: ['accuracy'], batchSize }), 'accuracy')).toBeCloseTo(
      expected,
      12,
    )
  })
})

test.each([1, 3, 7, 22, 64])(
  'meanAbsoluteError and r2 equal their formulas, in batches of %i',
  async batchSize => {
    const { x, target } = rows(22, 4)
    const names: MetricName[] = ['meanAbsoluteError', 'r2']
    const { model, trainer, scheduler } = trial(
      { data: fromArrays({ x, target }), metrics: names, batchSize, epochs: 1 },
      compile(regression({ learningRate: 0 }), { seed: 3, precision: 'float64' }),
    )
    const { metrics } = await finish(trainer, scheduler)
    const truth = target.map(([t]) => t as number)
    const errors = [...model.predict({ x }).prediction.data].map((p, i) => p - (truth[i] as number))
    const squares = mean(errors.map(e => e ** 2))
    const expected = {
      loss: squares,
      meanAbsoluteError: mean(errors.map(Math.abs)),
      r2: 1 - squares / mean(truth.map(t => (t - mean(truth)) ** 2)),
    }
    const evaluated = await evaluate(model, samples(22, 4), { metrics: names, batchSize })
    for (const [name, value] of Object.entries(expected)) {
      expect(figure(metrics, name)).toBeCloseTo(value, 10)
      expect(figure(evaluated, name)).toBeCloseTo(value, 10)
    }
  },
)

test('r2 stays right for targets far from 0', async () => {
  const { x, target } = rows(22, 4)
  const far = target.map(([t = 0]) => [1e6 + t])
  const model = compile(regression(), { seed: 3, precision: 'float64' })
  model.node('dense2').parameters.bias.assign([1e6])
  const data = fromArrays({ x, target: far })
  const predicted = [...model.predict({ x }).prediction.data]
  const truth = far.map(([t]) => t as number)
  const expected =
    1 -
    mean(predicted.map((p, i) => (p - (truth[i] as number)) ** 2)) /
      mean(truth.map(t => (t - mean(truth)) ** 2))
  expect(figure(await evaluate(model, data, { metrics: ['r2'] }), 'r2')).toBeCloseTo(expected, 2)
})

test('evaluate() equals what the trainer told of the validation data', async () => {
  const { x, target } = rows(30, 2)
  const { train, validation } = fromArrays({ x, target }).standardize().split({ validation: 0.3 })
  const names: MetricName[] = ['r2', 'meanAbsoluteError']
  const { model, trainer, scheduler } = trial(
    { data: train, validation, metrics: names },
    compile(regression(), { seed: 3, precision: 'float64' }),
  )
  const { metrics } = await finish(trainer, scheduler)
  const evaluated = await evaluate(model, validation, { metrics: names })
  expect(figure(evaluated, 'loss')).toBeCloseTo(figure(metrics, 'validationLoss'), 10)
  expect(figure(evaluated, 'r2')).toBeCloseTo(figure(metrics, 'validationR2'), 10)
})

test('evaluate() changes no parameter, and refuses what the trainer refuses', async () => {
  const model = compile(regression(), { seed: 3 })
  const before = model.node('dense1').parameters.kernel.value.clone().toNested()
  await evaluate(model, samples(10))
  expect(model.node('dense1').parameters.kernel.value.toNested()).toEqual(before)
  expect((await rejectionOf(evaluate(model, samples(3), { batchSize: 0 }))).code).toBe('INVALID_OPTION')
  expect((await rejectionOf(evaluate(model, fromArrays({ x: [[1, 2]] })))).code).toBe('DATA_MISMATCH')
  const metrics = ['f1'] as never
  expect((await rejectionOf(evaluate(model, samples(3), { metrics }))).code).toBe('UNKNOWN_NAME')
})

test('two losses have figures of their own, and the loss is their sum', async () => {
  const x = input({ name: 'x', shape: [2] })
  const price = input({ name: 'price', shape: [1] })
  const rent = input({ name: 'rent', shape: [1] })
  const first = meanSquaredError({ name: 'priceLoss' })(x.pipe(dense({ units: 1 })), price)
  const second = meanSquaredError({ name: 'rentLoss' })(x.pipe(dense({ units: 1 })), rent)
  const update = { a: first.pipe(sgd({ learningRate: 0 })), b: second.pipe(sgd({ learningRate: 0 })) }
  const net = graph({ first, second, ...update })
  const { x: inputs, target } = rows(10)
  const data = fromArrays({ x: inputs, price: target, rent: target.map(([t = 0]) => [t + 3]) })
  const { trainer, scheduler } = trial({ data, metrics: ['meanAbsoluteError'] }, compile(net, { seed: 1 }))
  const { metrics } = await finish(trainer, scheduler)
  const names = ['loss', 'meanAbsoluteError'].flatMap(name => [`priceLoss.${name}`, `rentLoss.${name}`])
  expect(Object.keys(metrics).sort()).toEqual(['loss', ...names].sort())
  const sum = figure(metrics, 'priceLoss.loss') + figure(metrics, 'rentLoss.loss')
  expect(figure(metrics, 'loss')).toBeCloseTo(sum, 12)
  expect(figure(metrics, 'priceLoss.loss')).not.toBeCloseTo(figure(metrics, 'rentLoss.loss'), 1)
})
