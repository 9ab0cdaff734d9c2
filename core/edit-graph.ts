/** Changes of a graph as plain data: other options for a node, a node put behind another one, a node taken out. */
import { CheckFailed, entriesOf } from './checks.ts'
import { type Config, type Definition, isUpdating, type Registry } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import { checkedConfig } from './factory.ts'
import { frozenCopy, type GraphDef, type NodeEntry, type PortRef } from './graph.ts'
import { didYouMeanName } from './nearest.ts'
import { recordOf } from './record.ts'
import { attempt } from './things.ts'

export type GraphChange =
  /** Other options for a node. Those that are not named stay. */
  | { readonly set: string; readonly config: Config }
  /**
   * A new node of that type, behind the first output of another one: what that fed is now fed by the new node. Without a `name` it is numbered
   * by its type.
   */
  | { readonly insert: string; readonly behind: string; readonly name?: string; readonly config?: Config }
  /** Takes a node out. What feeds it now feeds those that it fed. */
  | { readonly remove: string }

/** The most changes at a time. */
const MOST = 256
/** The most nodes of a graph that grows by changes. */
const MOST_NODES = 10_000
/** The most characters of the name of a node. */
const LONGEST = 128

const FIELDS = {
  set: ['set', 'config'],
  insert: ['insert', 'behind', 'name', 'config'],
  remove: ['remove'],
} as const
const KINDS = Object.keys(FIELDS) as (keyof typeof FIELDS)[]

const PLACE = 'edit'

/**
 * Checks that a value is a list of changes, which is empty only if it `mayBeEmpty`. Whether they fit a graph is checked where they are made.
 *
 * @throws CheckFailed
 */
export function checkedChanges(given: unknown, mayBeEmpty = false): readonly GraphChange[] {
  const refuse = (expected: string, got: string) => {
    throw new CheckFailed(expected, got)
  }
  const least = mayBeEmpty ? 0 : 1
  if (!Array.isArray(given) || given.length < least || given.length > MOST)
    return refuse(`changes to be a list of ${least} to ${MOST} changes`, show(given)) as never
  return Array.from(given, (change, i) => {
    const fields = Object.fromEntries(entriesOf<unknown>(change) ?? [])
    const kind = KINDS.find(kind => Object.hasOwn(fields, kind))
    if (kind === undefined)
      return refuse(`change ${i + 1} to have set, insert or remove`, show(change)) as never
    const known: readonly string[] = FIELDS[kind]
    const unknown = Object.keys(fields).find(field => !known.includes(field))
    if (unknown !== undefined) refuse(`change ${i + 1} to have only ${known.join(', ')}`, show(unknown))
    for (const field of known.filter(field => field !== 'config')) {
      const value = fields[field]
      const isText = typeof value === 'string' && value.length > 0 && value.length <= LONGEST
      if (!isText && !(field === 'name' && value === undefined))
        refuse(`${field} of change ${i + 1} to be a name of 1 to ${LONGEST} characters`, show(value))
    }
    const { config } = fields
    if ((config !== undefined || kind === 'set') && entriesOf(config as object) === undefined)
      refuse(`config of change ${i + 1} to be options by name`, show(config))
    return fields as unknown as GraphChange
  })
}

/**
 * A graph with changes, made in their order. The result may have faults, which `inspect` finds: a value that an option does not take, shapes
 * that do not fit.
 *
 * @throws GradstreamError `UNKNOWN_NAME`, `UNKNOWN_TYPE`, `DUPLICATE_NAME`, `GRAPH_FORMAT`, and `NOT_AVAILABLE` for a change that needs more
 *   wiring than this
 */
export function editedGraph(graph: GraphDef, changes: readonly GraphChange[], registry: Registry): GraphDef {
  let edited = graph
  for (const change of changes) {
    if ('set' in change) edited = withConfig(edited, change.set, change.config, registry)
    else if ('insert' in change) edited = withNode(edited, change, registry)
    else edited = without(edited, change.remove, registry)
  }
  return frozenCopy(edited, PLACE)
}

/** Nodes that share their parameters have the same options. */
function withConfig(graph: GraphDef, id: string, config: Config, registry: Registry): GraphDef {
  const changed = nodeOf(graph, id)
  const owner = changed.shares ?? id
  return {
    ...graph,
    nodes: graph.nodes.map(entry =>
      entry.id === owner || entry.shares === owner
        ? { ...entry, config: completed(registry.get(entry.type), { ...entry.config, ...config }, entry.id) }
        : entry,
    ),
  }
}

