/** Links behind an optimizer: what they do to weights, what they keep of them, and who sees which. */
import { readFileSync } from 'node:fs'
import {
  accumulate,
  adam,
  add,
  block,
  clipByGlobalNorm,
  compile,
  createTrainer,
  defineLoss,
  defineNode,
  defineOptimizer,
  defineWeightLink,
  dense,
  evaluate,
  exponentialMovingAverage,
  type GraphDef,
  graph,
  graphFromJson,
  graphToJson,
  input,
  type KernelsName,
  l2Regularization,
  lookahead,
  type Model,
  maxNorm,
  meanSquaredError,
  minMaxNorm,
  nonNegative,
  type Port,
  parameter,
  schedule,
  sgd,
  stochasticWeightAveraging,
  type TensorJson,
  tanh,
  unitNorm,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { inspect, registryOf } from '../../../core/index.ts'
import { findBlas } from '../../../kernels/blas/library.ts'
import { catalogue } from '../../../nodes/index.ts'
import type { Engine } from '../../../runtime/engine/engine.ts'
import { parameterNumbers } from '../../../runtime/engine/footprint.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { isFull } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { errorOf, samples } from '../support.ts'

const KERNELS: readonly KernelsName[] = [
  'reference',
  'wasm',
  ...(isFull && findBlas().library ? (['blas'] as const) : []),
]
type Update = Port<'update'>
type Link = (update: Update) => Port

/** One training step on the same numbers for the same seed. */
function step(engine: Engine, seed: number, rows: number): void {
  const dice = new Dice(seed)
  const inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
  engine.run(
    'train',
    inputs.map(node => {
      const tensor = engine.lendInput(node, [
        rows,
        ...(node.resolved.shapes.value?.slice(1) ?? []).map(Number),
      ])
      tensor.data.set(Array.from({ length: tensor.size }, () => 2 * dice.next() - 1))
      return { input: node, tensor }
    }),
  )
}

/** All that a model remembers, by parameter and name. */
const memoryOf = (model: Model) =>
  Object.fromEntries(
    [...engineOf(model).parameters].map(([key, { version }]) => [
      key,
      Object.fromEntries(version.names.map(name => [name, [...(version.present[name]?.data ?? [])]])),
    ]),
  )
const valuesOf = (model: Model) => Object.entries(memoryOf(model)).map(([key, { value }]) => [key, value])

const network = (
  update: (loss: Port<'loss'>) => Port,
  h: (x: Port) => Port = x => x.pipe(dense({ units: 5 }), tanh()),
): GraphDef => {
  const prediction = h(input({ name: 'x', shape: [2] })).pipe(dense({ units: 1, name: 'head' }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] })) as Port<'loss'>
  return graph({ prediction, loss, update: update(loss) })
}

const everyLink: readonly (readonly [string, Link])[] = [
  ['maxNorm', maxNorm({ maxValue: 0.4 }) as Link],
  ['minMaxNorm', minMaxNorm({ minValue: 0.6, maxValue: 0.8, rate: 0.5 }) as Link],
  ['unitNorm', unitNorm({ axis: [0, 1] }) as Link],
  ['nonNegative', nonNegative() as Link],
  ['exponentialMovingAverage', exponentialMovingAverage({ decay: 0.8 }) as Link],
  ['lookahead', lookahead({ steps: 3 }) as Link],
  ['stochasticWeightAveraging', stochasticWeightAveraging({ start: 3, every: 2 }) as Link],
  [
    'several',
    update =>
      update.pipe(
        maxNorm({ maxValue: 0.5 }),
        lookahead({ steps: 2 }),
        nonNegative({ parameters: ['head'] }),
        exponentialMovingAverage({ decay: 0.7 }),
      ),
  ],
]

