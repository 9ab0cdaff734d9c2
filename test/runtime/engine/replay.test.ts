/** Steps that are replayed: nobody can tell, but by the clock. */
import {
  accumulate,
  adam,
  adamW,
  binaryCrossentropy,
  categoricalCrossentropy,
  clipByGlobalNorm,
  compile,
  defineNode,
  defineOptimizer,
  dense,
  dropout,
  type Frame,
  GradstreamError,
  type GraphDef,
  graph,
  input,
  type KernelsName,
  lookahead,
  type Model,
  maxNorm,
  meanSquaredError,
  type Port,
  relu,
  schedule,
  sgd,
  sigmoid,
  stochasticWeightAveraging,
  type Tensor,
  tanh,
} from 'gradstream'
import { type Observable, type Subscription, take } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { findBlas } from '../../../kernels/blas/library.ts'
import { catalogue } from '../../../nodes/index.ts'
import type { CheckFinite, Engine } from '../../../runtime/engine/engine.ts'
import type { LiveOptimizer } from '../../../runtime/engine/live-optimizer.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { countOf, isFull } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { randomGraph, WIDTH } from '../../support/random-graph.ts'
import { errorOf } from '../support.ts'

const KERNELS: readonly KernelsName[] = isFull && findBlas().library ? ['wasm', 'blas'] : ['wasm']
const GRAPHS = countOf({ usual: 3, full: 60 })
const STEPS = 40

/** Does one training step, on the same numbers for the same seed. */
function step(engine: Engine, seed: number, rows: number, scale = 1): void {
  const dice = new Dice(seed)
  const inputs = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'input')
  engine.run(
    'train',
    inputs.map(input => {
      const [, width = 1] = input.outputs[0]?.shape ?? []
      const tensor = engine.lendInput(input, [rows, width as number])
      tensor.data.set(Array.from({ length: tensor.size }, () => scale * (2 * dice.next() - 1)))
      return { input, tensor }
    }),
  )
}

/** The weights, and all that is kept beside them. */
const weightsOf = (model: Model) =>
  [...engineOf(model).parameters.values()].map(({ version: { names, present } }) =>
    names.map(name => Array.from(present[name]?.data ?? [])),
  )

/** The streams of a model, by a name. */
function streamsOf(model: Model) {
  return model.nodes.flatMap(id => {
    const { forward$, backward$, parameters } = model.node(id)
    const own = Object.entries(parameters).flatMap(([name, { gradient$, update$ }]) => [
      [`${id}.${name} gradient`, gradient$] as const,
      [`${id}.${name} update`, update$] as const,
    ])
    return [[`${id} forward`, forward$] as const, [`${id} backward`, backward$] as const, ...own]
  })
}

/** How many steps were fired node by node since this was called, told by its first update. */
function firings(model: Model): () => number {
  const update = (engineOf(model).optimizers[0] as LiveOptimizer)
    .updates[0] as LiveOptimizer['updates'][number]
  const fire = update.fire.bind(update)
  let count = 0
  update.fire = () => {
    count++
    fire()
  }
  return () => count
}

