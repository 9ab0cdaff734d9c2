/** `compile`: a graph in, a model out. */
import {
  CheckFailed,
  check,
  checkedAt,
  type Definition,
  demandGraph,
  type Fault,
  type GraphDef,
  inspect,
  inspected,
  type NodeDef,
  type Precision,
  type Registry,
  type RowsByInput,
  graphFromJson as readGraph,
  registryOf,
} from '../../core/index.ts'
import { createKernels, type KernelsName } from '../../kernels/index.ts'
import { catalogue } from '../../nodes/index.ts'
import { checkedEncoder, type Encoder } from '../data/tables/encoder.ts'
import { type CheckFinite, Engine } from './engine.ts'
import { demandMemory } from './footprint.ts'
import type { LiveParameter } from './live-parameter.ts'
import { loadWhole } from './load.ts'
import { engineOf, Model } from './model.ts'

export type { KernelsName }

export interface CompileOptions {
  /** Decides all random values: initial values, dropout. 0 by default. */
  readonly seed?: number
  /** Which kernels do the arithmetic; by default the fastest that are there. */
  readonly kernels?: KernelsName
  /** `'float32'` by default. */
  readonly precision?: Precision
  /** How many threads the kernels may use where it pays; by default as many as the machine runs at once. 256 at most. */
  readonly threads?: number
  /** A BLAS library by its file; by default one is looked for by the usual names. */
  readonly blasPath?: string
  /** Definitions of custom nodes that the graph uses; none by default. One with the type of a built-in node takes its place. */
  readonly nodes?: readonly NodeDef[]
  /**
   * Which nodes have values and gradients checked for NaN and infinities in each step; a step that meets one fails
   * and changes nothing. The losses by default. The next values of parameters are checked as well, unless it is `'none'`.
   */
  readonly checkFinite?: CheckFinite
  /**
   * Whether a step that is like the ones before may be computed from a list of its calls to the kernels, without calling
   * forward, backward and update again; all streams emit as ever. True by default, for graphs of built-in nodes and of
   * those that say that they are `replayable`.
   */
  readonly replay?: boolean
  /**
   * What the columns of a table mean, as `data.encoder` tells it, also from JSON: for a model whose weights are restored by hand. By default
   * the encoder of the data that it is trained on.
   */
  readonly encoder?: Encoder
  /**
   * Whether a tensor that was lent and is read after its time throws `STALE_TENSOR`, where it would give the numbers of
   * another step. False by default: whoever watches then gets a copy of each tensor, which takes time. What is learned is
   * the same.
   */
  readonly debug?: boolean
}

/** What knowing the custom nodes is needed for. */
export interface RegistryOptions {
  /** Definitions of custom nodes that the graph uses; none by default. One with the type of a built-in node takes its place. */
  readonly nodes?: readonly NodeDef[]
}

const OPTIONS = [
  'seed',
  'kernels',
  'precision',
  'threads',
  'blasPath',
  'nodes',
  'checkFinite',
  'replay',
  'encoder',
  'debug',
]

/** More than any machine runs at once that this is made for. */
const MOST_THREADS = 256

const ownDefinitions: ReadonlySet<Definition> = new Set(catalogue.map(({ definition }) => definition))

/**
 * Makes a graph live: looks up what its nodes do, allocates parameters, and joins live nodes by streams.
 *
 * @throws GradstreamError with the fault of the graph, or `GRAPH_INVALID` listing all of them;
 *   `INVALID_OPTION`, `KERNELS_UNAVAILABLE`, `OUT_OF_MEMORY`.
 * @example const model = compile(net, { seed: 7 })
 */
export function compile<Predicted extends string = string, Rows = RowsByInput>(
  graph: GraphDef<Predicted, Rows>,
  options: CompileOptions = {},
): Model<Predicted, Rows> {
  return compiled(graph, options, false)
}

