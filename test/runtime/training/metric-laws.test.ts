/** What holds for every metric, and what each gives where there is nothing to measure. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  defineNode,
  evaluate,
  fromArrays,
  graph,
  input,
  linear,
  type MetricRequest,
  meanSquaredError,
  metric,
  RandomKey,
  sparseCategoricalCrossentropy,
} from 'gradstream'
import { describe, expect, test } from 'vitest'

type Rows = readonly (readonly number[])[]
type Figures = Readonly<Record<string, number>>

const CLASSES = 4
const SAMPLES = 97
const key = RandomKey.of(11)
const table = (name: string, width: number, from: number, to: number, rows = SAMPLES): Rows => {
  const numbers = key.child(name).uniform(rows * width, from, to)
  return Array.from({ length: rows }, (_, i) => [...numbers.subarray(i * width, (i + 1) * width)])
}
const place = (row: readonly number[]) => row.indexOf(Math.max(...row))
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const oneHot = (c: number, count = CLASSES) => Array.from({ length: count }, (_, i) => Number(i === c))
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
function softmax(row: readonly number[]): number[] {
  const powers = row.map(Math.exp)
  const sum = powers.reduce((a, b) => a + b)
  return powers.map(power => power / sum)
}

const logits = table('logits', CLASSES, -3, 3)
const numbers = table('numbers', CLASSES, 0.1, 4)
// Targets that lean towards the predictions, so that no figure is at its end.
const noise = table('noise', CLASSES, -3, 3)
const leaning = (rows: Rows) =>
  rows.map((row, i) => row.map((value, c) => value + 1.5 * (noise[i]?.[c] as number)))
const classOf = leaning(logits).map(place)
const labels = leaning(logits).map(row => row.map(value => Number(value > 0)))

interface Kind {
  readonly prediction: Rows
  readonly target: Rows
  readonly loss: typeof meanSquaredError | typeof binaryCrossentropy
}

const kinds = {
  numbers: { prediction: numbers, target: leaning(numbers), loss: meanSquaredError },
  classes: {
    prediction: logits,
    target: classOf.map(c => oneHot(c)),
    loss: () => categoricalCrossentropy({ fromLogits: true }),
  },
  'class numbers': {
    prediction: logits,
    target: classOf.map(c => [c]),
    loss: () => sparseCategoricalCrossentropy({ fromLogits: true }),
  },
  labels: { prediction: logits, target: labels, loss: () => binaryCrossentropy({ fromLogits: true }) },
  'yes or no': {
    prediction: logits.map(([z = 0]) => [z]),
    target: labels.map(([t = 0]) => [t]),
    loss: () => binaryCrossentropy({ fromLogits: true }),
  },
  probabilities: {
    prediction: logits.map(softmax),
    target: classOf.map(c => oneHot(c)),
    loss: () => categoricalCrossentropy(),
  },
  'a probability': {
    prediction: logits.map(([z = 0]) => [sigmoid(z)]),
    target: labels.map(([t = 0]) => [t]),
    loss: () => binaryCrossentropy(),
  },
} satisfies Record<string, { prediction: Rows; target: Rows; loss: () => unknown }>
type KindName = keyof typeof kinds

async function measured(
  { prediction, target, loss: lossOf }: Pick<Kind, 'prediction' | 'target'> & { loss: () => unknown },
  metrics: readonly MetricRequest[],
  { batchSize = 256, kernels = 'reference' }: { batchSize?: number; kernels?: 'reference' | 'wasm' } = {},
): Promise<Figures> {
  const x = input({ name: 'x', shape: [prediction[0]?.length as number] })
  const y = input({ name: 'target', shape: [target[0]?.length as number] })
  const output = x.pipe(linear())
  const net = graph({
    prediction: output,
    loss: (lossOf() as ReturnType<typeof meanSquaredError>)(output, y),
  })
  const precision = kernels === 'reference' ? 'float64' : 'float32'
  const model = compile(net, { kernels, precision, threads: 1 })
  const data = fromArrays({ x: prediction as number[][], target: target as number[][] })
  try {
    const { loss: _, ...figures } = await evaluate(model, data, { metrics, batchSize })
    return figures
  } finally {
    model.dispose()
  }
}

/** Options that are tried besides none; what is required is among them. */
const options: Readonly<Record<string, readonly object[]>> = {
  fBeta: [{ beta: 2 }, { beta: 0.5, average: 'weighted' }],
  precision: [{ average: 'none' }, { average: 'micro' }, { threshold: 0.3 }],
  recall: [{ average: 'weighted' }],
  specificity: [{ average: 'none' }],
  meanIoU: [{ average: 'micro' }],
  topKAccuracy: [{ k: 2 }],
  auc: [{ curve: 'pr', average: 'none' }, { average: 'micro', thresholds: 40 }, { average: 'weighted' }],
  sensitivityAtSpecificity: [{ specificity: 0.8 }],
  specificityAtSensitivity: [{ sensitivity: 0.8, average: 'none' }],
}
const NEEDY = ['sensitivityAtSpecificity', 'specificityAtSensitivity']