function withNode(
  graph: GraphDef,
  { insert: type, behind, name, config = {} }: Extract<GraphChange, { insert: string }>,
  registry: Registry,
): GraphDef {
  const feeding = nodeOf(graph, behind)
  const definition = registry.get(type)
  if (!definition)
    throw new GradstreamError('UNKNOWN_TYPE', {
      place: PLACE,
      expected: 'a type that the run knows',
      got: show(type),
      hint: 'Built-in types are known, and those of compile(graph, { nodes }).',
    })
  const output = outputOf(registry.get(feeding.type))
  if (output === undefined || !isPlain(definition))
    throw notAvailable(
      'a layer or another node with one input, behind a node that has values',
      `"${type}" behind "${behind}"`,
    )
  if (graph.nodes.length >= MOST_NODES)
    throw notAvailable(`a graph of at most ${MOST_NODES} nodes`, 'one more')
  const ids = new Set([...graph.nodes.map(entry => entry.id), ...Object.keys(graph.outputs)])
  if (name !== undefined && ids.has(name))
    throw new GradstreamError('DUPLICATE_NAME', {
      place: PLACE,
      expected: 'a name that no other node or output has',
      got: show(name),
    })
  const id = name ?? freeName(type, ids)
  const before: PortRef = { node: behind, output }
  const after: PortRef = { node: id, output: definition.outputs[0] as string }
  const entry: NodeEntry = {
    id,
    type,
    version: definition.version,
    config: completed(definition, config, id),
    inputs: { [definition.inputs[0] as string]: before },
  }
  const joined = rewired(graph, ref => (ref.node === behind && ref.output === output ? after : ref))
  return {
    ...joined,
    nodes: joined.nodes.flatMap(other => (other.id === behind ? [other, entry] : [other])),
    // An output may have the name of its own node only, so one that has stays where it is.
    outputs: recordOf(
      Object.entries(joined.outputs).map(([name, ref]) => [name, name === behind ? before : ref] as const),
    ),
  }
}

function without(graph: GraphDef, id: string, registry: Registry): GraphDef {
  const entry = nodeOf(graph, id)
  if (!isRemovable(graph, entry, registry))
    throw notAvailable(
      'a node with one input and one output, whose parameters no other node shares',
      `"${id}"`,
    )
  const [before] = Object.values(entry.inputs) as [PortRef]
  const joined = rewired(graph, ref => (ref.node === id ? before : ref))
  return { ...joined, nodes: joined.nodes.filter(other => other !== entry && other.id !== id) }
}

/** Whether a node can be taken out: what feeds it can feed those that it fed. */
export function isRemovable(graph: GraphDef, { id, type, inputs }: NodeEntry, registry: Registry): boolean {
  const definition = registry.get(type)
  if (!definition || !isPlain(definition) || Object.keys(inputs).length !== 1) return false
  const output = outputOf(definition)
  const ends = [...graph.nodes.flatMap(entry => Object.values(entry.inputs)), ...Object.values(graph.outputs)]
  return (
    ends.every(ref => ref.node !== id || ref.output === output) &&
    graph.nodes.every(other => other.shares !== id)
  )
}

/** Whether a type of nodes can stand between two others without more wiring. */
export const isPlain = (definition: Definition): boolean =>
  definition.role === 'node' &&
  definition.inputs.length === 1 &&
  definition.outputs.length > 0 &&
  !definition.variadic &&
  !definition.reads &&
  !definition.gradients

/** The output of a node behind which another one can stand. */
export function outputOf(definition: Definition | undefined): string | undefined {
  if (!definition || isUpdating(definition) || definition.role === 'loss') return undefined
  return definition.gradients ? undefined : definition.outputs[0]
}

function nodeOf(graph: GraphDef, id: string): NodeEntry {
  const found = graph.nodes.find(entry => entry.id === id)
  if (found) return found
  const ids = graph.nodes.map(entry => entry.id)
  throw new GradstreamError('UNKNOWN_NAME', {
    place: PLACE,
    expected: 'a node of the graph',
    got: show(id),
    ...didYouMeanName(id, ids),
  })
}

/** All options of a node; those that are not valid as they are. */
const completed = (definition: Definition | undefined, config: Config, id: string): Config =>
  (definition && attempt(() => checkedConfig(definition, config, id))) ?? config

/** What `follow` leaves alone stays the same object. */
function rewired(graph: GraphDef, follow: (ref: PortRef) => PortRef): GraphDef {
  const all = (refs: NodeEntry['inputs']) => {
    const entries = Object.entries(refs)
    return entries.every(([, ref]) => follow(ref) === ref)
      ? refs
      : recordOf(entries.map(([name, ref]) => [name, follow(ref)] as const))
  }
  return {
    ...graph,
    nodes: graph.nodes.map(entry => {
      const inputs = all(entry.inputs)
      return inputs === entry.inputs ? entry : { ...entry, inputs }
    }),
    outputs: all(graph.outputs),
  }
}

function freeName(type: string, taken: ReadonlySet<string>): string {
  let count = 1
  while (taken.has(`${type}${count}`)) count++
  return `${type}${count}`
}

const notAvailable = (expected: string, got: string) =>
  new GradstreamError('NOT_AVAILABLE', {
    place: PLACE,
    expected,
    got,
    hint: 'Change the graph in code for anything else.',
  })