/** Trains, and meanwhile does to it all that may be done to a model, at random; tells all that can be seen. */
function life(net: GraphDef, seed: number, kernels: KernelsName, replay: boolean) {
  const checkFinite = seed % 3 === 0 ? 'all' : 'losses'
  const model = compile(net, { seed, kernels, replay, checkFinite })
  const engine = engineOf(model)
  const dice = new Dice(seed)
  const told: unknown[] = []
  const fired = firings(model)
  const subscriptions: Subscription[] = []
  let rows = 2
  for (let i = 0; i < STEPS; i++) {
    const streams = streamsOf(model)
    switch (dice.below(16)) {
      case 0: {
        const [name, stream$] = dice.pick(streams)
        const other = dice.pick(streams)[1]
        const leaves = dice.below(3) === 0
        const subscription: Subscription = stream$.subscribe(({ step, mode, tensor }) => {
          told.push([name, step, mode, Array.from(tensor.data), engine.kernels.statistics(tensor)])
          if (!leaves || subscription === undefined) return
          subscription.unsubscribe()
          subscriptions.push(other.subscribe(frame => told.push(['other', frame.step, frame.tensor.norm()])))
        })
        subscriptions.push(subscription)
        break
      }
      case 1:
        for (const subscription of subscriptions.splice(0, 2)) subscription.unsubscribe()
        break
      case 2:
        for (const optimizer of engine.optimizers) {
          const peak = 0.001 * dice.next()
          const falling = schedule.exponential({ initial: peak, rate: 0.9, steps: 2 })
          optimizer.set({ learningRate: dice.below(2) === 0 ? peak : falling })
        }
        break
      case 3:
        told.push(model.predict({ x: Array.from({ length: 1 + dice.below(5) }, () => [dice.next(), 0, 1]) }))
        break
      case 4: {
        const parameter = dice.pick([...engine.parameters.values()])
        parameter.assign(Array.from(parameter.value.data, () => dice.next()))
        break
      }
      case 5:
        rows = 1 + dice.below(3)
        break
      case 6: {
        // A target so large that the loss is not finite: the step fails.
        const error = errorOf(() => step(engine, seed + i, rows, 1e30))
        told.push([error.message, engine.step, weightsOf(model)])
        break
      }
    }
    try {
      step(engine, seed + i, rows)
    } catch (error) {
      // The learning rate may have been too high.
      if (!(error instanceof GradstreamError && error.code === 'NOT_FINITE')) throw error
      told.push(error.message)
    }
    // What is passing is not there any more.
    const wires = [...engine.nodes.values()].flatMap(({ outputs }) => outputs.map(({ forward }) => forward))
    const values = wires.map(wire => (wire.isPassing ? undefined : wire.tensor.toNested()))
    told.push([engine.step, weightsOf(model), values])
  }
  model.dispose()
  return { told, fired: fired() }
}

const UPDATES = [
  {},
  { momentum: 0.9 },
  { weightDecay: 0.01 },
  { momentum: 0.5, nesterov: true, weightDecay: 0.1 },
]

/** What stands behind every second optimizer. */
const LINKS = (update: Port<'update'>) =>
  update.pipe(
    maxNorm({ maxValue: 0.8 }),
    lookahead({ steps: 3 }),
    stochasticWeightAveraging({ start: 4, every: 3 }),
  )

describe.each(KERNELS)('with kernels %s', kernels => {
  test(`${GRAPHS} random graphs, tapped, changed and asked at random, do the same as without`, () => {
    let saved = 0
    for (let seed = 0; seed < GRAPHS; seed++) {
      const behind = seed % 2 === 0 ? LINKS : undefined
      const net = randomGraph(seed, 4 + ((seed * 7919) % 60), UPDATES[seed % UPDATES.length], behind)
      const replayed = life(net, seed, kernels, true)
      const plain = life(net, seed, kernels, false)
      expect(replayed.told).toEqual(plain.told)
      saved += plain.fired - replayed.fired
    }
    expect(saved).toBeGreaterThan((GRAPHS * STEPS) / 8)
  })
})

describe('an optimizer that looks at parts of old and new values', () => {
  /** Its step goes along the middle of what it remembered, as that was or as it is then. */
  const mixed = (which: 'old' | 'new', isDecaying: boolean) =>
    defineOptimizer({
      type: 'mixing',
      replayable: true,
      config: () => ({}),
      slots: () => ({ trail: 0.1 }),
      update({ value, gradient, trail }, _, { kernels: k }) {
        const next = k.addScaled(gradient, trail, 0.5)
        const [length = 1] = value.shape
        const start = length > 1 ? 1 : 0
        const middle = k.slice(which === 'old' ? trail : next, 0, start, length - start)
        const along = k.concatenate([middle, k.slice(gradient, 0, 0, start)], 0)
        return {
          value: isDecaying
            ? k.sub(value, k.scale(k.addScaled(along, value, 0.01), 0.1))
            : k.addScaled(value, along, -0.1),
          trail: next,
        }
      },
    })

  test.each(KERNELS)('does the same replayed as fired, with kernels %s', kernels => {
    for (let seed = 0; seed < 24; seed++) {
      const optimizer = mixed(seed % 2 === 0 ? 'old' : 'new', seed % 3 === 0)
      const prediction = input({ name: 'x', shape: [WIDTH] }).pipe(
        dense({ units: 1 + 3 * seed }),
        tanh(),
        dense({ units: WIDTH }),
      )
      const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [WIDTH] }))
      const net = graph({ loss, update: loss.pipe(optimizer()) })
      const weights = [true, false].map(replay => {
        const model = compile(net, { seed, kernels, replay, nodes: [optimizer] })
        for (let i = 0; i < 12; i++) step(engineOf(model), i, 2)
        const all = weightsOf(model)
        model.dispose()
        return all
      })
      expect(weights[0]).toEqual(weights[1])
    }
  })
})