/** The same, for the runtime itself; a blank model has zeros until `loadWhole` gives it what it has learned. */
export function compiled<Predicted extends string, Rows>(
  graph: GraphDef<Predicted, Rows>,
  options: CompileOptions,
  isBlank: boolean,
): Model<Predicted, Rows> {
  demandGraph('compile', graph)
  const checked = checkedAt('compile', 'INVALID_OPTION', () => check.options(options, OPTIONS))
  const { seed = 0, kernels, precision, threads, blasPath, nodes = [], checkFinite = 'losses' } = checked
  const { replay = true, encoder, debug = false } = checked
  checkedAt('compile', 'INVALID_OPTION', () => {
    check.integer({ seed })
    check.boolean({ replay })
    check.boolean({ debug })
    if (threads !== undefined) check.positiveInteger({ threads })
    if (threads !== undefined && threads > MOST_THREADS)
      throw new CheckFailed(`threads to be at most ${MOST_THREADS}`, String(threads))
    if (blasPath !== undefined) check.text({ blasPath })
    if (precision !== undefined) check.oneOf({ precision }, ['float32', 'float64'])
  })
  const registry = registryOf(catalogue, nodes)
  // Checks the form, too, of what came from JSON or from plain JavaScript.
  const def = readGraph(graph, registry) as GraphDef<never, never>
  const inspection = inspected(def, registry)
  if (typeof checkFinite === 'string') {
    checkedAt('compile', 'INVALID_OPTION', () => check.oneOf({ checkFinite }, ['losses', 'all', 'none']))
  } else {
    const ids = inspection.nodes.map(({ id }) => id)
    checkedAt('compile', 'INVALID_OPTION', () => check.texts({ checkFinite }))
    for (const id of checkFinite)
      checkedAt('compile: checkFinite', 'UNKNOWN_NAME', () => check.oneOf({ node: id }, ids))
  }
  const arithmetic = createKernels({ kernels, precision, threads, blasPath })
  demandMemory(inspection, arithmetic)
  const replays = (definition: Definition) => ownDefinitions.has(definition) || definition.replayable === true
  const engine = new Engine(def, inspection, {
    seed,
    kernels: arithmetic,
    checkFinite,
    debug,
    replay,
    replays,
    isBlank,
  })
  const meaning = encoder === undefined ? undefined : checkedEncoder(encoder, 'compile: encoder')
  const model = new Model<Predicted, Rows>(def as GraphDef<Predicted, Rows>, engine, meaning)
  madeWith.set(model, checked)
  return model
}

const madeWith = new WeakMap<object, CompileOptions>()

/** The definitions that a model was compiled with, for the runtime itself. */
export const definitionsOf = (model: Model): Registry =>
  registryOf(catalogue, madeWith.get(model)?.nodes ?? [])

/**
 * Another model that knows the same: whatever is tried with it, this one stays as it is. Dispose it afterwards.
 *
 * @throws GradstreamError `BUSY` inside a step, `ALREADY_DISPOSED`, `OUT_OF_MEMORY`
 */
export function twinOf(model: Model): Model {
  const [engine, state] = [engineOf(model), model.state()]
  const twin = compiled(model.graph, madeWith.get(model) as CompileOptions, true)
  try {
    const own = engineOf(twin)
    twin.offer(model)
    loadWhole(own, new Map(Object.entries(state)), 'model')
    for (const [key, { frozen }] of engine.parameters)
      (own.parameters.get(key) as LiveParameter).frozen = frozen
    const tuned = own.tuned
    for (const [i, given] of engine.tuned.entries()) {
      tuned[i]?.set(given.settings)
      tuned[i]?.load(given.save())
    }
    return twin
  } catch (error) {
    twin.dispose()
    throw error
  }
}

/** All faults of a graph at once; an empty list for a graph that compiles without a warning. */
export function validate(graph: GraphDef, options: RegistryOptions = {}): readonly Fault[] {
  demandGraph('validate', graph)
  const registry = registryFrom('validate', options)
  return inspect(readGraph(graph, registry), registry).faults
}

/**
 * Reads a graph from JSON text, or from what `JSON.parse` made of it. Configs written by older versions of a node
 * type are migrated; types that are not known are kept, and fail on compile with a clear error.
 *
 * @throws GradstreamError `GRAPH_FORMAT` for anything that is no graph.
 */
export function graphFromJson(json: string | object, options: RegistryOptions = {}): GraphDef {
  demandGraph('graphFromJson', json)
  return readGraph(json, registryFrom('graphFromJson', options))
}

function registryFrom(place: string, options: RegistryOptions) {
  const { nodes = [] } = checkedAt(place, 'INVALID_OPTION', () => check.options(options, ['nodes']))
  return registryOf(catalogue, nodes)
}
