/** Weights of metrics: 0, 1 and 2 are as leaving out, taking once and taking twice; padding counts nothing. */
import {
  add,
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  defineMetric,
  evaluate,
  fromArrays,
  graph,
  input,
  l2Regularization,
  linear,
  type MetricRequest,
  meanSquaredError,
  metric,
  type Port,
  RandomKey,
  sparseCategoricalCrossentropy,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from '../support.ts'

type Rows = readonly (readonly number[])[]
type Figures = Readonly<Record<string, number>>
type Loss = ReturnType<typeof meanSquaredError>

const [SAMPLES, CLASSES, STEPS] = [61, 4, 5]
const key = RandomKey.of(23)
const table = (name: string, rows: number, width: number): Rows => {
  const numbers = key.child(name).normal(rows * width)
  return Array.from({ length: rows }, (_, i) => [...numbers.subarray(i * width, (i + 1) * width)])
}
const oneHot = (c: number) => Array.from({ length: CLASSES }, (_, i) => Number(i === c))
const place = (row: readonly number[]) => row.indexOf(Math.max(...row))

/** Predictions and targets of each kind, for so many rows. */
function kindsOf(rows: number) {
  const logits = table('logits', rows, CLASSES)
  const noise = table('noise', rows, CLASSES)
  const leaning = logits.map((row, i) => row.map((z, c) => z + 1.5 * (noise[i]?.[c] as number)))
  const positive = (some: Rows) => some.map(row => row.map(value => Math.exp(value / 4)))
  const yes = leaning.map(row => row.map(value => Number(value > 0)))
  return {
    numbers: { prediction: positive(logits), target: positive(leaning), loss: meanSquaredError },
    classes: {
      prediction: logits,
      target: leaning.map(row => oneHot(place(row))),
      loss: () => categoricalCrossentropy({ fromLogits: true }),
    },
    'class numbers': {
      prediction: logits,
      target: leaning.map(row => [place(row)]),
      loss: () => sparseCategoricalCrossentropy({ fromLogits: true }),
    },
    labels: { prediction: logits, target: yes, loss: () => binaryCrossentropy({ fromLogits: true }) },
    'yes or no': {
      prediction: logits.map(([z = 0]) => [z]),
      target: yes.map(([t = 0]) => [t]),
      loss: () => binaryCrossentropy({ fromLogits: true }),
    },
  }
}
type Kind = keyof ReturnType<typeof kindsOf>
const KINDS = Object.keys(kindsOf(1)) as Kind[]

const REQUIRED: Readonly<Record<string, object>> = {
  sensitivityAtSpecificity: { specificity: 0.6 },
  specificityAtSensitivity: { sensitivity: 0.6 },
}
const AVERAGES = ['macro', 'micro', 'weighted', 'none']

/** Every metric that suits targets of a kind, with every average. */
function requestsFor(kind: Kind): MetricRequest[] {
  const wanted = kind === 'numbers' ? undefined : kind === 'labels' ? 'labels' : 'classes'
  return Object.entries(metric).flatMap(([name, { definition }]) => {
    const required = REQUIRED[name] ?? {}
    const needed = 'thresholds' in definition.config(required) ? { ...required, thresholds: 32 } : required
    const hasAverages = 'average' in definition.config(needed)
    const own = hasAverages && kind === 'labels' ? { ...needed, multiLabel: true } : needed
    if (definition.expects(definition.config(own)) !== wanted) return []
    if (kind === 'yes or no' && name.startsWith('top')) return []
    const averages = hasAverages ? AVERAGES.map(average => ({ ...own, average })) : [own]
    return averages.map((options, i) => ({ metric: name, name: `${name} ${i}`, ...options }) as MetricRequest)
  })
}

interface Columns {
  readonly prediction: unknown
  readonly target: unknown
  readonly weight?: unknown
}

/** Metrics of columns as they are; the loss gets the weights, if there are some. */
async function measured(
  { prediction, target, weight }: Columns,
  lossOf: () => unknown,
  metrics: readonly MetricRequest[],
  { kernels = 'reference', batchSize = 16 }: { kernels?: 'reference' | 'wasm'; batchSize?: number } = {},
): Promise<Figures> {
  const data = fromArrays({
    x: prediction as number[][],
    target: target as number[][],
    ...(weight !== undefined && { weight: weight as number[] }),
  })
  const shapeOf = (name: string) => data.shapes[name] as number[]
  const output = input({ name: 'x', shape: shapeOf('x') }).pipe(linear())
  const y = input({ name: 'target', shape: shapeOf('target') })
  const ports = weight === undefined ? [] : [input({ name: 'weight', shape: shapeOf('weight') })]
  const loss = (lossOf() as Loss)(output, y, ...(ports as []))
  const precision = kernels === 'reference' ? 'float64' : 'float32'
  const model = compile(graph({ prediction: output, loss }), { kernels, precision, threads: 1 })
  try {
    const { loss: _, ...figures } = await evaluate(model, data, { metrics, batchSize })
    return figures
  } finally {
    model.dispose()
  }
}

function expectSame(found: Figures, expected: Figures, digits: number): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected))
  expect(Object.keys(found).length).toBeGreaterThan(0)
  for (const [name, value] of Object.entries(expected)) {
    expect(Number.isFinite(value), name).toBe(true)
    expect(found[name], name).toBeCloseTo(value, digits)
  }
}