const x = input({ name: 'x', shape: [WIDTH] })
const target = input({ name: 'target', shape: [WIDTH] })

function network(middle: (x: Port) => Port, options = { learningRate: 0.1, momentum: 0 }): GraphDef {
  const prediction = middle(x).pipe(dense({ units: WIDTH }))
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: loss.pipe(sgd(options)) })
}

/** How many of ten steps were fired node by node. Where they never are alike, nothing is kept of them. */
function firedIn(net: GraphDef, options = {}): number {
  const model = compile(net, { kernels: 'wasm', ...options })
  const fired = firings(model)
  for (let i = 0; i < 10; i++) step(engineOf(model), i, 2)
  expect(engineOf(model).replay.recorded).toBe(fired() < 10 ? 2 : 0)
  model.dispose()
  return fired()
}

const layer = (of: (x: Port) => Port) => network(x => of(x))

test('three steps are fired node by node, and all like them replayed', () => {
  expect(firedIn(layer(relu()))).toBe(3)
  expect(firedIn(layer(relu()), { checkFinite: 'all' })).toBe(3)
  expect(
    firedIn(network(x => x.pipe(dense({ units: 4 }), relu()), { learningRate: 0.1, momentum: 0.9 })),
  ).toBe(3)
  const crossed = categoricalCrossentropy({ fromLogits: true })(dense({ units: WIDTH })(x), target)
  expect(firedIn(graph({ crossed, update: crossed.pipe(sgd()) }))).toBe(3)
  const binary = binaryCrossentropy()(sigmoid()(dense({ units: WIDTH })(x)), target)
  expect(firedIn(graph({ binary, update: binary.pipe(sgd()) }))).toBe(3)
})

test('what is another in each step is computed anew, without firing', () => {
  expect(firedIn(layer(dropout({ rate: 0.5 })))).toBe(3)
  const adapted = (update: typeof adam | typeof adamW) => {
    const loss = meanSquaredError()(x.pipe(dense({ units: WIDTH }), dropout()), target)
    return graph({ loss, update: loss.pipe(update({ learningRate: 0.01, amsgrad: true })) })
  }
  for (const update of [adam, adamW]) {
    const net = adapted(update)
    expect(firedIn(net)).toBe(3)
    const weights = [true, false].map(replay => {
      const model = compile(net, { kernels: 'wasm', replay })
      for (let i = 0; i < 20; i++) step(engineOf(model), i, 2 + (i > 12 ? 1 : 0))
      return weightsOf(model)
    })
    expect(weights[0]).toEqual(weights[1])
  }
})

const optimizers = catalogue.filter(({ definition }) => definition.role === 'optimizer')
const optimizersByType = optimizers.map(node => ({
  type: node.definition.type,
  node: node as unknown as typeof sgd,
}))