test('every link of the catalogue is tried here', () => {
  const types = catalogue.flatMap(({ definition }) => (definition.role === 'weights' ? definition.type : []))
  expect(
    everyLink
      .map(([type]) => type)
      .filter(type => type !== 'several')
      .sort(),
  ).toEqual(types.sort())
})

// --- formulas -----------------------------------------------------------------------------------------------------

interface LinkCase {
  link: string
  config: object
  learningRate: number
  initial: TensorJson
  gradients: TensorJson[]
  values: TensorJson[]
  averages?: TensorJson[]
}
const cases = JSON.parse(
  readFileSync(new URL('../../golden/weight-links.json', import.meta.url), 'utf8'),
) as LinkCase[]

/** J = Σ w g: its gradient at w is g. */
const linear = defineLoss({
  type: 'linear',
  inputs: ['w', 'g'],
  nonDifferentiable: ['g'],
  replayable: true,
  shapes: () => ({ loss: [] }),
  forward: ({ w, g }, _, { kernels: k }) => ({ loss: k.sum(k.mul(w, g)) }),
  backward: ({ loss: dJ }, { g }, _, { kernels: k }) => ({ w: k.mul(g, dJ) }),
})

/** A layer whose parameter has a shape of any kind. */
const holderOf = (shape: readonly number[]) =>
  defineNode({
    type: 'holder',
    inputs: ['x'],
    outputs: ['y'],
    replayable: true,
    parameters: () => ({ w: { shape, initializer: 'zeros' } }),
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.copy(x) }),
    backward: ({ y: dy }, { w }, _, { kernels: k }) => ({ x: dy, w: k.fill(w.shape, 0) }),
  })

function expectNear(
  got: ArrayLike<number> | undefined,
  wanted: readonly number[] | undefined,
  tolerance: number,
) {
  expect(got === undefined).toBe(wanted === undefined)
  const largest = Math.max(1, ...(wanted ?? []).map(Math.abs))
  wanted?.forEach((value, i) => {
    expect(Math.abs((got?.[i] as number) - value), `entry ${i}`).toBeLessThanOrEqual(
      tolerance * largest + 5e-9,
    )
  })
}

const links = new Map(catalogue.map(node => [node.definition.type, node]))
type LinkFactory = (options: object) => Link

describe.each([
  ['reference', 'float64', 1e-9],
  ...KERNELS.map(kernels => [kernels, 'float32', 2e-5] as const),
] as const)('on kernels %s in %s', (kernels, precision, tolerance) => {
  test.each(cases)('$link $config goes where PyTorch goes', known => {
    const { link, config, initial, gradients, values, averages, learningRate } = known
    const [rows = 1, ...sample] = initial.shape
    const held = holderOf(initial.shape)
    const w = input({ name: 'x', shape: [1] }).pipe(held({ name: 'held' }), parameter({ which: 'w' }))
    const loss = linear()(w, input({ name: 'g', shape: sample }))
    const behind = (links.get(link) as unknown as LinkFactory)({ ...config, parameters: ['held'] })
    const net = graph({ loss, update: behind(loss.pipe(sgd({ learningRate }))) })
    const model = compile(net, { kernels, precision, nodes: [linear, held] })
    const { w: live } = model.node('held').parameters
    live?.assign({ shape: initial.shape, data: initial.data.map(Math.fround) })
    const engine = engineOf(model)
    gradients.forEach(({ data }, i) => {
      const feeds = ['x', 'g'].map(name => {
        const node = engine.nodes.get(name) as NonNullable<ReturnType<typeof engine.nodes.get>>
        const tensor = engine.lendInput(node, name === 'x' ? [rows, 1] : [rows, ...sample])
        tensor.data.set(name === 'x' ? new Array(rows).fill(1) : data.map(Math.fround))
        return { input: node, tensor }
      })
      engine.run('train', feeds)
      expectNear(live?.value.data, values[i]?.data, tolerance)
      expectNear(live?.average?.data, averages?.[i]?.data, tolerance)
    })
    model.dispose()
  })
})