const within = defineMetric({
  type: 'within',
  sums: ['close', 'all'],
  tally: ({ prediction, target }, _, { kernels: k }) => ({
    close: k.less(k.abs(k.sub(prediction, target)), 0.5),
    all: target.size,
  }),
  result: ({ close, all }) => close / all,
})

const counted = (requests: readonly MetricRequest[], weights: boolean | string) =>
  requests.map(request => ({ ...(request as object), weights }) as MetricRequest)

describe.each(KINDS)('figures of %s', kind => {
  const requests = [...requestsFor(kind), ...(kind === 'numbers' ? [within()] : [])]
  const { prediction, target, loss } = kindsOf(SAMPLES)[kind]
  const weight = Array.from(key.child('weight').uniform(SAMPLES, 0, 3), Math.floor)
  const repeated = (rows: Rows) =>
    rows.flatMap((row, i) => Array<readonly number[]>(weight[i] as number).fill(row))
  const kept = (rows: Rows) => rows.filter((_, i) => weight[i] !== 0)

  test.each(['reference', 'wasm'] as const)(
    'with weights 0, 1 and 2 are those of rows left out, taken once, and taken twice, on kernels %s',
    async kernels => {
      const digits = kernels === 'reference' ? 9 : 5
      const twice = { prediction: repeated(prediction), target: repeated(target) }
      const found = await measured({ prediction, target, weight }, loss, counted(requests, true), { kernels })
      expectSame(found, await measured(twice, loss, requests, { kernels }), digits)
    },
  )

  test('leave out what has no weight in the loss, and count the others once', async () => {
    const found = await measured({ prediction, target, weight }, loss, requests)
    expectSame(
      found,
      await measured({ prediction: kept(prediction), target: kept(target) }, loss, requests),
      9,
    )
  })

  test('count every row once where no weights are wanted, or all are alike', async () => {
    const plain = await measured({ prediction, target }, loss, requests)
    expectSame(await measured({ prediction, target, weight }, loss, counted(requests, false)), plain, 9)
    const alike = weight.map(() => 1)
    expectSame(await measured({ prediction, target, weight: alike }, loss, counted(requests, true)), plain, 9)
  })

  test('of padded sequences are those of their steps alone, in batches of any size', async () => {
    const count = 12
    const rows = kindsOf(count * STEPS)[kind]
    const steps = (some: Rows) =>
      Array.from({ length: count }, (_, i) => some.slice(i * STEPS, (i + 1) * STEPS))
    const lengths = Array.from({ length: count }, (_, i) => 1 + (i % STEPS))
    const mask = lengths.map(length => Array.from({ length: STEPS }, (_, t) => Number(t < length)))
    const alone = (some: Rows) =>
      some.filter((_, i) => i % STEPS < (lengths[Math.floor(i / STEPS)] as number))
    const padded = { prediction: steps(rows.prediction), target: steps(rows.target), weight: mask }
    const expected = await measured(
      { prediction: alone(rows.prediction), target: alone(rows.target) },
      loss,
      requests,
    )
    for (const batchSize of [1, 5, 12])
      expectSame(await measured(padded, loss, requests, { batchSize }), expected, 9)
    const asRows = { ...padded, weight: mask.map(row => row.map(each => [each])) }
    expectSame(await measured(asRows, loss, requests), expected, 9)
    if (kind !== 'class numbers') return
    const numbers = { ...padded, target: steps(rows.target).map(row => row.map(([c]) => c)) }
    expectSame(await measured(numbers, loss, requests), expected, 9)
  })
})