test.each(optimizersByType)(
  'a schedule gives $type other numbers in each step, without firing',
  ({ node: update }) => {
    const rate = schedule.cosine({ initial: 0.02, steps: 15, alpha: 0.1 })
    for (const links of [[], [clipByGlobalNorm({ norm: 0.5 })], [accumulate({ steps: 3 })]]) {
      const loss = meanSquaredError()(x.pipe(dense({ units: 5 }), tanh(), dense({ units: WIDTH })), target)
      const flow = links.reduce((port, link) => link(port), loss as Port)
      const net = graph({ loss, update: flow.pipe(update({ learningRate: rate })) })
      const lives = [true, false].map(replay => {
        const model = compile(net, { kernels: 'wasm', replay })
        const fired = firings(model)
        for (let i = 0; i < 20; i++) step(engineOf(model), i, 2 + (i > 12 ? 1 : 0))
        return { weights: weightsOf(model), fired: fired() }
      })
      expect(lives[0]?.weights).toEqual(lives[1]?.weights)
      expect([lives[0]?.fired, lives[1]?.fired]).toEqual([6, 20])
    }
  },
)

test.each<[when: string, isGiven: (i: number) => boolean, fired: number]>([
  ['in each step', () => true, 3],
  ['in every twentieth step', i => i % 20 === 0, 11],
  ['for a while', i => i < 40, 5],
  ['never', () => false, 3],
])('where a stream gives numbers %s, few steps fire', (_, isGiven, expected) => {
  const loss = meanSquaredError()(x.pipe(dense({ units: 5 }), tanh(), dense({ units: WIDTH })), target)
  const net = graph({ loss, update: loss.pipe(adam({ learningRate: 0.01 })) })
  const lives = [true, false].map(replay => {
    const model = compile(net, { kernels: 'wasm', replay })
    const fired = firings(model)
    const [optimizer] = engineOf(model).optimizers
    for (let i = 0; i < 100; i++) {
      if (isGiven(i)) optimizer?.take('learningRate', 0.1 / (i + 1))
      step(engineOf(model), i, 2)
    }
    return { weights: weightsOf(model), fired: fired() }
  })
  expect(lives[0]?.weights).toEqual(lives[1]?.weights)
  expect([lives[0]?.fired, lives[1]?.fired]).toEqual([expected, 100])
})

test('a node that draws numbers itself fires in each step', () => {
  const noise = defineNode({
    type: 'noise',
    inputs: ['x'],
    outputs: ['y'],
    replayable: true,
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k, random }) => ({ y: k.scale(x, random.normal(1)[0] as number) }),
    backward: ({ y: dy }, _, __, { kernels: k, random }) => ({
      x: k.scale(dy, random.normal(1)[0] as number),
    }),
  })
  expect(firedIn(layer(noise()), { nodes: [noise] })).toBe(10)
})

test('kernels that cannot record, and who does not want it, fire in each step', () => {
  expect(firedIn(layer(relu()), { kernels: 'reference' })).toBe(10)
  expect(firedIn(layer(relu()), { replay: false })).toBe(10)
})

test('a custom node is asked in each step', () => {
  let asked = 0
  const counting = defineNode({
    type: 'counting',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward({ x }, _, { kernels: k }) {
      asked++
      return { y: k.scale(x, 2) }
    },
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 2) }),
  })
  expect(firedIn(layer(counting()), { nodes: [counting] })).toBe(10)
  expect(asked).toBe(10)
})

test('a custom node that says that it is replayable is not asked again, unless it looks at numbers', () => {
  const node = (type: string, look: (x: Tensor, step: () => number) => unknown) => {
    let asked = 0
    const made = defineNode({
      type,
      inputs: ['x'],
      outputs: ['y'],
      replayable: true,
      shapes: ({ x }) => ({ y: x }),
      forward({ x }, _, context) {
        asked++
        look(x, () => context.step)
        return { y: context.kernels.scale(x, 2) }
      },
      backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 2) }),
    })
    const fired = firedIn(layer(made()), { nodes: [made] })
    expect(asked).toBe(fired)
    return fired
  }
  expect(node('pure', () => undefined)).toBe(3)
  expect(node('reading', x => x.data[0])).toBe(10)
  expect(node('counting', (_, step) => step())).toBe(10)
})

test('a tap sees every step, and does not end the replay', () => {
  const model = compile(layer(relu()), { kernels: 'wasm' })
  const steps: number[] = []
  model.node('relu1').backward$.subscribe(({ step }) => steps.push(step))
  const fired = firings(model)
  for (let i = 0; i < 10; i++) step(engineOf(model), i, 2)
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(fired()).toBe(3)
})

