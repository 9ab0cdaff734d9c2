/** Links between a loss and an optimizer: the gradients that it gets, against those that were sent, computed by hand. */
import {
  accumulate,
  adam,
  centralize,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  compile,
  createTrainer,
  defineLink,
  dense,
  fromArrays,
  gradientNoise,
  graph,
  input,
  meanSquaredError,
  type NodeDef,
  type Port,
  sgd,
  type Tensor,
  tanh,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { errorOf } from '../../core/support.ts'

const rows = Array.from({ length: 24 }, (_, i) => [3 * Math.sin(i), 2 * Math.cos(i), i / 7])
const data = () => fromArrays({ x: rows, target: rows.map(([a = 0, b = 0]) => [4 * a - b, 2 * b]) })

function netWith(update: (loss: Port<'loss'>) => Port<'update'>) {
  const x = input({ name: 'x', shape: [3] })
  const prediction = x.pipe(dense({ units: 5 }), tanh(), dense({ units: 2 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [2] })) as Port<'loss'>
  return graph({ prediction, loss, update: update(loss) })
}

type Numbers = Readonly<Record<string, Float64Array>>

/** Gradients and updates of the parameters in some steps of sgd with a rate of 1, by their names. */
async function watched(
  update: (loss: Port<'loss'>) => Port<'update'>,
  kernels: 'wasm' | 'reference',
  nodes: NodeDef[] = [],
) {
  const model = compile(netWith(update), { seed: 5, kernels, threads: 1, nodes })
  const steps: {
    gradients: Record<string, Float64Array>
    updates: Record<string, Float64Array>
    shapes: Record<string, readonly number[]>
  }[] = []
  const taps = ['dense1', 'dense2'].flatMap(node =>
    Object.entries(model.node(node).parameters).flatMap(([name, parameter]) => {
      const keep = (kind: 'gradients' | 'updates') => (frame: { step: number; tensor: Tensor }) => {
        steps[frame.step - 1] ??= { gradients: {}, updates: {}, shapes: {} }
        const step = steps[frame.step - 1] as (typeof steps)[number]
        step[kind][`${node}.${name}`] = Float64Array.from(frame.tensor.data)
        step.shapes[`${node}.${name}`] = frame.tensor.shape
      }
      return [parameter.gradient$.subscribe(keep('gradients')), parameter.update$.subscribe(keep('updates'))]
    }),
  )
  const trainer = createTrainer(model, { data: data(), batchSize: 8, epochs: 3, seed: 2 })
  await trainer.step(6)
  for (const tap of taps) tap.unsubscribe()
  const loss = trainer.state.metrics.loss
  trainer.dispose()
  model.dispose()
  return { steps, loss }
}

const normOf = (g: Float64Array) => Math.hypot(...g)
const mapped = (all: Numbers, f: (g: Float64Array, name: string) => Float64Array): Numbers =>
  Object.fromEntries(Object.entries(all).map(([name, g]) => [name, f(g, name)]))
const scaled = (factor: number) => (g: Float64Array) => g.map(v => v * factor)

const cases: [
  string,
  (loss: Port<'loss'>) => Port,
  (all: Numbers, shapes: Readonly<Record<string, readonly number[]>>) => Numbers,
][] = [
  [
    'clipByValue',
    clipByValue({ limit: 0.2 }),
    all => mapped(all, g => g.map(v => Math.min(Math.max(v, -0.2), 0.2))),
  ],
  [
    'clipByNorm',
    clipByNorm({ norm: 0.5 }),
    all => mapped(all, g => scaled(0.5 / Math.max(normOf(g), 0.5))(g)),
  ],
  [
    'clipByGlobalNorm',
    clipByGlobalNorm({ norm: 0.7 }),
    all => mapped(all, scaled(0.7 / Math.max(Math.hypot(...Object.values(all).map(normOf)), 0.7))),
  ],
  ['clipByGlobalNorm that is never reached', clipByGlobalNorm({ norm: 1e6 }), all => all],
  [
    'centralize',
    centralize(),
    (all, shapes) =>
      mapped(all, (g, name) => {
        const [rows = 1, columns = 1] = shapes[name] as number[]
        if (shapes[name]?.length === 1) return g
        const means = Array.from(
          { length: columns },
          (_, c) => g.filter((_, i) => i % columns === c).reduce((a, b) => a + b) / rows,
        )
        return g.map((v, i) => v - (means[i % columns] as number))
      }),
  ],
]

describe.each(['reference', 'wasm'] as const)('on kernels %s', kernels => {
  test.each(cases)('%s changes what the optimizer gets, and nothing else', async (_, link, expected) => {
    const { steps } = await watched(loss => sgd({ learningRate: 1 })(link(loss) as never), kernels)
    expect(steps).toHaveLength(6)
    for (const { gradients, updates, shapes } of steps) {
      const wanted = expected(gradients, shapes)
      for (const [name, update] of Object.entries(updates))
        for (const [i, value] of update.entries())
          expect(value).toBeCloseTo(-(wanted[name]?.[i] as number), 5)
    }
  })

  test('links follow one another in the order in which they are written', async () => {
    const { steps } = await watched(
      loss => loss.pipe(clipByValue({ limit: 0.3 }), clipByNorm({ norm: 0.1 }), sgd({ learningRate: 1 })),
      kernels,
    )
    for (const { gradients, updates } of steps) {
      const clipped = mapped(gradients, g => g.map(v => Math.min(Math.max(v, -0.3), 0.3)))
      const wanted = mapped(clipped, g => scaled(0.1 / Math.max(normOf(g), 0.1))(g))
      for (const [name, update] of Object.entries(updates))
        for (const [i, value] of update.entries())
          expect(value).toBeCloseTo(-(wanted[name]?.[i] as number), 5)
    }
  })

  test('noise is seeded, has the deviation that is told, and falls', async () => {
    const run = () =>
      watched(loss => loss.pipe(gradientNoise({ stddev: 0.5, decay: 1 }), sgd({ learningRate: 1 })), kernels)
    const [one, other] = [await run(), await run()]
    expect(one).toEqual(other)
    const noise = one.steps.map(({ gradients, updates }) =>
      Object.entries(updates).flatMap(([name, update]) =>
        [...update].map((v, i) => -v - (gradients[name]?.[i] as number)),
      ),
    )
    for (const [i, draws] of noise.entries()) {
      const deviation = Math.sqrt(draws.reduce((sum, v) => sum + v * v, 0) / draws.length)
      expect(deviation * Math.sqrt(i + 1)).toBeGreaterThan(0.3)
      expect(deviation * Math.sqrt(i + 1)).toBeLessThan(0.75)
    }
  })
})

test('with and without taps, the weights are the same byte for byte, and adam takes links, too', async () => {
  const run = async (isTapped: boolean) => {
    const model = compile(
      netWith(loss => loss.pipe(clipByGlobalNorm({ norm: 0.1 }), adam({ learningRate: 0.01 }))),
      { seed: 1 },
    )
    if (isTapped) model.node('clipByGlobalNorm1').forward$.subscribe()
    const trainer = createTrainer(model, { data: data(), batchSize: 8, epochs: 4, seed: 2 })
    await trainer.run()
    const weights = model.node('dense2').parameters.kernel?.value.toJSON()
    expect(Object.keys(trainer.state.metrics)).toEqual(['loss'])
    trainer.dispose()
    model.dispose()
    return weights
  }
  expect(await run(true)).toEqual(await run(false))
})

test('two optimizers may follow one loss, each through links of its own', async () => {
  const net = (() => {
    const x = input({ name: 'x', shape: [3] })
    const prediction = x.pipe(dense({ units: 5 }), tanh(), dense({ units: 2 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [2] }))
    return graph({
      loss,
      one: loss.pipe(clipByNorm({ norm: 1e9 }), sgd({ learningRate: 0.1, parameters: ['dense1'] })),
      other: loss.pipe(sgd({ learningRate: 0.1, parameters: ['dense2'] })),
    })
  })()
  expect(validate(net)).toEqual([])
  const alone = netWith(loss => loss.pipe(sgd({ learningRate: 0.1 })))
  const weights = await Promise.all(
    [net, alone].map(async each => {
      const model = compile(each, { seed: 3, kernels: 'reference' })
      const trainer = createTrainer(model, { data: data(), batchSize: 8, epochs: 2, seed: 2 })
      await trainer.run()
      const all = ['dense1', 'dense2'].flatMap(id => [
        ...(model.node(id).parameters.kernel?.value.data ?? []),
      ])
      trainer.dispose()
      model.dispose()
      return all
    }),
  )
  for (const [i, value] of (weights[0] as number[]).entries())
    expect(value).toBeCloseTo(weights[1]?.[i] as number, 12)
})

test('a link of its own that gives other shapes fails the step, and says so', async () => {
  const halve = defineLink({ type: 'halve', config: () => ({}), gradients: gradients => gradients.slice(1) })
  const model = compile(
    netWith(loss => loss.pipe(halve(), sgd())),
    { nodes: [halve], seed: 1 },
  )
  const trainer = createTrainer(model, { data: data(), batchSize: 8 })
  const error = await trainer.step().then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(error?.message).toContain('halve1: expected gradients to return one for each')
  trainer.dispose()
  model.dispose()
})

test('what is no loss is refused', () => {
  const x = input({ name: 'x', shape: [3] })
  const net = graph({ y: clipByNorm()(x as never) })
  expect(validate(net)).toMatchObject([
    { code: 'SHAPE_MISMATCH', place: expect.stringContaining('clipByNorm1') },
  ])
  expect(errorOf(() => clipByNorm({ norm: -1 })).message).toContain('norm to be a number above 0')
})

describe.each(['reference', 'wasm'] as const)('accumulate, on kernels %s', kernels => {
  const run = async (update: (loss: Port<'loss'>) => Port<'update'>, batchSize: number, steps: number) => {
    const model = compile(netWith(update), { seed: 5, kernels, threads: 1 })
    const trainer = createTrainer(model, { data: data(), batchSize, epochs: 20, shuffle: false })
    const weights: number[][] = []
    for (let step = 0; step < steps; step++) {
      await trainer.step()
      weights.push(
        ['dense1', 'dense2'].flatMap(id => [...(model.node(id).parameters.kernel?.value.data ?? [])]),
      )
    }
    trainer.dispose()
    model.dispose()
    return weights
  }

  const behind: Record<string, (loss: Port<'loss'>) => Port<'update'>> = {
    'sgd with momentum': sgd({ learningRate: 0.1, momentum: 0.9 }),
    adam: adam({ learningRate: 0.01 }),
    'clipByGlobalNorm and sgd': loss =>
      loss.pipe(clipByGlobalNorm({ norm: 0.05 }), sgd({ learningRate: 0.1 })),
    'clipByValue and adam': loss => loss.pipe(clipByValue({ limit: 0.01 }), adam({ learningRate: 0.01 })),
  }
  test.each(Object.keys(behind))(
    'three steps of %s are one with a batch three times as large',
    async name => {
      const update = behind[name] as (loss: Port<'loss'>) => Port<'update'>
      const parts = await run(loss => update(accumulate({ steps: 3 })(loss)), 4, 12)
      const whole = await run(update, 12, 4)
      for (const [i, weights] of whole.entries()) {
        const after = parts[3 * i + 2] as number[]
        for (const [j, weight] of weights.entries()) expect(after[j]).toBeCloseTo(weight, 5)
        // Between two updates nothing changes.
        expect(parts[3 * i]).toEqual(i === 0 ? parts[1] : parts[3 * i - 1])
      }
    },
  )

  test('a link before it changes each gradient and counts steps, one behind it the mean, and counts updates', async () => {
    const counted = defineLink({
      type: 'counted',
      config: () => ({}),
      gradients: (gradients, _, { kernels: k, iteration }) => gradients.map(g => k.mul(g, iteration)),
    })
    const net = netWith(loss =>
      loss.pipe(counted(), accumulate({ steps: 3 }), counted(), sgd({ learningRate: 0.1 })),
    )
    const model = compile(net, { seed: 5, kernels, threads: 1, nodes: [counted] })
    const kernel = () =>
      model.node('dense1').parameters.kernel as NonNullable<
        ReturnType<typeof model.node>['parameters'][string]
      >
    const { gradient$, value } = kernel()
    const gradients: number[][] = []
    gradient$.subscribe(({ tensor }) => gradients.push(Array.from(tensor.data)))
    const trainer = createTrainer(model, { data: data(), batchSize: 4, epochs: 20, shuffle: false })
    const expected = Array.from(value.data)
    for (let update = 1; update <= 3; update++) {
      for (let i = 0; i < 3; i++) await trainer.step()
      const mean = expected.map(
        (_, j) =>
          gradients.slice(-3).reduce((sum, g, i) => sum + (g[j] as number) * (3 * update - 2 + i), 0) / 3,
      )
      for (const [j, g] of mean.entries()) expected[j] = (expected[j] as number) - 0.1 * update * g
      const now = kernel().value.data
      for (const [j, weight] of expected.entries()) expect(now[j]).toBeCloseTo(weight, 4)
    }
    trainer.dispose()
    model.dispose()
  })
})

test('a link between two that each make an update of several steps is refused', () => {
  const net = netWith(loss =>
    loss.pipe(accumulate({ steps: 2 }), clipByNorm(), accumulate({ steps: 3 }), sgd()),
  )
  expect(errorOf(() => compile(net)).message).toContain('clipByNorm1: expected one link that makes an update')
})
