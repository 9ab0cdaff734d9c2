/** Custom metrics: sums, columns and moments over batches, in a run and in evaluate; and what is wrong in a definition. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  check,
  compile,
  createTrainer,
  defineMetric,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  type MetricRequest,
  meanSquaredError,
  metric,
  sgd,
  Tensor,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf, figure, finish, regression, rejectionOf, rows, samples, trial } from '../support.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The share of entries that are close enough. */
const within = defineMetric({
  type: 'within',
  config: ({ tolerance = 0.1 }: { tolerance?: number } = {}) => ({
    tolerance: check.positiveNumber({ tolerance }),
  }),
  sums: ['close', 'all'],
  tally: ({ prediction, target }, { tolerance }, { kernels: k }) => ({
    close: k.less(k.abs(k.sub(prediction, target)), tolerance),
    all: target.size,
  }),
  result: ({ close, all }) => close / all,
})

/** How much of the spread of the targets the predictions have. */
const spread = defineMetric({
  type: 'spread',
  moments: ['p', 't'],
  tally: ({ prediction, target }) => ({ p: prediction, t: target }),
  result: ({ p, t }) => Math.sqrt(p.squares / t.squares),
})

/** How often each class is predicted. */
const predicted = defineMetric({
  type: 'predicted',
  expects: 'classes',
  columns: classes => ({ counts: classes }),
  tally: ({ prediction }, _, { kernels: k }) => ({
    counts: k.equal(k.argMaxLastAxis(prediction), k.iota(prediction.shape.at(-1) ?? 1)),
  }),
  figures: classes => classes,
  result: ({ counts }) => [...counts],
})

describe.each(['reference', 'wasm'] as const)('a custom metric, on kernels %s', kernels => {
  test.each([1, 5, 23])(
    'is measured by epoch and for the validation data, in batches of %i',
    async batchSize => {
      const { x, target } = rows(23, 4)
      const data = fromArrays({ x, target })
      const { model, trainer, scheduler } = trial(
        { data, validation: data, batchSize, epochs: 1, metrics: [within({ tolerance: 1 }), spread(), 'r2'] },
        compile(regression({ learningRate: 0 }), { seed: 3, kernels, threads: 1 }),
      )
      const { metrics } = await finish(trainer, scheduler)
      const told = [...model.predict({ x }).prediction.data]
      const truth = target.map(([t]) => t as number)
      const deviation = (values: readonly number[]) =>
        Math.sqrt(mean(values.map(value => (value - mean(values)) ** 2)))
      const expected = {
        within: mean(told.map((p, i) => Number(Math.abs(p - (truth[i] as number)) < 1))),
        spread: deviation(told) / deviation(truth),
      }
      expect(expected.within).toBeGreaterThan(0)
      expect(expected.within).toBeLessThan(1)
      const evaluated = await evaluate(model, data, {
        metrics: [within({ tolerance: 1 }), spread()],
        batchSize,
      })
      for (const [name, value] of Object.entries(expected)) {
        expect(figure(metrics, name)).toBeCloseTo(value, 5)
        expect(figure(metrics, `validation${name.charAt(0).toUpperCase()}${name.slice(1)}`)).toBeCloseTo(
          value,
          5,
        )
        expect(figure(evaluated, name)).toBeCloseTo(value, 5)
      }
      expect(trainer.state.metrics).toEqual(metrics)
    },
  )

  test('may have several figures, named after the classes of the data', async () => {
    const x = input({ name: 'x', shape: [3] })
    const y = input({ name: 'target', shape: [3] })
    const net = graph({ x, loss: categoricalCrossentropy({ fromLogits: true })(x, y) })
    const model = compile(net, { kernels, threads: 1 })
    const picks = [0, 2, 2, 1, 2]
    const row = (c: number) => [0, 1, 2].map(i => Number(i === c))
    const data = fromArrays({ x: picks.map(row), target: picks.map(row) })
    const { loss: _, ...figures } = await evaluate(model, data, { metrics: [predicted()], batchSize: 2 })
    expect(figures).toEqual({ 'predicted.0': 1, 'predicted.1': 1, 'predicted.2': 3 })
    model.dispose()
  })
})

test('is measured while an epoch runs, of the samples so far', async () => {
  const { x, target } = rows(12, 4)
  const { model, trainer, scheduler } = trial(
    {
      data: fromArrays({ x, target }),
      batchSize: 4,
      shuffle: false,
      metrics: [within({ tolerance: 1 }), 'r2'],
    },
    compile(regression({ learningRate: 0 }), { seed: 3 }),
  )
  const half = trainer.step(2)
  scheduler.flush()
  const { metrics } = await half
  const seen = fromArrays({ x: x.slice(0, 8), target: target.slice(0, 8) })
  const evaluated = await evaluate(model, seen, { metrics: [within({ tolerance: 1 }), 'r2'] })
  for (const name of ['within', 'r2']) expect(figure(metrics, name)).toBeCloseTo(figure(evaluated, name), 6)
})