test('nodes that are checked, with or without a tap on them, learn the same bytes', () => {
  const nets = [
    network(x => x.pipe(dense({ units: 5 }), tanh(), dense({ units: 3 })), {
      learningRate: 0.1,
      momentum: 0.9,
    }),
    randomGraph(11, 40),
  ]
  for (const net of nets)
    for (const kernels of KERNELS) {
      const trained = (checkFinite: CheckFinite, taps: boolean, replay = true) => {
        const model = compile(net, { kernels, replay, checkFinite })
        // Nobody reads: to look on is enough to cut a step into several programs.
        if (taps) for (const [, stream$] of streamsOf(model)) stream$.subscribe(() => undefined)
        for (let i = 0; i < 8; i++) step(engineOf(model), i, 3)
        return weightsOf(model)
      }
      const fired = trained('none', false, false)
      const first = net.nodes.find(({ type }) => type === 'dense')?.id as string
      for (const checked of ['all', [first]] as const)
        for (const taps of [false, true]) expect(trained(checked, taps)).toEqual(fired)
    }
})

test('what a subscriber throws reaches errors$ in each step', () => {
  const model = compile(layer(relu()), { kernels: 'wasm' })
  const errors: string[] = []
  model.errors$.subscribe(({ code }) => errors.push(code))
  // A subscriber that throws is let go, so each step gets another.
  for (let i = 0; i < 8; i++) {
    const subscription = model.node('relu1').forward$.subscribe(() => {
      throw new Error('on purpose')
    })
    step(engineOf(model), i, 2)
    subscription.unsubscribe()
  }
  expect(errors).toEqual(new Array(8).fill('SUBSCRIBER_FAILED'))
})

describe('a step that fails', () => {
  /** Trains with such a learning rate that the loss overflows, and tells of the end. */
  function fail(replay: boolean, checkFinite: 'losses' | 'all') {
    const model = compile(
      network(x => x.pipe(dense({ units: 3 }), relu()), { learningRate: 40, momentum: 0 }),
      {
        kernels: 'wasm',
        replay,
        checkFinite,
      },
    )
    const engine = engineOf(model)
    const fired = firings(model)
    let before = weightsOf(model)
    for (let i = 0; i < 1000; i++) {
      try {
        step(engine, 7, 2)
      } catch (error) {
        if (!(error instanceof GradstreamError)) throw error
        return { message: error.message, step: engine.step, fired: fired(), before, after: weightsOf(model) }
      }
      before = weightsOf(model)
    }
    throw new Error('it did not fail')
  }

  test.each(['losses', 'all'] as const)('says the same and leaves the same, with %s watched', watched => {
    const [replayed, plain] = [fail(true, watched), fail(false, watched)]
    expect(replayed.fired).toBe(3)
    expect(plain.fired).toBeGreaterThan(4)
    expect({ ...replayed, fired: 0 }).toEqual({ ...plain, fired: 0 })
    expect(replayed.after).toEqual(replayed.before)
    expect(replayed.message).toMatch(/ forward, step \d+, output /)
  })
})

test('where a second loss fails after the first optimizer has computed its update, nothing changes', () => {
  const hidden = dense({ units: 3, trainable: false })(x)
  const branch = (name: string) =>
    meanSquaredError({ name })(dense({ units: WIDTH, name: `${name}Layer` })(hidden), target)
  const [near, far] = [branch('near'), branch('far')]
  const net = graph({ near, far, first: near.pipe(sgd()), second: far.pipe(sgd({ learningRate: 30 })) })
  const train = (replay: boolean) => {
    const model = compile(net, { kernels: 'wasm', replay })
    const fired = firings(model)
    const told: unknown[] = []
    for (let i = 0; i < 60; i++) {
      try {
        step(engineOf(model), 7, 2)
        told.push(weightsOf(model))
      } catch (error) {
        told.push((error as Error).message, weightsOf(model))
        break
      }
    }
    return { told, fired: fired() }
  }
  const [replayed, plain] = [train(true), train(false)]
  expect(replayed.told).toEqual(plain.told)
  expect(plain.told.at(-2)).toMatch(/NOT_FINITE/)
  expect(plain.told.at(-1)).toEqual(plain.told.at(-3))
  expect(replayed.fired).toBe(3)
})