test.each(['numbers', 'labels'] as const)('each entry of %s may have a weight of its own', async kind => {
  const { prediction, target, loss } = kindsOf(SAMPLES)[kind]
  // What is asked of all entries together is the same for entries that are rows of their own.
  const requests = requestsFor(kind).filter(request => {
    const { metric: name, average = 'micro' } = request as { metric: string; average?: string }
    return name !== 'cosineSimilarity' && average === 'micro'
  })
  const numbers = key.child('entries').uniform(SAMPLES * CLASSES, 0, 3)
  const weight = prediction.map((row, i) => row.map((_, c) => Math.floor(numbers[i * CLASSES + c] as number)))
  const entries = (rows: Rows) =>
    rows.flatMap((row, i) => row.flatMap((value, c) => Array<number[]>(weight[i]?.[c] ?? 0).fill([value])))
  const found = await measured({ prediction, target, weight }, loss, counted(requests, true))
  const alone = { prediction: entries(prediction), target: entries(target) }
  expectSame(found, await measured(alone, loss, requests), 9)
})

describe.each(['reference', 'wasm'] as const)('a loss that is a mean of weights, on kernels %s', kernels => {
  const [count, steps] = [11, STEPS]
  const { prediction, target } = kindsOf(count * steps)['class numbers']
  const sequences = (rows: Rows) =>
    Array.from({ length: count }, (_, i) => rows.slice(i * steps, (i + 1) * steps))
  const lengths = Array.from({ length: count }, (_, i) => i % (steps + 1))
  const mask = lengths.map(length => Array.from({ length: steps }, (_, t) => Number(t < length)))
  const alone = (rows: Rows) => rows.filter((_, i) => mask[Math.floor(i / steps)]?.[i % steps] === 1)
  const [p, t] = [input({ name: 'p', shape: [null, CLASSES] }), input({ name: 't', shape: [null, 1] })]
  const one = (weight: Port) =>
    sparseCategoricalCrossentropy({ fromLogits: true, reduction: 'weightedMean' })(
      p.pipe(linear()),
      t,
      weight,
    )

  test.each([1, 2, 4, 11])('is that of all steps but padding, in batches of %i', async batchSize => {
    const m = input({ name: 'm', shape: [null] })
    const model = compile(graph({ loss: one(m) }), { kernels, threads: 1 })
    const data = fromArrays({ p: sequences(prediction), t: sequences(target), m: mask })
    const { loss } = await evaluate(model, data, { batchSize })
    const flat = fromArrays({
      p: alone(prediction).map(row => [row]),
      t: alone(target).map(row => [row]),
      m: alone(target).map(() => [1]),
    })
    expect(loss).toBeCloseTo((await evaluate(model, flat)).loss as number, 5)
    model.dispose()
  })

  test('counts a weight of a sample for each of its steps, also beside other losses', async () => {
    const m = input({ name: 'm', shape: [] })
    const net = graph({ loss: add()(one(m), p.pipe(l2Regularization())) })
    const model = compile(net, { kernels, threads: 1 })
    const data = fromArrays({ p: sequences(prediction), t: sequences(target), m: lengths })
    const of = async (batchSize: number) =>
      (await evaluate(model, data, { batchSize })).sparseCategoricalCrossentropy1
    const whole = (await of(11)) as number
    for (const batchSize of [1, 4]) expect(await of(batchSize)).toBeCloseTo(whole, 5)
    model.dispose()
  })
})

