/** Metrics equal their plain formulas, whatever the batches. */
import {
  add,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  defineNode,
  dense,
  evaluate,
  fromArrays,
  type GraphDef,
  graph,
  input,
  type MetricName,
  type Model,
  meanSquaredError,
  type Port,
  RandomKey,
  relu,
  sgd,
  sigmoid,
  softmax,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf, figure, finish, regression, rejectionOf, rows, samples, trial } from '../support.ts'

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

describe.each(['reference', 'wasm'] as const)('with kernels %s, in float32,', kernels => {
  // What float32 makes of the numbers is what is measured.
  const fround = (middle: number, values: readonly number[]) =>
    values.map(value => Math.fround(middle + value))

  test.each([
    [0, 1],
    [1e3, 1],
    [1e6, 1],
    [-3e7, 8],
    [1e6, 0.2],
    [-1e-3, 1e-6],
  ])('figures of targets around %s with a spread of %s keep their digits', async (middle, spread) => {
    const key = RandomKey.of(4)
    const truth = fround(
      middle,
      [...key.child('truth').uniform(1000, -2, 2)].map(value => spread * value),
    )
    const told = fround(
      0,
      [...key.child('told').uniform(1000, -0.3, 0.3)].map((value, i) =>
        Math.fround((truth[i] as number) + spread * value),
      ),
    )
    const x = input({ name: 'x', shape: [1] })
    const target = input({ name: 'target', shape: [1] })
    const prediction = x.pipe(dense({ units: 1, kernelInitializer: 'ones' }))
    const net = graph({ prediction, loss: meanSquaredError()(prediction, target) })
    const data = fromArrays({ x: told.map(value => [value]), target: truth.map(value => [value]) })
    const errors = truth.map((value, i) => value - (told[i] as number))
    const total = mean(truth.map(value => (value - mean(truth)) ** 2))
    const expected = {
      loss: mean(errors.map(error => error ** 2)),
      r2: 1 - mean(errors.map(error => error ** 2)) / total,
      meanAbsoluteError: mean(errors.map(Math.abs)),
    }
    for (const batchSize of [1, 7, 32, 1000]) {
      const model = compile(net, { kernels })
      const metrics = await evaluate(model, data, { metrics: ['r2', 'meanAbsoluteError'], batchSize })
      for (const [name, value] of Object.entries(expected)) {
        const off = Math.abs(figure(metrics, name) - value)
        expect(off, `${name} in batches of ${batchSize}`).toBeLessThanOrEqual(2e-6 * Math.abs(value))
      }
      model.dispose()
    }
  })
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
  const metrics = ['bleu'] as never
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

describe('the reported loss', () => {
  const x = input({ name: 'x', shape: [2] })
  const target = input({ name: 'target', shape: [1] })
  const { x: inputs, target: targets } = rows(23)
  const data = fromArrays({ x: inputs, target: targets })
  const prediction = x.pipe(dense({ units: 3 }), dense({ units: 1 }))
  const mse = (name: string) => meanSquaredError({ name })(prediction, target)

  const half = defineNode({
    type: 'half',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 0.5) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 0.5) }),
  })

  /** What the network made of the data, and the loss of each part, by plain formulas. */
  const plain = (model: Model) => {
    const told = [...(model.predict({ x: inputs }).prediction?.data ?? [])]
    return mean(told.map((p, i) => (p - (targets[i]?.[0] as number)) ** 2))
  }

  const networks: Record<
    string,
    {
      follow: (update: (loss: Port) => Port<'update'>) => object
      parts: string[]
      of: (mse: number) => number
    }
  > = {
    'a loss alone': {
      follow: update => {
        const loss = mse('mse')
        return { loss, update: update(loss) }
      },
      parts: [],
      of: value => value,
    },
    'a loss that is scaled': {
      follow: update => ({ update: update(mse('mse').pipe(half())) }),
      parts: ['mse'],
      of: value => value / 2,
    },
    'a sum of losses': {
      follow: update => ({ update: update(add()(mse('first'), mse('second').pipe(half()))) }),
      parts: ['first', 'second'],
      of: value => 1.5 * value,
    },
    'a sum whose part is called loss': {
      follow: update => ({ update: update(add()(mse('loss'), mse('second'))) }),
      parts: ['loss.loss', 'second'],
      of: value => 2 * value,
    },
  }

  test.each(Object.entries(networks))(
    'is what the optimizer follows: %s',
    async (_, { follow, parts, of }) => {
      const update = (loss: Port) => loss.pipe(sgd({ learningRate: 0 }))
      const net = graph({ prediction, ...follow(update) })
      const model = compile(net as GraphDef<'prediction'>, { seed: 3, precision: 'float64', nodes: [half] })
      const { trainer, scheduler } = trial({ data, batchSize: 5, epochs: 1, validation: data }, model)
      const losses: number[] = []
      trainer.events$.subscribe(event => event.type === 'step' && losses.push(event.loss * event.samples))
      const { metrics } = await finish(trainer, scheduler)
      const value = plain(model)
      expect(Object.keys(metrics)).toEqual(
        ['loss', ...parts]
          .flatMap(name => [name])
          .concat(['loss', ...parts].map(name => `validation${name[0]?.toUpperCase()}${name.slice(1)}`)),
      )
      expect(figure(metrics, 'loss')).toBeCloseTo(of(value), 12)
      expect(figure(metrics, 'validationLoss')).toBeCloseTo(of(value), 12)
      expect(losses.reduce((a, b) => a + b) / 23).toBeCloseTo(of(value), 12)
      for (const part of parts) expect(figure(metrics, part)).toBeCloseTo(value, 12)
      expect(await evaluate(model, data)).toMatchObject({ loss: expect.closeTo(of(value), 12) })
    },
  )

  test('without an optimizer is the number among the outputs that is no part of another', async () => {
    const part = mse('first')
    const model = compile(graph({ prediction, whole: half()(add()(part, mse('second'))), part }), {
      precision: 'float64',
      nodes: [half],
    })
    const value = plain(model)
    const metrics = await evaluate(model, data)
    expect(Object.keys(metrics)).toEqual(['loss', 'first', 'second'])
    expect(figure(metrics, 'loss')).toBeCloseTo(value, 12)
    expect(figure(metrics, 'first')).toBeCloseTo(value, 12)
  })
})