// --- laws ---------------------------------------------------------------------------------------------------------

describe.each(KERNELS)('with kernels %s', kernels => {
  const trailOf = (net: GraphDef, steps: number, options: object = {}) => {
    const model = compile(net, { seed: 4, kernels, threads: 1, ...options })
    const trail: unknown[] = []
    for (let i = 0; i < steps; i++) {
      step(engineOf(model), i, i > 12 ? 3 : 2)
      trail.push(memoryOf(model))
    }
    model.dispose()
    return trail
  }

  const updates: readonly (readonly [string, (loss: Port<'loss'>) => Update])[] = [
    ['sgd', sgd({ learningRate: 0.1 }) as never],
    ['momentum', sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }) as never],
    ['adam', adam({ learningRate: 0.05 }) as never],
    ['a schedule', adam({ learningRate: schedule.cosine({ initial: 0.1, steps: 12 }) }) as never],
    ['accumulate', loss => loss.pipe(accumulate({ steps: 3 }), adam({ learningRate: 0.05 })) as Update],
    ['clipping', loss => loss.pipe(clipByGlobalNorm({ norm: 0.3 }), sgd({ learningRate: 0.3 })) as Update],
  ]

  test.each(everyLink)('%s does the same replayed as fired, byte for byte', (type, link) => {
    // All of them for the longest chain; for one link those that differ most.
    const chosen = type === 'several' ? updates : [updates[1], updates[4]]
    for (const [, update] of chosen as typeof updates) {
      const net = network(loss => link(update(loss)))
      expect(trailOf(net, 18)).toEqual(trailOf(net, 18, { replay: false }))
    }
  })

  test.each(everyLink)('%s leaves alone what it does not take', (type, link) => {
    const named = (links.get(type) as unknown as LinkFactory | undefined)?.({
      ...(type === 'stochasticWeightAveraging' && { start: 1 }),
      parameters: ['dense1.kernel'],
    })
    if (!named) return
    const [own] = trailOf(
      network(loss => named(sgd({ learningRate: 0.1 })(loss))),
      1,
    ) as Record<string, object>[]
    const [plain] = trailOf(
      network(loss => sgd({ learningRate: 0.1 })(loss)),
      1,
    ) as Record<string, object>[]
    for (const key of ['dense1.bias', 'head.kernel', 'head.bias']) expect(own?.[key]).toEqual(plain?.[key])
    expect(Object.keys(own?.['dense1.kernel'] as object).length).toBeLessThanOrEqual(2)
    expect(link).toBeDefined()
  })

  test.each(['exponentialMovingAverage', 'stochasticWeightAveraging'])(
    '%s does not change what is trained',
    type => {
      const [, link] = everyLink.find(([name]) => name === type) as (typeof everyLink)[number]
      for (const [, update] of updates.slice(2, 5)) {
        const trails = [(u: Update): Port => u, link].map(behind => {
          const model = compile(
            network(loss => behind(update(loss))),
            { seed: 4, kernels, threads: 1 },
          )
          for (let i = 0; i < 14; i++) step(engineOf(model), i, 2)
          return valuesOf(model)
        })
        expect(trails[1]).toEqual(trails[0])
      }
    },
  )

  test('with accumulate, a link sees only whole updates', () => {
    for (const [, link] of everyLink) {
      const parts = trailOf(
        network(loss => link(loss.pipe(accumulate({ steps: 3 }), sgd({ learningRate: 0.2 })) as Update)),
        12,
      ) as Record<string, Record<string, number[]>>[]
      parts.forEach((memory, i) => {
        const before = parts[i - 1]
        if (!before || (i + 1) % 3 === 0) return
        for (const [key, own] of Object.entries(memory))
          for (const [name, numbers] of Object.entries(own))
            if (name !== 'gradient sum') expect(numbers).toEqual(before[key]?.[name])
      })
    }
  })

  test('accumulate is due in every n-th step, whatever n is', () => {
    for (const steps of [7, 13, 49]) {
      const model = compile(
        network(loss => loss.pipe(accumulate({ steps }), sgd({ learningRate: 0.1 }))),
        { kernels },
      )
      let last = valuesOf(model)
      for (let i = 1; i <= 3 * steps; i++) {
        step(engineOf(model), i, 2)
        const now = valuesOf(model)
        if (i % steps === 0) expect(now).not.toEqual(last)
        else expect(now).toEqual(last)
        last = now
      }
      model.dispose()
    }
  })

  test('predictions and evaluation are those of a model that has the averages for weights', async () => {
    const net = network(loss =>
      loss.pipe(sgd({ learningRate: 0.3 }), exponentialMovingAverage({ decay: 0.9 })),
    )
    const [model, other] = [compile(net, { seed: 1, kernels }), compile(net, { seed: 2, kernels })]
    const trainer = createTrainer(model, {
      data: samples(30),
      validation: samples(9, 2),
      epochs: 3,
      batchSize: 7,
    })
    await trainer.run()
    const rows = {
      x: [
        [0.3, -0.2],
        [1, 0.5],
      ],
    }
    for (const averages of [true, false]) {
      for (const id of ['dense1', 'head'])
        for (const [name, { value, average }] of Object.entries(model.node(id).parameters))
          other.node(id).parameters[name]?.assign(averages ? (average as typeof value) : value)
      const options = { averages }
      expect(model.predict(rows, options)).toEqual(other.predict(rows))
      expect(await evaluate(model, samples(9, 2), options)).toEqual(await evaluate(other, samples(9, 2)))
    }
    const { loss } = await evaluate(model, samples(9, 2))
    expect(trainer.state.metrics.validationLoss).toBeCloseTo(loss as number, 6)
    expect(loss).not.toEqual((await evaluate(model, samples(9, 2), { averages: false })).loss)
    trainer.dispose()
  })

  test('a value that is set is what averages and slow weights go on from', () => {
    for (const type of ['exponentialMovingAverage', 'lookahead', 'stochasticWeightAveraging']) {
      const [, link] = everyLink.find(([name]) => name === type) as (typeof everyLink)[number]
      const model = compile(
        network(loss => link(sgd({ learningRate: 0.1, momentum: 0.9 })(loss))),
        { kernels },
      )
      for (let i = 0; i < 5; i++) step(engineOf(model), i, 2)
      const before = memoryOf(model)['head.bias']
      model.node('head').parameters.bias.assign([7])
      const { value, velocity, ...copies } = memoryOf(model)['head.bias'] as Record<string, number[]>
      expect(velocity).toEqual(before?.velocity)
      expect([value, ...Object.values(copies)]).toEqual([[7], [7]])
      step(engineOf(model), 9, 2)
      model.dispose()
    }
  })

  test('a step that fails leaves no trace', () => {
    for (const [, link] of everyLink) {
      const net = network(loss => link(sgd({ learningRate: 0.1, momentum: 0.9 })(loss)))
      const [whole, broken] = [compile(net, { seed: 1, kernels }), compile(net, { seed: 1, kernels })]
      for (let i = 0; i < 9; i++) {
        step(engineOf(whole), i, 2)
        step(engineOf(broken), i, 2)
        const before = memoryOf(broken)
        const engine = engineOf(broken)
        const node = engine.nodes.get('target') as NonNullable<ReturnType<typeof engine.nodes.get>>
        const x = engine.nodes.get('x') as typeof node
        const [target, given] = [engine.lendInput(node, [1, 1]), engine.lendInput(x, [1, 2])]
        target.data.fill(Number.POSITIVE_INFINITY)
        given.data.fill(1)
        expect(
          errorOf(() =>
            engine.run('train', [
              { input: x, tensor: given },
              { input: node, tensor: target },
            ]),
          ).code,
        ).toBe('NOT_FINITE')
        expect(memoryOf(broken)).toEqual(before)
      }
      expect(memoryOf(broken)).toEqual(memoryOf(whole))
      whole.dispose()
      broken.dispose()
    }
  })

  test("an optimizer of one's own may ask for the number of the step at any time", () => {
    const late = defineOptimizer({
      type: 'late',
      replayable: true,
      config: () => ({}),
      update({ value, gradient }, _, context) {
        const { kernels: k } = context
        const along = k.scale(gradient, -0.1)
        const half = k.scale(along, 0.5)
        return { value: k.add(value, k.where(k.less(context.iteration, 4), along, half)) }
      },
    })
    const net = network(loss => late()(loss))
    expect(trailOf(net, 14, { nodes: [late] })).toEqual(trailOf(net, 14, { nodes: [late], replay: false }))
  })
})