test('nothing is kept after dispose()', () => {
  const model = compile(layer(relu()), { kernels: 'wasm' })
  for (let i = 0; i < 5; i++) step(engineOf(model), i, 2)
  model.dispose()
  expect(engineOf(model).replay.recorded).toBe(0)
})

test('a step that cannot be recorded says where its numbers are not finite', () => {
  const reading = defineNode({
    type: 'reading',
    inputs: ['x'],
    outputs: ['y'],
    replayable: true,
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, x.norm() > 1e10 ? 1e30 : 1) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 1) }),
  })
  for (const failing of [0, 1, 2, 3]) {
    const model = compile(layer(reading()), { kernels: 'wasm', nodes: [reading] })
    const engine = engineOf(model)
    for (let i = 0; i < failing; i++) step(engine, 7, 2)
    const error = errorOf(() => step(engine, 7, 2, 1e30))
    expect(error).toMatchObject({ code: 'NOT_FINITE', place: expect.stringContaining('meanSquaredError1') })
    step(engine, 7, 2)
    model.dispose()
  }
})

test('what a node computed on its way is refused when its step is over, and never shows numbers of another', () => {
  const seen: Tensor[] = []
  const hiding = defineNode({
    type: 'hiding',
    inputs: ['x'],
    outputs: ['y'],
    replayable: true,
    shapes: ({ x }) => ({ y: x }),
    forward({ x }, _, { kernels: k }) {
      const inner = k.scale(x, 3)
      seen.push(inner)
      return { y: k.tanh(inner) }
    },
    backward: ({ y: dy }, { y }, _, { kernels: k }) => ({
      x: k.scale(k.mul(dy, k.oneMinus(k.square(y))), 3),
    }),
  })
  for (const steps of [2, 3, 4, 8]) {
    const model = compile(layer(hiding()), { kernels: 'wasm', nodes: [hiding] })
    for (let i = 0; i < steps; i++) step(engineOf(model), i, 2)
    const last = seen.splice(0).at(-1) as Tensor
    step(engineOf(model), 9, 2)
    expect(errorOf(() => last.data)).toMatchObject({ code: 'STALE_TENSOR' })
    model.dispose()
  }
})