test('has a name of its own, and two ports, as the others', async () => {
  const model = compile(regression(), { seed: 3 })
  const data = samples(10)
  const figures = await evaluate(model, data, {
    metrics: [
      within({ tolerance: 0.5 }),
      within({ tolerance: 1, name: 'wide' }),
      within({ prediction: 'prediction', target: 'target', tolerance: 0.5 }),
    ],
  })
  expect(Object.keys(figures)).toEqual(['loss', 'within', 'wide', 'prediction.within'])
  expect(figures['prediction.within']).toBe(figures.within)
  expect(figures.wide).toBeGreaterThanOrEqual(figures.within as number)
})

test('a request is data, and nothing is shared between requests', () => {
  const request = metric.fBeta({ beta: 2, name: 'f2' })
  expect(JSON.parse(JSON.stringify(request))).toEqual({ metric: 'fBeta', beta: 2, name: 'f2' })
  expect(metric.f1()).toEqual({ metric: 'f1' })
  expect(within({ tolerance: 2 })).toEqual({ metric: within, tolerance: 2 })
  expect(within()).not.toBe(within())
})

describe('a wrong request is refused where it is written', () => {
  const model = compile(regression(), { seed: 3 })
  const wrong: [string, () => unknown, string, RegExp][] = [
    [
      'an option',
      () => metric.fBeta({ beta: -1 }),
      'INVALID_OPTION',
      /^metric\.fBeta: .*beta.*above 0, got -1/,
    ],
    ['a choice', () => metric.f1({ average: 'Macro' as never }), 'INVALID_OPTION', /Did you mean "macro"/],
    [
      'a share',
      () => metric.sensitivityAtSpecificity({ specificity: 1.1 }),
      'INVALID_OPTION',
      /0 to 1, got 1.1/,
    ],
    [
      'a misspelt option',
      () => metric.auc({ curv: 'pr' } as never),
      'INVALID_OPTION',
      /Did you mean "curve"/,
    ],
    [
      'a required option that is misspelt',
      () => metric.sensitivityAtSpecificity({ specifity: 0.5 } as never),
      'INVALID_OPTION',
      /You wrote "specifity"\. Did you mean "specificity"/,
    ],
    ['an own option', () => within({ tolerance: 0 }), 'INVALID_OPTION', /^within: .*tolerance/],
    ['one port', () => within({ prediction: 'x' }), 'INVALID_OPTION', /together.*prediction alone/],
    ['no object', () => within(3 as never), 'INVALID_OPTION', /an object of options, got 3/],
    ['two objects', () => (within as (...all: object[]) => unknown)({}, {}), 'INVALID_OPTION', /options/],
  ]
  test.each(wrong)('%s', (_, work, code, text) => {
    const error = errorOf(work)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(text)
  })

  const asked: [string, unknown, string, RegExp][] = [
    ['a metric that is not called', within, 'INVALID_OPTION', /Call it: metrics: \[within\(\)\]/],
    ['a built-in one that is not called', metric.f1, 'INVALID_OPTION', /metrics: \[metric\.f1\(\)\]/],
    ['an option', { metric: 'fBeta', beta: '2' }, 'INVALID_OPTION', /metrics, fBeta: .*without quotes/],
    ['an unknown option', { metric: 'f1', beta: 2 }, 'INVALID_OPTION', /metrics, f1: .*"beta"/],
    ['a required option', 'sensitivityAtSpecificity', 'INVALID_OPTION', /specificity.*got nothing/],
    ['something like a definition', { metric: { definition: within.definition } }, 'UNKNOWN_NAME', /metrics/],
    ['a function', () => 1, 'UNKNOWN_NAME', /defineMetric/],
    ['nothing', null, 'INVALID_OPTION', /options/],
    ['a name of another framework', 'rocAuc', 'UNKNOWN_NAME', /Write 'auc'/],
    ['an unknown name', { metric: 'F1' }, 'UNKNOWN_NAME', /Did you mean "f1"/],
  ]
  test.each(asked)('of a run: %s', async (_, request, code, text) => {
    const metrics = [request] as MetricRequest[]
    const errors = [
      errorOf(() => createTrainer(model, { data: samples(5), metrics })),
      await rejectionOf(evaluate(model, samples(5), { metrics })),
    ]
    for (const error of errors) {
      expect(error.code).toBe(code)
      expect(error.message).toMatch(text)
    }
  })

  test('names twice', async () => {
    const metrics = [within(), within({ tolerance: 2 })]
    const error = await rejectionOf(evaluate(model, samples(5), { metrics }))
    expect(error.message).toMatch(/"within" twice.*\{ metric, name \}.*DUPLICATE_NAME/)
  })

  test('a target of another shape', async () => {
    const x = input({ name: 'x', shape: [3] })
    const loss = categoricalCrossentropy({ fromLogits: true })(x, input({ name: 'target', shape: [3] }))
    const net = compile(graph({ x, loss, one: input({ name: 'one', shape: [1] }) }))
    const data = fromArrays({ x: [[1, 2, 3]], target: [[1, 0, 0]], one: [[1]] })
    const metrics = [within({ prediction: 'x', target: 'one' })]
    expect((await rejectionOf(evaluate(net, data, { metrics }))).code).toBe('SHAPE_MISMATCH')
  })
})

