/** Recognises what kind of thing a value is (a port, a factory, a model, a promise, ...) and names it. */

/** The property by which gradstream's own objects and functions describe themselves. */
export const THING: unique symbol = Symbol('gradstream.thing')

export type ThingKind =
  | 'port'
  | 'ports'
  | 'factory'
  | 'optimizer factory'
  | 'metric factory'
  | 'node function'
  | 'graph'
  | 'model'
  | 'trainer'
  | 'data'
  | 'bridge'
  | 'client'
  | 'tensor'
  | 'promise'
  | 'observable'

export interface Thing {
  readonly kind: ThingKind
  /** As in "got the factory relu". */
  readonly words: string
  /** How it is made, or called, in code: `relu()`, `dense({ units: 16 })`. */
  readonly code?: string
}

/** Runs `work` on a value of unknown kind; undefined if it throws. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Recognises a value as one of the things that are often mixed up; undefined for all others. */
export function thingOf(value: unknown): Thing | undefined {
  return attempt(() => recognised(value))
}

function recognised(value: unknown): Thing | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const own = (value as { [THING]?: Thing })[THING]
  if (own !== undefined) return own
  if (typeof value === 'function') return undefined
  const has = value as Readonly<Record<string, unknown>>
  if (has.format === 'gradstream-graph') return { kind: 'graph', words: 'a graph' }
  if (typeof has.then === 'function') return { kind: 'promise', words: 'a promise' }
  if (typeof has.subscribe === 'function' && typeof has.pipe === 'function')
    return { kind: 'observable', words: 'an Observable' }
  if (typeof has.epoch === 'function' && 'scalings' in has) return { kind: 'data', words: 'a data set' }
  return portsIn(value)
}

/** Ports in a list, or by name. */
function portsIn(value: object): Thing | undefined {
  if (Object.keys(value).length > 100) return undefined
  const inner = Object.values(value)
  const isPort = (each: unknown) => (each as { [THING]?: Thing } | undefined)?.[THING]?.kind === 'port'
  if (inner.length === 0 || !inner.every(isPort)) return undefined
  const count = inner.length === 1 ? 'one port' : `${inner.length} ports`
  const names = Object.keys(value).join(', ')
  return Array.isArray(value)
    ? { kind: 'ports', words: `a list of ${count}` }
    : { kind: 'ports', words: `an object with ${count}`, code: `{ ${names} }` }
}

/** What to write instead: by what was wanted, then by what came; `usual` for everything else. */
type Advice = { readonly [Kind in ThingKind | 'usual']?: string | ((thing: Thing) => string) }

const AWAIT = 'Wait for it first, with await, as in: const data = await csv(...).'

const ADVICE = {
  port: {
    'node function': ({ code }) => `Apply it to a port first: x.pipe(${code}).`,
    'optimizer factory': ({ code }) => `Make an optimizer and pipe a loss into it: loss.pipe(${code}).`,
    factory: ({ code }) => `Call it, and apply it to a port: x.pipe(${code}).`,
    ports: 'Pass the ports as separate arguments: add()(a, b).',
    model: "Use the ports that the graph was made from; a model's values are model.node('dense1').forward$.",
    graph: 'Use the ports that the graph was made from.',
    data: "Data enters through an input: input({ name: 'x', shape: [30] }).",
    tensor: "Values enter through an input: input({ name: 'x', shape: [30] }).",
    observable: "Values enter through an input: input({ name: 'x', shape: [30] }).",
  },
  graph: {
    usual: 'Make one from the ports at its end: graph({ prediction, loss }).',
    port: ({ code }) => `Make a graph from it: graph({ ${code}: port }).`,
    ports: ({ code }) => `Make a graph from them: graph(${code ?? '{ prediction, loss }'}).`,
    model: 'Pass the graph that it was compiled from: model.graph.',
    trainer: 'Pass the graph of its model: trainer.model.graph.',
    factory:
      'Build the network with it, and make a graph from the ports: graph({ prediction: x.pipe(...) }).',
    promise: 'Wait for it first, with await.',
  },
  model: {
    usual: 'Make one: compile(net, { seed: 7 }).',
    graph: 'Compile it first: compile(net, { seed: 7 }).',
    port: ({ code }) => `Make a graph from it and compile that: compile(graph({ ${code}: port })).`,
    ports: ({ code }) =>
      `Make a graph from them and compile that: compile(graph(${code ?? '{ prediction, loss }'})).`,
    trainer: 'Pass its model: trainer.model.',
    data: 'The model comes first: createTrainer(model, { data }).',
    promise: 'Wait for it first, with await.',
  },
  trainer: {
    usual: 'Make one: createTrainer(model, { data }).',
    model: 'Make a trainer for it: createTrainer(model, { data }).',
    graph: 'Compile it and make a trainer: createTrainer(compile(net), { data }).',
    promise: 'Wait for it first, with await.',
    bridge: 'Pass the trainer that the bridge was opened for.',
  },
  bridge: {
    usual: 'Open one: const bridge = await openBridge(trainer).',
    trainer: 'Open a bridge to it first: await openBridge(trainer).',
    promise: 'Wait for it first, with await: const bridge = await openBridge(trainer).',
  },
  data: {
    promise: AWAIT,
    observable: 'Turn it into an iterable of samples first, and pass that to fromIterable().',
    model: 'Pass the samples to train on: fromArrays({ x, target }).',
    tensor: 'Pass it under the name of its input: fromArrays({ x: tensor, target }).',
  },
  options: {
    port: 'Options come first, then the ports.',
    ports: 'Options come first, then the ports.',
  },
  apply: {
    factory: ({ code }) => `Call it: x.pipe(${code}).`,
    'optimizer factory': ({ code }) => `Call it: loss.pipe(${code}).`,
    port: 'pipe applies the node itself, so leave its port out: x.pipe(dense({ units: 3 })), not x.pipe(dense({ units: 3 })(x)).',
    ports: 'pipe takes functions; to join ports, use a node with several inputs: add()(a, b).',
    graph: 'Use a node such as dense({ units: 3 }) here; make the graph last.',
  },
} as const satisfies Record<string, Advice>

export type Wanted = keyof typeof ADVICE

/** Advice on what to write instead of such a thing; undefined if there is none. */
export function adviceOn(wanted: Wanted, value: unknown): string | undefined {
  const thing = thingOf(value)
  const known: Advice = ADVICE[wanted]
  const advice = thing && known[thing.kind]
  return thing && typeof advice === 'function'
    ? advice(thing)
    : ((advice ?? known.usual) as string | undefined)
}