const all = Object.entries(metric).flatMap(([name, { definition }]) => {
  const requests = [...(NEEDY.includes(name) ? [] : [{}]), ...(options[name] ?? [])]
  return requests.map((own, i) => ({ name, i, own, kind: definition.expects({ multiLabel: false }) }))
})

/** The requests that suit targets of a kind, each under a name of its own. */
function requestsFor(kind: KindName): MetricRequest[] {
  const wanted = kind === 'numbers' ? undefined : kind === 'labels' ? 'labels' : 'classes'
  const isSingle = kinds[kind].prediction[0]?.length === 1
  return all
    .filter(each => each.kind === wanted)
    .filter(({ name }) => !isSingle || !name.startsWith('top'))
    .map(({ name, i, own }) => ({ metric: name, name: `${name}#${i}`, ...own }) as MetricRequest)
    .concat(
      kind === 'labels'
        ? all
            .filter(({ own, name }) => 'multiLabel' in metric[name as 'f1'].definition.config({ ...own }))
            .map(
              ({ name, i, own }) =>
                ({
                  metric: name,
                  name: `${name}#${i}`,
                  ...own,
                  multiLabel: true,
                }) as unknown as MetricRequest,
            )
        : [],
    )
}

function expectSame(found: Figures, expected: Figures, digits: number): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected))
  for (const [name, value] of Object.entries(expected)) {
    expect(Number.isFinite(value), name).toBe(true)
    expect(found[name], name).toBeCloseTo(value, digits)
  }
}

describe.each(Object.keys(kinds) as KindName[])('figures of %s', kind => {
  const { prediction, target, loss } = kinds[kind]
  const metrics = requestsFor(kind)
  const whole = measured({ prediction, target, loss }, metrics)

  test('there are', async () => {
    expect(Object.keys(await whole).length).toBeGreaterThanOrEqual(kind === 'numbers' ? 8 : 10)
  })

  test.each([1, 7, 32, 96])('are the same in batches of %i', async batchSize => {
    expectSame(await measured({ prediction, target, loss }, metrics, { batchSize }), await whole, 9)
  })

  test('are the same in another order', async () => {
    const order = [...key.child('order').permutation(SAMPLES)]
    const mixed = (rows: Rows) => order.map(i => rows[i] as number[])
    const other = { prediction: mixed(prediction), target: mixed(target), loss }
    expectSame(await measured(other, metrics, { batchSize: 10 }), await whole, 9)
  })

  test('are the same in float32, but for its rounding', async () => {
    const found = await measured({ prediction, target, loss }, metrics, { batchSize: 16, kernels: 'wasm' })
    expectSame(found, await whole, 4)
  })
})

test('classes by their numbers have the figures of those as rows', async () => {
  const requests = requestsFor('classes')
  const [rows, byNumber] = await Promise.all([
    measured(kinds.classes, requests),
    measured(kinds['class numbers'], requests),
  ])
  expectSame(byNumber, rows, 12)
})