test('taps see the whole update, and change nothing', () => {
  const net = network(loss =>
    loss.pipe(sgd({ learningRate: 0.5 }), maxNorm({ maxValue: 0.2 }), lookahead({ steps: 2 })),
  )
  const [tapped, plain] = [true, false].map(isTapped => {
    const model = compile(net, { seed: 1 })
    const { kernel } = model.node('dense1').parameters
    let last = Float64Array.from(kernel.value.data)
    const seen: number[][] = []
    if (isTapped) {
      kernel.update$.subscribe(({ tensor }) => seen.push([...tensor.data]))
      for (const id of model.nodes) model.node(id).forward$.subscribe()
    }
    for (let i = 0; i < 9; i++) {
      step(engineOf(model), i, 2)
      const now = Float64Array.from(kernel.value.data)
      if (isTapped)
        for (const [j, value] of now.entries())
          expect(seen[i]?.[j]).toBeCloseTo(value - (last[j] as number), 6)
      last = now
    }
    return memoryOf(model)
  })
  expect(tapped).toEqual(plain)
})

test('the order of links is the order in which they are written', () => {
  const run = (first: Link, second: Link) => {
    const model = compile(
      network(loss => second(first(sgd({ learningRate: 0.5 })(loss)) as Update)),
      { seed: 1, kernels: 'reference' },
    )
    step(engineOf(model), 1, 4)
    return [...model.node('dense1').parameters.kernel.value.data]
  }
  const [cap, cut] = [unitNorm() as Link, nonNegative() as Link]
  const columns = (kernel: number[]) =>
    [0, 1, 2, 3, 4].map(c => Math.hypot(kernel[c] as number, kernel[c + 5] as number))
  for (const norm of columns(run(cut, cap)).filter(n => n > 0)) expect(norm).toBeCloseTo(1, 5)
  expect(Math.min(...columns(run(cap, cut)))).toBeLessThan(0.99)
  expect(Math.min(...run(cut, cap), ...run(cap, cut))).toBeGreaterThanOrEqual(0)
})