describe('a metric that is attached to two ports', () => {
  const x = input({ name: 'x', shape: [2] })
  const target = input({ name: 'target', shape: [1] })
  const { x: inputs, target: targets } = rows(23)
  const data = fromArrays({ x: inputs, target: targets })
  const net = () => {
    const hidden = x.pipe(dense({ units: 1 }))
    const prediction = hidden.pipe(relu(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0 })) })
  }
  const attached = { metric: 'meanAbsoluteError', prediction: 'dense1', target: 'target' } as const

  test.each(['reference', 'wasm'] as const)(
    'measures what they are, also in front of an activation: %s',
    async kernels => {
      const model = compile(net(), { seed: 3, kernels })
      const values: number[] = []
      const { trainer, scheduler } = trial(
        {
          data,
          epochs: 1,
          batchSize: 4,
          shuffle: false,
          metrics: [attached, { ...attached, prediction: 'prediction', name: 'own' }, 'r2'],
        },
        model,
      )
      const { metrics } = await finish(trainer, scheduler)
      model.node('dense1').forward$.subscribe(({ tensor }) => values.push(...tensor.data))
      const told = [...model.predict({ x: inputs }).prediction.data]
      const off = (values: readonly number[]) =>
        mean(values.map((value, i) => Math.abs(value - (targets[i]?.[0] as number))))
      expect(values.some(value => value < 0)).toBe(true)
      expect(figure(metrics, 'dense1.meanAbsoluteError')).toBeCloseTo(off(values), 5)
      expect(figure(metrics, 'own')).toBeCloseTo(off(told), 5)
      expect(figure(metrics, 'r2')).toBeDefined()
    },
  )

  test.each([
    [{ ...attached, prediction: 'dense9' }, 'UNKNOWN_NAME'],
    [{ ...attached, prediction: 'constructor' }, 'UNKNOWN_NAME'],
    [{ ...attached, metric: 'bleu' }, 'UNKNOWN_NAME'],
    [{ ...attached, prediction: 'x' }, 'SHAPE_MISMATCH'],
    [{ ...attached, name: 'loss' }, 'DUPLICATE_NAME'],
    [{ ...attached, name: 'validationLoss' }, 'DUPLICATE_NAME'],
    [{ ...attached, name: '' }, 'INVALID_OPTION'],
    [{ ...attached, of: 'dense1' }, 'INVALID_OPTION'],
    [{ metric: 'accuracy', target: 'target' }, 'INVALID_OPTION'],
  ])('is refused: %j', async (request, code) => {
    const model = compile(net())
    const metrics = [request as never]
    expect(errorOf(() => createTrainer(model, { data, metrics })).code).toBe(code)
    expect((await rejectionOf(evaluate(model, data, { metrics }))).code).toBe(code)
  })
})
