/** `graph`: ports in, a plain description of the network out. */
import { entriesOf } from './checks.ts'
import { type Config, inputName, inputsOf } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import { usualCall } from './factory.ts'
import { type Application, type InputsOf, type Layer, Port, type Scope } from './port.ts'
import { isRecord, recordOf } from './record.ts'
import type { TensorLike } from './tensor.ts'
import { adviceOn, attempt, thingOf } from './things.ts'

/** An output of a node of a graph. */
export interface PortRef {
  readonly node: string
  readonly output: string
}

/** One node of a graph. */
export interface NodeEntry {
  readonly id: string
  readonly type: string
  /** The version of the type that wrote the config. */
  readonly version: number
  readonly config: Config
  readonly inputs: Readonly<Record<string, PortRef>>
  /** Present if optimizers must not change its parameters. */
  readonly trainable?: false
  /** The node whose parameters it uses. */
  readonly shares?: string
  /** The parameters that an optimizer updates, if it names them. */
  readonly parameters?: readonly string[]
}

/** A network as data: immutable, free of behaviour, and the same as JSON. Nothing is allocated for it. */
export interface GraphDef<Predicted extends string = string, Rows = RowsByInput> {
  readonly format: 'gradstream-graph'
  readonly version: 1
  readonly nodes: readonly NodeEntry[]
  readonly outputs: Readonly<Record<string, PortRef>>
  /** For type checking only: the outputs that `predict` returns. */
  readonly predicted?: readonly Predicted[]
  /** For type checking only: the rows that `predict` takes. */
  readonly rows?: Rows
}

/** What `predict` takes if TypeScript does not know the inputs of the graph. */
export type RowsByInput = Readonly<Record<string, TensorLike>>

type Predicted<Outputs> = {
  [Name in keyof Outputs]: Outputs[Name] extends Port<infer Kind>
    ? 'value' extends Kind
      ? Name
      : never
    : never
}[keyof Outputs]

/**
 * Required rows for every input that a predicted output depends on, optional ones for the others. Inputs that
 * only losses need are never required.
 */
type Rows<Outputs, Name = Predicted<Outputs>> = [Name] extends [never]
  ? RowsByInput
  : string extends InputsOf<Outputs[keyof Outputs]>
    ? RowsByInput
    : Name extends keyof Outputs
      ? { readonly [Input in InputsOf<Outputs[Name]>]: TensorLike } & {
          readonly [Input in InputsOf<Outputs[keyof Outputs]>]?: TensorLike
        }
      : never

/**
 * Builds a graph from its output ports, each under a unique name. Nodes without a name are numbered by type:
 * `dense1`, `dense2`, ... `validate` and `compile` check the structure and report all faults at once.
 *
 * @example const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
 */
export function graph<const Outputs extends Record<string, Port>>(
  outputs: Outputs,
): GraphDef<Predicted<Outputs> & string, Rows<Outputs>> {
  demandPorts(outputs)
  const applications = inOrder(Object.values(outputs))
  const names = nameAll(applications)
  demandOwnNames(outputs, names)
  const refOf = (port: Port): PortRef => ({
    node: names.get(port.application) as string,
    output: port.output,
  })
  const owners = new Map<Layer, string>()
  const nodes = applications.map(application => {
    const { layer, inputs } = application
    const id = names.get(application) as string
    const owner = owners.get(layer)
    if (owner === undefined) owners.set(layer, id)
    return {
      id,
      type: layer.definition.type,
      version: layer.definition.version,
      config: frozenCopy(layer.config, id),
      inputs: Object.fromEntries(
        inputs.flatMap((port, index): [string, PortRef][] => {
          const name = inputName(layer.definition, index)
          if (name === undefined) throw tooManyInputs(id, layer, inputs.length)
          return port instanceof Port ? [[name, refOf(port)]] : []
        }),
      ),
      ...(layer.trainable ? {} : { trainable: false as const }),
      ...(owner === undefined ? {} : { shares: owner }),
      ...(layer.parameters ? { parameters: layer.parameters } : {}),
    }
  })
  return frozenCopy<GraphDef<never, never>>({
    format: 'gradstream-graph',
    version: 1,
    nodes,
    outputs: recordOf(Object.entries(outputs).map(([name, port]) => [name, refOf(port)] as const)),
  })
}

/** Checks that the argument holds ports by name. */
function demandPorts(outputs: unknown): asserts outputs is Record<string, Port> {
  const refuse = (place: string, expected: string, got: string, hint: string | undefined) => {
    const usual = 'Pass the ports at its end by name: graph({ prediction, loss, update }).'
    throw new GradstreamError('INVALID_OPTION', { place, expected, got, hint: hint ?? usual })
  }
  const entries = Array.isArray(outputs) ? undefined : entriesOf<unknown>(outputs as object)
  if (entries === undefined) {
    const lone = thingOf(outputs)
    const hint = lone?.kind === 'port' ? `Give it a name: graph({ ${lone.code}: port }).` : undefined
    refuse('graph', 'an object of ports by name', show(outputs), hint)
    return
  }
  if (entries.length === 0) refuse('graph', 'at least one output', 'none', undefined)
  for (const [name, port] of entries) {
    if (attempt(() => port instanceof Port)) continue
    refuse(
      `graph: output "${name}"`,
      'a port, as in x.pipe(dense({ units: 1 }))',
      show(port),
      adviceOn('port', port),
    )
  }
}