describe('a wrong definition is refused where it is defined', () => {
  const right = { type: 'own', sums: ['a'], tally: () => ({ a: 1 }), result: () => 0 }
  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /a definition: an object with type, tally, result/],
    ['no type', { ...right, type: undefined }, /one without type/],
    ['no tally', { ...right, tally: undefined }, /one without tally/],
    ['no result', { ...right, result: undefined }, /one without result/],
    ['a tally that is no function', { ...right, tally: 1 }, /tally to be a function/],
    ['columns that are no function', { ...right, columns: { a: 1 } }, /columns to be a function/],
    ['sums that are no list', { ...right, sums: 'a' }, /sums to be a list of names/],
    ['nothing to add up', { ...right, sums: [] }, /sums, columns or moments/],
    ['a name twice', { ...right, sums: ['a', 'a'] }, /unique name/],
    ['a name of two kinds', { ...right, moments: ['a'] }, /unique name/],
    ['a column with the name of a sum', { ...right, columns: () => ({ a: 2 }) }, /unique name/],
    ['a column without length', { ...right, columns: () => ({ b: 0 }) }, /a length for each name/],
    ['a column that throws', { ...right, columns: () => fail() }, /own, columns: .*oh/],
    ['other targets', { ...right, expects: 'class' }, /expects to be 'classes' or 'labels'/],
    ['other targets by config', { ...right, expects: () => 1 }, /expects to be 'classes' or 'labels'/],
    ['figures that are no names', { ...right, figures: () => [1] }, /a list of names/],
    ['a result that is no number', { ...right, result: () => 'no' }, /result to return a number/],
    ['a result that throws', { ...right, result: () => fail() }, /own, result: .*oh/],
    [
      'too few results',
      { ...right, figures: (all: unknown) => all, result: () => [] },
      /a list of 1 numbers/,
    ],
  ]
  function fail(): never {
    throw new Error('oh')
  }

  test.each(wrong)('%s', (_, definition, text) => {
    const error = errorOf(() => defineMetric(definition as never))
    expect(error.code).toBe('INVALID_CONFIG')
    expect(error.place).toMatch(/^defineMetric/)
    expect(error.message).toMatch(text)
  })

  test('where options are required, at the first call', () => {
    const needy = defineMetric({
      type: 'needy',
      config: ({ count }: { count: number }) => ({ count: check.positiveInteger({ count }) }),
      columns: (_, { count }) => ({ parts: count }),
      tally: (_, { count }, { kernels: k }) => ({ parts: k.fill([count], 1) }),
      result: ({ parts }) => parts as never,
    })
    expect(errorOf(() => needy({ count: 2 })).message).toMatch(/result to return a number/)
    expect(errorOf(() => needy({} as never)).message).toMatch(/count.*got nothing/)
  })

  /** What a run makes of a tally. */
  const tallied = (tally: () => unknown) =>
    rejectionOf(
      evaluate(compile(regression()), samples(4), {
        metrics: [
          defineMetric({
            type: 'own',
            sums: ['a'],
            columns: () => ({ b: 2 }),
            moments: ['c'],
            tally: tally as never,
            result: () => 0,
          })(),
        ],
      }),
    )
  const one = new Tensor([1], Float32Array.of(1))
  const two = new Tensor([2], Float32Array.of(1, 2))
  test.each([
    ['nothing', () => undefined],
    ['a name too few', () => ({ a: one, b: two })],
    ['a name too many', () => ({ a: one, b: two, c: one, d: one })],
    ['what is no tensor', () => ({ a: '1', b: two, c: one })],
    ['NaN', () => ({ a: Number.NaN, b: two, c: one })],
    ['a number for a column', () => ({ a: 1, b: 2, c: one })],
    ['a number for moments', () => ({ a: 1, b: two, c: 1 })],
    ['a column of another length', () => ({ a: 1, b: one, c: one })],
  ])('a tally that gives %s, at the first batch', async (_, tally) => {
    const { code, message } = await tallied(tally)
    expect(code).toBe('INVALID_CONFIG')
    expect(message).toMatch(
      /defineMetric: own.*tally to return a, .*; b, .* 2 along its last axis; c, a tensor/,
    )
  })

  test('a tally that throws, or whose shapes do not fit', async () => {
    expect((await tallied(fail)).message).toMatch(/defineMetric: own, tally: .*oh/)
    const misfit = defineMetric({
      type: 'misfit',
      sums: ['a'],
      tally: ({ prediction }, _, { kernels: k }) => ({ a: k.add(prediction, k.fill([7, 7], 1)) }),
      result: ({ a }) => a,
    })
    const error = await rejectionOf(evaluate(compile(regression()), samples(4), { metrics: [misfit()] }))
    expect(error.message).toMatch(/defineMetric: misfit, tally, add: .*SHAPE_MISMATCH/)
  })
})