test.each([
  ['classes', 'probabilities'],
  ['yes or no', 'a probability'],
] as const)('%s from logits have the figures of probabilities', async (some, others) => {
  const requests = requestsFor(some)
  const [logits, probabilities] = [
    await measured(kinds[some], requests),
    await measured(kinds[others], requests),
  ]
  expectSame(probabilities, logits, 9)
})

test('in sequences, the classes by their numbers may be as many as the steps', async () => {
  const steps = CLASSES
  const batch = Math.floor(SAMPLES / steps)
  const x = input({ name: 'x', shape: [steps, CLASSES] })
  const y = input({ name: 'target', shape: [steps] })
  const output = x.pipe(linear())
  const model = compile(
    graph({ output, loss: sparseCategoricalCrossentropy({ fromLogits: true })(output, y) }),
    { kernels: 'reference', precision: 'float64' },
  )
  const cut = <T>(list: readonly T[]) =>
    Array.from({ length: batch }, (_, i) => list.slice(i * steps, (i + 1) * steps))
  const data = fromArrays({ x: cut(logits) as number[][][], target: cut(classOf) })
  const requests = requestsFor('classes')
  const { loss: _, ...found } = await evaluate(model, data, { metrics: requests, batchSize: 5 })
  const flat = { ...kinds.classes, prediction: logits.slice(0, batch * steps) }
  expectSame(found, await measured({ ...flat, target: flat.target.slice(0, batch * steps) }, requests), 12)
  model.dispose()
})

test('a number for each sample may stand without an axis of its own', async () => {
  const { prediction, target } = kinds['a probability']
  const [p, t] = [input({ name: 'p', shape: [] }), input({ name: 't', shape: [] })]
  const model = compile(graph({ p, t, q: p.pipe(linear()) }), { kernels: 'reference', precision: 'float64' })
  const requests = requestsFor('a probability').map(
    own => ({ ...(own as object), prediction: 'p', target: 't' }) as MetricRequest,
  )
  const flat = (rows: Rows) => rows.map(([value]) => value as number)
  const data = fromArrays({ p: flat(prediction), t: flat(target) })
  const found = await evaluate(model, data, { metrics: requests, batchSize: 10 })
  expectSame(found, await measured(kinds['a probability'], requestsFor('a probability')), 12)
  model.dispose()
})

describe('averages', () => {
  const names = ['precision', 'recall', 'specificity', 'f1', 'meanIoU', 'auc'] as const
  const by = async (average: 'macro' | 'micro' | 'weighted' | 'none') =>
    measured(
      kinds.classes,
      names.map(name => ({ metric: name, average }) as MetricRequest),
    )
  const each = (figures: Figures, name: string) =>
    Array.from({ length: CLASSES }, (_, c) => figures[`${name}.${c}`] as number)
  const support = Array.from({ length: CLASSES }, (_, c) => classOf.filter(own => own === c).length)

  test('are the mean of the figures of classes, or the mean by how many samples are of each', async () => {
    const [none, macro, weighted] = [await by('none'), await by('macro'), await by('weighted')]
    for (const name of names) {
      const figures = each(none, name)
      const sum = figures.reduce((sum, figure, c) => sum + figure * (support[c] as number), 0)
      expect(macro[name]).toBeCloseTo(mean(figures), 12)
      expect(weighted[name]).toBeCloseTo(sum / SAMPLES, 12)
    }
  })

  test('of all classes counted together are the accuracy, where each sample has one class', async () => {
    const { precision, recall, f1 } = await by('micro')
    const { accuracy } = await measured(kinds.classes, ['accuracy'])
    for (const figure of [precision, recall, f1]) expect(figure).toBeCloseTo(accuracy as number, 12)
  })

  test('specificity is the recall of what is not of the class', async () => {
    const none = await by('none')
    const told = logits.map(place)
    for (let c = 0; c < CLASSES; c++) {
      const others = classOf.flatMap((own, i) => (own === c ? [] : [told[i] !== c]))
      expect(none[`specificity.${c}`]).toBeCloseTo(others.filter(Boolean).length / others.length, 12)
    }
  })

  test('one entry is one class, the yes, whatever the average', async () => {
    const figures = await measured(
      kinds['yes or no'],
      (['macro', 'micro', 'weighted', 'none'] as const).map(average => metric.f1({ average, name: average })),
    )
    expect(new Set(Object.values(figures)).size).toBe(1)
    expect(Object.keys(figures)).toEqual(['macro', 'micro', 'weighted', 'none'])
  })
})