describe('weights of two ports', () => {
  const { prediction, target } = kindsOf(SAMPLES).classes
  const weight = Array.from(key.child('ports').uniform(SAMPLES, 0, 3), Math.floor)
  const loss = () => categoricalCrossentropy({ fromLogits: true })
  const ofPorts = {
    metric: 'accuracy',
    prediction: 'prediction',
    target: 'target',
    name: 'accuracy',
  } as const

  test('are named, and without a name all count once', async () => {
    const columns = { prediction, target, weight }
    const found = await measured(columns, loss, [
      { ...ofPorts, weights: 'weight' },
      { ...ofPorts, name: 'all' },
      { metric: 'accuracy', weights: true, name: 'own' },
    ])
    const plain = await measured({ prediction, target }, loss, ['accuracy'])
    expect(found.accuracy).toBe(found.own)
    expect(found.all).toBe(plain.accuracy)
    expect(found.all).not.toBe(found.own)
  })

  test('may be those of a loss that has none', async () => {
    const x = input({ name: 'x', shape: [CLASSES] })
    const [y, w] = [input({ name: 'target', shape: [CLASSES] }), input({ name: 'weight', shape: [] })]
    const net = graph({ weight: w, loss: loss()(x.pipe(linear()), y) })
    const model = compile(net, { kernels: 'reference', precision: 'float64' })
    const data = fromArrays({ x: prediction as number[][], target: target as number[][], weight })
    const { accuracy } = await evaluate(model, data, { metrics: [metric.accuracy({ weights: 'weight' })] })
    const expected = await measured({ prediction, target, weight }, loss, [
      metric.accuracy({ weights: true }),
    ])
    expect(accuracy).toBeCloseTo(expected.accuracy as number, 12)
    model.dispose()
  })
})

describe('what cannot be weighed is refused', () => {
  const { prediction, target } = kindsOf(6).classes
  const loss = () => categoricalCrossentropy({ fromLogits: true })
  const refused = (columns: Columns, ...metrics: MetricRequest[]) =>
    rejectionOf(measured(columns, loss, metrics))

  test('a loss without weights, a name that there is not, and weights of another shape', async () => {
    const columns = { prediction, target }
    expect(await refused(columns, metric.accuracy({ weights: true }))).toMatchObject({
      code: 'METRIC_MISMATCH',
      expected: 'a loss with weights, because of weights: true',
    })
    expect(await refused(columns, metric.accuracy({ weights: 'mask' }))).toMatchObject({
      code: 'UNKNOWN_NAME',
    })
    expect(await refused(columns, metric.accuracy({ weights: 'target' }))).toMatchObject({
      code: 'SHAPE_MISMATCH',
      expected: 'weights for the answers [batch, 1]',
      got: '[batch, 4]',
    })
  })

  test('weights of entries where rows are counted', async () => {
    const numbers = kindsOf(6).numbers
    const weight = numbers.target.map(row => row.map(() => 1))
    const work = measured({ ...numbers, weight }, meanSquaredError, ['cosineSimilarity'])
    expect(await rejectionOf(work)).toMatchObject({
      code: 'METRIC_MISMATCH',
      got: 'cosines of the shape [6, 1]',
    })
  })

  test('a custom metric that adds samples up before weights are applied', async () => {
    const summing = defineMetric({
      type: 'summing',
      sums: ['errors'],
      tally: ({ prediction, target }, _, { kernels: k }) => ({ errors: k.sum(k.sub(prediction, target)) }),
      result: ({ errors }) => errors,
    })
    expect(await refused({ prediction, target, weight: [1, 1, 0, 1, 1, 1] }, summing())).toMatchObject({
      code: 'METRIC_MISMATCH',
      got: 'errors of the shape []',
    })
  })

  test.each([[{ weights: 1 }], [{ weights: true, prediction: 'prediction', target: 'target' }]])(
    '%j',
    options => {
      expect(() => metric.accuracy(options as never)).toThrow('weights to be ')
    },
  )
})

test('a custom metric may reckon with weights itself', async () => {
  const mean = defineMetric({
    type: 'mean',
    weighted: true,
    sums: ['sum', 'count'],
    tally: ({ prediction }, _, { kernels: k, weights }) => ({
      sum: k.sum(weights ? k.mul(prediction, weights) : prediction),
      count: k.sum(weights ? k.expand(weights, prediction.shape) : k.fill(prediction.shape, 1)),
    }),
    result: ({ sum, count }) => sum / count,
  })
  const columns = { prediction: [[1], [2], [6]], target: [[0], [0], [0]], weight: [1, 3, 0] }
  const requests = [mean(), mean({ weights: true, name: 'weighted' })]
  expect(await measured(columns, meanSquaredError, requests)).toEqual({ mean: 1.5, weighted: 1.75 })
})