test('a penalty on weights and an average go together: evaluation sees the penalty of the average', async () => {
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(dense({ units: 1 }))
  const mse = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const loss = add()(mse, prediction.pipe(parameter(), l2Regularization({ factor: 1, name: 'penalty' })))
  const net = graph({
    prediction,
    loss,
    update: loss.pipe(sgd({ learningRate: 0.1 }), exponentialMovingAverage({ decay: 0.9 })),
  })
  const model = compile(net, { kernels: 'reference', precision: 'float64' })
  for (let i = 0; i < 5; i++) step(engineOf(model), i, 4)
  const { penalty } = await evaluate(model, samples(8))
  const { average, value } = model.node('dense1').parameters.kernel
  expect(penalty).toBeCloseTo((average?.norm() as number) ** 2, 12)
  expect(penalty).not.toBeCloseTo(value.norm() ** 2, 12)
})

test('by default norms take kernels alone, and averages everything', () => {
  const model = compile(network(loss => loss.pipe(sgd(), unitNorm(), exponentialMovingAverage())))
  expect(model.summary()).toMatch(/unitNorm1 .* takes 15 .* sgd1/)
  expect(model.summary()).toMatch(/exponentialMovingAverage1 .* takes 21 .* unitNorm1/)
  expect(model.node('dense1').parameters.bias.average?.toNested()).toEqual([0, 0, 0, 0, 0])
  expect(model.nodes.slice(-3)).toEqual(['sgd1', 'unitNorm1', 'exponentialMovingAverage1'])
  expect(model.node('unitNorm1')).toMatchObject({ type: 'unitNorm', config: { axis: 0 } })
})