describe('what goes wrong later hurts no run', () => {
  const brittle = defineMetric({
    type: 'brittle',
    sums: ['all'],
    tally: ({ target }) => ({ all: target.size }),
    result({ all }) {
      if (all > 5) throw new Error('too many')
      return all
    },
  })

  test('a result that throws is a warning and NaN in a run, and an error of evaluate', async () => {
    const { model, trainer, scheduler } = trial({ metrics: [brittle(), 'r2'], epochs: 2 })
    const told: string[] = []
    trainer.warnings$.subscribe(({ message }) => told.push(message))
    const { status, metrics } = await finish(trainer, scheduler)
    expect(status).toBe('finished')
    expect(metrics.brittle).toBeNaN()
    expect(metrics.r2).not.toBeNaN()
    expect(told).toEqual([expect.stringMatching(/defineMetric: brittle, result: .*too many/)])
    const error = await rejectionOf(evaluate(model, samples(10), { metrics: [brittle()] }))
    expect(error.message).toMatch(/too many/)
    expect(await evaluate(model, samples(4), { metrics: [brittle()] })).toMatchObject({ brittle: 4 })
  })

  test('a tally that throws fails the step, and no parameter has changed', async () => {
    let calls = 0
    const once = defineMetric({
      type: 'once',
      sums: ['all'],
      tally({ target }) {
        if (++calls === 2) throw new Error('once')
        return { all: target.size }
      },
      result: ({ all }) => all,
    })
    const { trainer, scheduler } = trial({ metrics: [once()], epochs: 1 })
    await expect(finish(trainer, scheduler)).rejects.toMatchObject({ code: 'NODE_FAILED' })
    expect(trainer.state.step).toBe(1)
    const { metrics, step } = await finish(trainer, scheduler)
    expect([metrics.once, step]).toEqual([10, 3])
  })

  test('predictions that are no probabilities are a warning of a run', async () => {
    const x = input({ name: 'x', shape: [1] })
    const y = input({ name: 'target', shape: [1] })
    const prediction = x.pipe(dense({ units: 1, kernelInitializer: 'ones' }))
    const net = graph({
      prediction,
      update: meanSquaredError()(prediction, y).pipe(sgd({ learningRate: 0 })),
    })
    const data = fromArrays({ x: [[-3], [0.5], [4]], target: [[0], [1], [1]] })
    const { trainer, scheduler } = trial({ data, metrics: ['auc'] }, compile(net) as never)
    const told: string[] = []
    trainer.warnings$.subscribe(({ code, message }) => told.push(`${code} ${message}`))
    await finish(trainer, scheduler)
    expect(told.join()).toMatch(
      /METRIC_MISMATCH.*"auc": expected probabilities from 0 to 1, got .*fromLogits/,
    )
  })
})

test('a number of classes that a metric is not made for is refused by its check', async () => {
  const x = input({ name: 'x', shape: [1] })
  const loss = binaryCrossentropy({ fromLogits: true })(x, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ x, loss }))
  const error = await rejectionOf(
    evaluate(model, fromArrays({ x: [[1]], target: [[1]] }), { metrics: [metric.topKAccuracy({ k: 2 })] }),
  )
  expect(error.code).toBe('METRIC_MISMATCH')
  expect(error.message).toMatch(/several classes/)
})