describe('passes of several kinds in any order', () => {
  const prediction = x.pipe(
    dense({ units: 7 }),
    tanh(),
    dropout({ rate: 0.2 }),
    dense({ units: 5 }),
    relu(),
    dense({ units: WIDTH }),
  )
  const loss = meanSquaredError()(prediction, target)
  const net = graph({ prediction, loss, update: loss.pipe(adam({ learningRate: 0.01 })) })

  /** What leaves all that was recorded as it was. */
  const KINDS = [
    'a step',
    'a shorter batch',
    'a longer batch',
    'a step with a tap',
    'a step with two other taps',
    'a step that is looked at by somebody who leaves at once',
    'a step with a frozen layer',
    'a prediction',
    'a longer prediction',
  ] as const

  function live(order: readonly (typeof KINDS)[number][], replay: boolean) {
    const model = compile(net, { kernels: 'wasm', seed: 3, replay })
    const engine = engineOf(model)
    const next = engine.queue.next.bind(engine.queue)
    let [present, last] = [0, 0]
    const fired: number[] = []
    engine.queue.next = pass => {
      if (pass !== last) fired.push(present)
      last = pass
      return next(pass)
    }
    const told: unknown[] = []
    const tap = (name: string) => {
      const { forward$, backward$ } = model.node(name)
      const own = [forward$, backward$].map(stream$ =>
        stream$.subscribe(({ step, mode, tensor }) => told.push([name, step, mode, Array.from(tensor.data)])),
      )
      return () => {
        for (const subscription of own) subscription.unsubscribe()
      }
    }
    order.forEach((kind, i) => {
      present = i
      const stops: (() => void)[] = []
      if (kind === 'a step with a tap') stops.push(tap('dense2'))
      if (kind === 'a step with two other taps') stops.push(tap('dense1'), tap('relu1'))
      if (kind === 'a step that is looked at by somebody who leaves at once') {
        const { gradient$ } = model.node('dense1').parameters.kernel
        gradient$.pipe(take(1)).subscribe(({ tensor }) => told.push(tensor.norm()))
      }
      if (kind === 'a step with a frozen layer') model.freeze(['dense1'])
      if (kind === 'a prediction') told.push(model.predict({ x: [[i, 1, 2]] }))
      else if (kind === 'a longer prediction') told.push(model.predict({ x: new Array(9).fill([i, 1, 2]) }))
      else step(engine, i, kind === 'a shorter batch' ? 3 : kind === 'a longer batch' ? 8 : 5)
      if (kind === 'a step with a frozen layer') model.unfreeze(['dense1'])
      for (const stop of stops) stop()
      told.push(weightsOf(model), engine.nodes.get('meanSquaredError1')?.outputs[0]?.forward.tensor?.item())
    })
    model.dispose()
    return { told, fired }
  }

  test(`do what they do when all are fired, and each kind fires a few times at most`, () => {
    const seeds = countOf({ usual: 2, full: 60 })
    let late = 0
    for (let seed = 0; seed < seeds; seed++) {
      const dice = new Dice(seed)
      const order = Array.from({ length: 300 }, () => dice.pick(KINDS))
      const [replayed, plain] = [live(order, true), live(order, false)]
      expect(replayed.told).toEqual(plain.told)
      expect(plain.fired).toHaveLength(order.length)
      // Each kind from each of the places that values live in by turns, and again where memory moved while it grew.
      expect(replayed.fired.length).toBeLessThan(120)
      late += replayed.fired.filter(i => i >= 200).length
    }
    expect(late / seeds).toBeLessThan(8)
  })

  test('a tap that comes in the middle of a step sees what is computed after that, and nobody sees anything twice', () => {
    const all = (replay: boolean) => {
      const model = compile(net, { kernels: 'wasm', seed: 3, replay })
      const engine = engineOf(model)
      const told: unknown[] = []
      const listen = (name: string, stream$: Observable<Frame>, then?: () => void) =>
        stream$.subscribe(({ step, tensor }) => {
          told.push([name, step, tensor.norm()])
          then?.()
        })
      listen('first', model.node('dense1').forward$)
      for (let i = 0; i < 30; i++) {
        const later: Subscription[] = []
        const middle = listen('middle', model.node('dense2').forward$, () => {
          if (i % 7 !== 6) return
          // What is before it in the step, and what is after it.
          for (const id of ['x', 'dense1', 'dense3'])
            later.push(listen(id, model.node(id).forward$), listen(`${id} back`, model.node(id).backward$))
        })
        step(engine, i, 4)
        for (const subscription of [middle, ...later]) subscription.unsubscribe()
        told.push(weightsOf(model))
      }
      return told
    }
    expect(all(true)).toEqual(all(false))
  })

  test('a step that fails under taps tells each of them once', () => {
    const all = (replay: boolean) => {
      const model = compile(net, { kernels: 'wasm', seed: 3, replay, checkFinite: 'all' })
      const engine = engineOf(model)
      const told: unknown[] = []
      for (const id of model.nodes) {
        model.node(id).forward$.subscribe(({ step, tensor }) => told.push([id, step, tensor.norm()]))
        model.node(id).backward$.subscribe(({ step, tensor }) => told.push([id, 'back', step, tensor.norm()]))
      }
      for (let i = 0; i < 24; i++) {
        const error = i % 6 === 5 ? errorOf(() => step(engine, i, 4, 1e30)) : step(engine, i, 4)
        told.push(error?.message, weightsOf(model))
      }
      return told
    }
    expect(all(true)).toEqual(all(false))
  })
})