describe('the area under the ROC', () => {
  /** How often a yes has a larger score than a no, over all pairs. */
  function pairwise(scores: readonly number[], answers: readonly number[]): number {
    let [sum, pairs] = [0, 0]
    scores.forEach((yes, i) => {
      if (answers[i] !== 1) return
      scores.forEach((no, j) => {
        if (answers[j] !== 0) return
        pairs++
        sum += yes > no ? 1 : yes === no ? 0.5 : 0
      })
    })
    return sum / pairs
  }

  /** The share of pairs of a yes and a no whose scores are in the same step. */
  function sharing(logits: readonly number[], answers: readonly number[], thresholds: number): number {
    const step = (z: number) =>
      Math.min(Math.max(Math.floor((z * thresholds) / 32 + thresholds / 2), 0), thresholds - 1)
    const inStep = new Map<number, [no: number, yes: number]>()
    logits.forEach((z, i) => {
      const counts = inStep.get(step(z)) ?? [0, 0]
      counts[answers[i] as 0 | 1]++
      inStep.set(step(z), counts)
    })
    const counts = [...inStep.values()]
    const total = (i: 0 | 1) => counts.reduce((sum, each) => sum + each[i], 0)
    return counts.reduce((sum, [no, yes]) => sum + no * yes, 0) / total(0) / total(1)
  }

  test.each([
    ['spread widely', 0, 6, 1024],
    ['spread widely, in few steps', 0, 6, 30],
    ['close together', 0, 0.4, 1024],
    ['all near 0', -9, 3, 1024],
    ['all near 1', 8, 2, 1024],
  ])(
    'is off by at most half the pairs that share a step: scores %s',
    async (name, middle, spread, thresholds) => {
      const [z, luck] = [key.child(`z ${name}`).normal(600), key.child(`luck ${name}`).normal(600)]
      const own = [...z].map(value => middle + spread * value)
      const answers = [...z].map((value, i) => Number(value + 1.5 * (luck[i] as number) > 1))
      const data = {
        prediction: own.map(value => [sigmoid(value)]),
        target: answers.map(answer => [answer]),
        loss: () => binaryCrossentropy(),
      }
      const { auc } = await measured(data, [metric.auc({ thresholds })], { batchSize: 64 })
      const bound = sharing(own, answers, thresholds) / 2
      expect(Math.abs((auc as number) - pairwise(own, answers))).toBeLessThanOrEqual(bound + 1e-9)
      if (thresholds === 1024) expect(Math.abs((auc as number) - pairwise(own, answers))).toBeLessThan(0.01)
    },
  )

  test('is 1 for perfect scores, 0 for the reverse, 1/2 for equal ones', async () => {
    const of = async (scores: readonly number[]) =>
      (
        await measured(
          {
            prediction: scores.map(score => [score]),
            target: [[0], [0], [1], [1]],
            loss: () => binaryCrossentropy(),
          },
          ['auc'],
        )
      ).auc
    expect(await of([0, 0.1, 0.8, 1])).toBe(1)
    expect(await of([1, 0.9, 0.2, 0])).toBe(0)
    expect(await of([0.3, 0.3, 0.3, 0.3])).toBe(0.5)
  })

  test('is refused for predictions that are no probabilities', async () => {
    const wrong = { prediction: [[0.2], [1.5]], target: [[0], [1]], loss: () => meanSquaredError() }
    await expect(measured(wrong, ['auc'])).rejects.toMatchObject({ code: 'METRIC_MISMATCH' })
    expect(await measured(wrong, [metric.auc({ fromLogits: true })])).toEqual({ auc: 1 })
  })
})