/**
 * All applications that the ports depend on, each after those that feed it. A loop, because graphs can be too
 * deep for recursion.
 */
function inOrder(ports: readonly Port[]): Application[] {
  const order = new Set<Application>()
  const seen = new Set<Application>()
  const open: Application[] = []
  for (const port of ports) {
    open.push(port.application)
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (seen.has(top)) {
        order.add(open.pop() as Application)
        continue
      }
      seen.add(top)
      for (const feeding of top.inputs.toReversed()) {
        if (feeding instanceof Port && !seen.has(feeding.application)) open.push(feeding.application)
      }
    }
  }
  return [...order]
}

function nameAll(applications: readonly Application[]): Map<Application, string> {
  const scopes = new Map<Scope, string>()
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  /** The first free name of a stem: `dense1`, `dense2`, ... */
  const numbered = (stem: string, from = 0) => {
    let count = counts.get(stem) ?? from
    do count++
    while (taken.has(`${stem}${count}`))
    counts.set(stem, count)
    taken.add(`${stem}${count}`)
    return `${stem}${count}`
  }
  /** What stands in front of the names in a block: `residual1/`. */
  const prefixOf = (scope: Scope | undefined): string => {
    if (!scope) return ''
    const known = scopes.get(scope)
    if (known !== undefined) return known
    const prefix = `${numbered(prefixOf(scope.outer) + scope.name)}/`
    scopes.set(scope, prefix)
    return prefix
  }
  const named = new Set<Layer>()
  const fullName = ({ name, scope }: Layer) => prefixOf(scope) + name
  for (const { layer } of applications) if (layer.name !== undefined) taken.add(fullName(layer))
  return new Map(
    applications.map(application => {
      const { layer } = application
      const { name, definition, scope } = layer
      if (name !== undefined && !named.has(layer)) {
        named.add(layer)
        return [application, fullName(layer)]
      }
      // The second use of a named layer is numbered after its name: encoder, encoder2.
      const stem = prefixOf(scope) + (name ?? definition.type)
      return [application, numbered(stem, name === undefined ? 0 : 1)]
    }),
  )
}

/** An output may share a name only with its own node: `model.node(name)` accepts both kinds of names. */
function demandOwnNames(
  outputs: Readonly<Record<string, Port>>,
  names: ReadonlyMap<Application, string>,
): void {
  const ids = new Set(names.values())
  for (const [name, port] of Object.entries(outputs)) {
    const own = names.get(port.application)
    if (name === own || !ids.has(name)) continue
    throw new GradstreamError('DUPLICATE_NAME', {
      place: `graph: output "${name}"`,
      expected: 'a unique name, or the name of its own node',
      got: `the name of another node; this port is "${port.output}" of "${own}"`,
    })
  }
}

function tooManyInputs(id: string, { definition }: Layer, count: number): GradstreamError {
  const names = inputsOf(definition)
  const many =
    names.length === 1
      ? 'one input'
      : `${names.length === definition.inputs.length ? '' : 'at most '}${names.length} inputs`
  return new GradstreamError('INVALID_OPTION', {
    place: id,
    expected: `${many}, ${names.join(' and ')}`,
    got: `${count} arguments`,
    hint: `Write ${usualCall(definition)}(${names.join(', ')}).`,
  })
}

/** The deepest nesting of a config. Anything deeper is a mistake or an attack. */
const DEEPEST = 100

/** A copy of a plain value, frozen all the way down. */
export function frozenCopy<T>(value: T, place = 'graph', depth = 0, option?: string): T {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new GradstreamError('GRAPH_FORMAT', {
      place: option === undefined ? place : `${place}, config "${option}"`,
      expected: 'plain data, since a graph is JSON',
      got: typeof value === 'function' ? show(value) : `a ${typeof value}`,
      hint: 'Use names and numbers, and let the node look up what they mean.',
    })
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) {
    throw new GradstreamError('GRAPH_FORMAT', {
      place,
      expected: `values nested at most ${DEEPEST} deep`,
      got: 'deeper ones',
      hint: 'Make the config flatter.',
    })
  }
  if (!Array.isArray(value) && !isRecord(value)) {
    throw new GradstreamError('GRAPH_FORMAT', {
      place,
      expected: 'plain data in configs',
      got: show(Object.prototype.toString.call(value)),
      hint: 'Use numbers, strings, arrays and plain objects.',
    })
  }
  if (Array.isArray(value))
    return Object.freeze(value.map(inner => frozenCopy(inner, place, depth + 1, option))) as T
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, frozenCopy(inner, place, depth + 1, key)] as const,
  )
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  return Object.freeze(isPlain ? Object.fromEntries(entries) : recordOf(entries)) as T
}