test('links take blocks by their names, and each optimizer has its own', () => {
  const tower = block('tower', (x: Port) => x.pipe(dense({ units: 3 }), tanh(), dense({ units: 3 })))
  const net = (() => {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(tower, dense({ units: 1, name: 'head' }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const own = loss.pipe(sgd({ parameters: ['head'] }), maxNorm({ maxValue: 0.1 }))
    const rest = loss.pipe(sgd(), unitNorm({ parameters: ['tower1'], axis: -1 }), exponentialMovingAverage())
    return graph({ loss, own, rest })
  })()
  expect(validate(net)).toEqual([])
  const model = compile(net)
  for (let i = 0; i < 3; i++) step(engineOf(model), i, 2)
  const { kernel } = model.node('head').parameters
  expect(kernel.value.norm()).toBeLessThanOrEqual(0.1)
  expect(kernel.average).toBeUndefined()
  expect(model.node('tower1/dense2').parameters.bias.value.norm()).toBeCloseTo(1, 5)
})

test('one link may stand behind several optimizers', () => {
  const cap = maxNorm({ maxValue: 0.1 })
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(dense({ units: 4 }), tanh(), dense({ units: 1, name: 'head' }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const net = graph({ own: loss.pipe(sgd({ parameters: ['head'] }), cap), rest: loss.pipe(adam(), cap) })
  expect(validate(net)).toEqual([])
  const model = compile(graphFromJson(graphToJson(net)))
  step(engineOf(model), 1, 2)
  expect(model.node('head').parameters.kernel.value.norm()).toBeLessThanOrEqual(0.1)
  const [a, b] = model.node('dense1').parameters.kernel.value.toNested() as [number[], number[]]
  for (const [i, value] of a.entries())
    expect(Math.hypot(value, b[i] as number)).toBeLessThanOrEqual(0.1 + 1e-7)
})

test('an average is lent, and a model that debugs says when its time is over', () => {
  const net = network(loss => loss.pipe(sgd(), exponentialMovingAverage()))
  const model = compile(net, { debug: true })
  step(engineOf(model), 1, 2)
  const { average } = model.node('head').parameters.kernel
  const copy = average?.clone()
  expect(average?.toNested()).toEqual(copy?.toNested())
  step(engineOf(model), 2, 2)
  expect(errorOf(() => average?.toNested())).toMatchObject({
    code: 'STALE_TENSOR',
    place: 'head.kernel average',
  })
})

test('a network that follows Keras is told where constraints and averages stand', () => {
  expect(errorOf(() => dense({ units: 1, kernelConstraint: 'maxNorm' } as never)).hint).toContain(
    'maxNorm({ parameters',
  )
  expect(errorOf(() => sgd({ useEma: true } as never)).hint).toContain('exponentialMovingAverage()')
})

test('a graph with links is the same after JSON', () => {
  const net = network(loss => everyLink[7]?.[1](sgd({ learningRate: 0.1 })(loss) as Update) as Port)
  const json = graphToJson(net)
  const read = graphFromJson(json)
  expect(graphToJson(read)).toBe(json)
  expect(read.nodes.at(-2)).toEqual({
    id: 'nonNegative1',
    type: 'nonNegative',
    version: 1,
    config: {},
    inputs: { update: { node: 'lookahead1', output: 'update' } },
    parameters: ['head'],
  })
  const memories = [net, read].map(each => {
    const model = compile(each, { seed: 2 })
    for (let i = 0; i < 6; i++) step(engineOf(model), i, 2)
    return memoryOf(model)
  })
  expect(memories[0]).toEqual(memories[1])
})

test('copies count as memory', () => {
  const numbers = (link: Link) =>
    parameterNumbers(
      inspect(
        network(loss => link(sgd()(loss))),
        registryOf(catalogue),
      ),
    )
  const plain = numbers(update => update)
  expect(numbers(maxNorm() as Link)).toBe(plain)
  // 21 numbers, in two places in turns
  expect(numbers(exponentialMovingAverage() as Link)).toBe(plain + 2 * 21)
  expect(numbers(lookahead({ parameters: ['dense1.bias'] }) as Link)).toBe(plain + 2 * 5)
})

test("a link of one's own", () => {
  const halved = defineWeightLink({
    type: 'halved',
    config: ({ factor = 0.5 }: { factor?: number } = {}) => ({ factor }),
    copies: ['before'],
    update: ({ value }, { factor }, { kernels: k }) => ({ value: k.scale(value, factor), before: value }),
  })
  const model = compile(
    network(loss => loss.pipe(sgd({ learningRate: 0 }), halved({ parameters: ['head.kernel'] }))),
    {
      nodes: [halved],
      kernels: 'reference',
    },
  )
  const { kernel } = model.node('head').parameters
  const first = [...kernel.value.data]
  for (let i = 0; i < 3; i++) step(engineOf(model), i, 2)
  expect([...kernel.value.data]).toEqual(first.map(w => w / 8))
  expect(memoryOf(model)['head.kernel']?.['halved1.before']).toEqual(first.map(w => w / 4))
})

describe('what is wrong is said where it is', () => {
  const messages = (net: GraphDef) => validate(net).map(({ message }) => message)

  test.each<[string, () => GraphDef, string[]]>([
    [
      'two links behind one optimizer',
      () => {
        const net = (update: Port) => ({
          one: maxNorm()(update as Update),
          two: lookahead()(update as Update),
        })
        const x = input({ name: 'x', shape: [2] })
        const loss = meanSquaredError()(x.pipe(dense({ units: 1 })), input({ name: 'target', shape: [1] }))
        return graph({ loss, ...net(loss.pipe(sgd())) })
      },
      [
        'lookahead1: expected to be the only link behind "sgd1", got "maxNorm1" as well. Put one behind the other: loss.pipe(sgd(), maxNorm(), lookahead()). [OPTIMIZERS_OVERLAP]',
      ],
    ],
    [
      'two averages',
      () =>
        network(loss =>
          loss.pipe(
            sgd(),
            exponentialMovingAverage(),
            stochasticWeightAveraging({ start: 9, parameters: ['head.bias'] }),
          ),
        ),
      [
        'stochasticWeightAveraging1: expected to be the only average that head.bias is evaluated with, got "exponentialMovingAverage1" as well. Remove one of them, or give each its own { parameters }. [OPTIMIZERS_OVERLAP]',
      ],
    ],
    [
      'a name that is not there',
      () => network(loss => loss.pipe(sgd(), maxNorm({ parameters: ['dense1.kernel', 'dense9'] }))),
      [
        'maxNorm1: expected one of the parameters that "sgd1" trains: "dense1.kernel", "dense1.bias", "head.kernel" or "head.bias", got "dense9". Use one of these names. [UNKNOWN_NAME]',
      ],
    ],
    [
      'a layer that another optimizer trains',
      () => network(loss => loss.pipe(sgd({ parameters: ['head'] }), maxNorm({ parameters: ['dense1'] }))),
      [
        'maxNorm1: expected one of the parameters that "sgd1" trains: "head.kernel" or "head.bias", got "dense1". Use one of these names. [UNKNOWN_NAME]',
      ],
    ],
    [
      'nothing to take',
      () => network(loss => loss.pipe(sgd({ parameters: ['head.bias'] }), maxNorm())),
      [
        'maxNorm1: expected a parameter that maxNorm takes, such as a kernel, got "head.bias". Name what it takes: maxNorm({ parameters: [\'head.bias\'] }), or remove it. [NOTHING_TO_TRAIN]',
      ],
    ],
    [
      'an axis that is not there',
      () => network(loss => loss.pipe(sgd(), maxNorm({ axis: 2, parameters: ['head'] }))),
      [
        'maxNorm1, head.kernel: expected different axes of [5, 1], got axis: 2. Choose another axis, or name the { parameters } that it is for. [SHAPE_MISMATCH]',
        'maxNorm1, head.bias: expected different axes of [1], got axis: 2. Choose another axis, or name the { parameters } that it is for. [SHAPE_MISMATCH]',
      ],
    ],
    [
      'a loss in place of an optimizer',
      () => network(loss => maxNorm()(loss as never)),
      [
        'maxNorm1: expected input "update" to be connected, got "meanSquaredError1", which is no optimizer. Connect it: maxNorm()(update). [OPEN_PORT]',
      ],
    ],
    [
      'nothing in front',
      () => network(() => maxNorm()(undefined as never) as Port),
      [
        'maxNorm1: expected input "update" to be connected, got nothing. Connect it: maxNorm()(update). [OPEN_PORT]',
      ],
    ],
    [
      'an optimizer behind a link',
      () => network(loss => sgd()(maxNorm()(sgd()(loss) as Update) as never)),
      [
        'sgd2: expected input "loss" to be connected, got "maxNorm1", an optimizer, which has no values. Connect it: sgd()(loss). [OPEN_PORT]',
      ],
    ],
  ])('%s', (_, net, wanted) => {
    expect(messages(net())).toEqual(expect.arrayContaining(wanted))
  })

  test.each<[() => unknown, string]>([
    [() => maxNorm({ maxValue: 0 }), 'maxValue to be a number above 0'],
    [() => maxNorm({ axis: 0.5 }), 'axis to be a whole number'],
    [() => maxNorm({ axis: [] }), 'axis to name axes, each once'],
    [() => unitNorm({ axis: [1, 1] }), 'axis to name axes, each once'],
    [() => unitNorm({ axis: ['a'] as never }), 'axis to be a list of axes'],
    [() => minMaxNorm({ minValue: 2 }), 'maxValue to be at least minValue, 2'],
    [() => minMaxNorm({ rate: 1.5 }), 'rate to be at most 1'],
    [() => nonNegative({ parameters: [] }), 'parameters to be a list of names'],
    [() => exponentialMovingAverage({ decay: 1 }), 'decay to be a number that is at least 0 and less than 1'],
    [() => stochasticWeightAveraging({} as never), 'start to be a whole number above 0'],
    [() => stochasticWeightAveraging({ start: 1, every: 0 }), 'every to be a whole number above 0'],
    [() => lookahead({ steps: 2.5 }), 'steps to be a whole number above 0'],
    [() => lookahead({ alpha: 2 }), 'alpha to be at most 1'],
    [() => lookahead({ k: 5 } as never), 'one of the options'],
    [
      () =>
        defineWeightLink({
          type: 'a',
          config: () => ({}),
          update: w => w,
          copies: ['b'],
          evaluated: 'c' as never,
        }),
      'evaluated to be one of its copies: "b"',
    ],
    [
      () => defineWeightLink({ type: 'a', config: () => ({}), update: w => w as never, copies: ['value'] }),
      'a copy to have a unique name',
    ],
  ])('%s', (make, expected) => {
    expect(errorOf(make).message).toContain(expected)
  })
})