describe('where there is nothing to measure', () => {
  const yesOrNo = (prediction: number[], target: number[]) => ({
    prediction: prediction.map(p => [p]),
    target: target.map(t => [t]),
    loss: () => binaryCrossentropy(),
  })

  const requests: MetricRequest[] = [
    ...(['precision', 'recall', 'specificity', 'f1', 'meanIoU', 'cohenKappa', 'matthews', 'auc'] as const),
    metric.auc({ curve: 'pr', name: 'pr' }),
    metric.fBeta({ beta: 2 }),
    metric.sensitivityAtSpecificity({ specificity: 0.5 }),
    metric.specificityAtSensitivity({ sensitivity: 0.5 }),
  ]
  const zeros = { precision: 0, recall: 0, f1: 0, meanIoU: 0, cohenKappa: 0, matthews: 0, fBeta: 0 }

  test('all no, and nothing predicted', async () => {
    expect(await measured(yesOrNo([0.1, 0.2, 0.3], [0, 0, 0]), requests)).toEqual({
      ...zeros,
      specificity: 1,
      auc: 0.5,
      pr: 0,
      sensitivityAtSpecificity: 0,
      specificityAtSensitivity: 0,
    })
  })

  test('all yes, and all predicted', async () => {
    expect(await measured(yesOrNo([0.7, 0.8, 0.9], [1, 1, 1]), requests)).toEqual({
      ...{ precision: 1, recall: 1, f1: 1, meanIoU: 1, fBeta: 1 },
      ...{ cohenKappa: 0, matthews: 0, specificity: 0 },
      auc: 0.5,
      pr: 1,
      sensitivityAtSpecificity: 0,
      specificityAtSensitivity: 0,
    })
  })

  test('a class without samples counts as 0, also in the mean over classes', async () => {
    const some = {
      prediction: [0, 1, 1].map(c => oneHot(c, 3)),
      target: [0, 1, 1].map(c => oneHot(c, 3)),
      loss: () => categoricalCrossentropy(),
    }
    const figures = await measured(some, ['recall', metric.recall({ average: 'weighted', name: 'weighted' })])
    expect(figures).toEqual({ recall: expect.closeTo(2 / 3, 12), weighted: 1 })
  })

  test('numbers that are all alike', async () => {
    const of = (prediction: number) => ({
      prediction: [[prediction], [prediction]],
      target: [[2], [2]],
      loss: () => meanSquaredError(),
    })
    expect(await measured(of(2), ['r2', 'pearson'])).toEqual({ r2: 1, pearson: 0 })
    expect(await measured(of(3), ['r2', 'pearson'])).toEqual({ r2: 0, pearson: 0 })
  })
})

/** Makes -∞ of very small numbers, as a mask does. */
const ruleOut = defineNode({
  type: 'ruleOut',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.where(k.less(x, -1e8), Number.NEGATIVE_INFINITY, x) }),
})

test.each(['reference', 'wasm'] as const)(
  'logits of -∞, as of a class that is ruled out, are like very small ones, on kernels %s',
  async kernels => {
    const x = input({ name: 'x', shape: [CLASSES] })
    const y = input({ name: 'target', shape: [1] })
    const [small, out] = [x.pipe(linear()), x.pipe(ruleOut({ name: 'out' }))]
    const net = graph({ small, out, loss: sparseCategoricalCrossentropy({ fromLogits: true })(small, y) })
    const model = compile(net, { kernels, threads: 1, nodes: [ruleOut], checkFinite: 'none' })
    const rows = logits.map((row, i) => row.map((z, c) => (c === 3 && classOf[i] !== 3 ? -1e9 : z)))
    const requests = [{ metric: 'topKAccuracy', k: 2 }, { metric: 'perplexity' }, { metric: 'auc' }] as const
    const of = (prediction: string) =>
      evaluate(model, fromArrays({ x: rows, target: classOf }), {
        metrics: requests.map(
          own =>
            ({ ...own, prediction, target: 'target', fromLogits: true, name: own.metric }) as MetricRequest,
        ),
      })
    expect(await of('out')).toEqual(await of('small'))
    expect((await of('out')).topKAccuracy).toBeLessThan(1)
    model.dispose()
  },
)
