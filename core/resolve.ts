/**
 * Resolves a graph: looks up the definition of each node, puts the nodes in firing order, and works out all
 * shapes.
 */
import { checkedAt, entriesOf } from './checks.ts'
import {
  type Config,
  type Definition,
  inputName,
  inputsOf,
  isUpdating,
  type NodeDefinition,
  type ParameterSpec,
  type Registry,
} from './definition.ts'
import { ERRORS, type ErrorCode, type ErrorReport, GradstreamError, listOf, show } from './errors.ts'
import { checkedConfig, usualCall } from './factory.ts'
import type { GraphDef, NodeEntry, PortRef } from './graph.ts'
import { demandNames } from './names.ts'
import { didYouMean } from './nearest.ts'
import { entryOf, recordOf } from './record.ts'
import { type PortShape, showShape } from './shape.ts'
import { attempt } from './things.ts'

/** Something wrong with a graph. Errors prevent compilation; warnings do not. */
export interface Fault extends ErrorReport {
  readonly severity: 'error' | 'warning'
}

export interface ResolvedInput {
  readonly name: string
  readonly producer: ResolvedNode
  readonly output: string
}

export interface ResolvedNode {
  readonly id: string
  readonly entry: NodeEntry
  readonly definition: Definition
  readonly config: Config
  readonly inputs: readonly ResolvedInput[]
  /** The shapes of its outputs. */
  readonly shapes: Readonly<Record<string, PortShape>>
  readonly parameters: Readonly<Record<string, ParameterSpec>>
  readonly state: Readonly<Record<string, ParameterSpec>>
  /** The node that owns the parameters: itself, or the one that it shares with. */
  readonly owner: ResolvedNode
}

/** Collects faults, to report all of them at once. */
export class Faults {
  readonly list: Fault[] = []

  get size(): number {
    return this.list.length
  }

  add(error: GradstreamError, severity: Fault['severity'] = 'error'): void {
    this.list.push({ ...error.toJSON(), severity })
  }

  report(
    code: ErrorCode,
    place: string,
    expected: string,
    got: string,
    hint: string = ERRORS[code].hint,
  ): void {
    this.add(new GradstreamError(code, { place, expected, got, hint }))
  }
}

/** The shape of one sample at an input; undefined where there is none. */
export type SampleShapes = (input: string) => PortShape | undefined

/**
 * Resolves as much of a graph as possible. Each fault is reported once: a node that depends on a faulty one
 * is skipped silently.
 *
 * @param samples the shapes of the samples, by default those in the graph; what depends on an input without one is skipped, too
 */
export function resolve(
  graph: GraphDef,
  registry: Registry,
  faults: Faults,
  samples?: SampleShapes,
): ResolvedNode[] {
  const entries = uniqueEntries(graph, faults)
  const resolved = new Map<string, ResolvedNode>()
  for (const entry of firingOrder(entries, faults)) {
    const isInput = registry.get(entry.type)?.role === 'input'
    const sample = isInput ? samples?.(entry.id) : undefined
    if (isInput && samples && !sample) continue
    const node = resolveNode(sample ? withSample(entry, sample) : entry, entries, resolved, registry, faults)
    if (node) resolved.set(entry.id, node)
  }
  for (const [name, ref] of Object.entries(graph.outputs)) {
    const node = resolved.get(ref.node)
    if (name !== ref.node && entries.has(name)) {
      faults.report(
        'DUPLICATE_NAME',
        `output "${name}"`,
        'a unique name, or the name of its own node',
        `the name of another node; this port is "${ref.output}" of "${ref.node}"`,
      )
    }
    if (!entries.has(ref.node) || (node && !node.definition.outputs.includes(ref.output))) {
      faults.report('OPEN_PORT', `output "${name}"`, 'a port that exists', `"${ref.output}" of "${ref.node}"`)
    }
  }
  return [...resolved.values()]
}

const withSample = (entry: NodeEntry, shape: PortShape): NodeEntry => ({
  ...entry,
  config: { ...entry.config, shape },
})

function uniqueEntries(graph: GraphDef, faults: Faults): Map<string, NodeEntry> {
  const entries = new Map<string, NodeEntry>()
  for (const entry of graph.nodes) {
    if (!entries.has(entry.id)) entries.set(entry.id, entry)
    else
      faults.report(
        'DUPLICATE_NAME',
        entry.id,
        'only one node of this name',
        `a second one, of type "${entry.type}"`,
      )
  }
  return entries
}

/** The nodes of the graph, each after the nodes that feed it and the one it shares with. */
function firingOrder(entries: Map<string, NodeEntry>, faults: Faults): NodeEntry[] {
  const before = (entry: NodeEntry) => {
    const ids = Object.values(entry.inputs).map(ref => ref.node)
    if (entry.shares !== undefined) ids.push(entry.shares)
    return new Set(ids.filter(id => entries.has(id)))
  }
  // Graphs built in code are already in this order, and keep it.
  const done = new Set<string>()
  const inOrder = (entry: NodeEntry) => [...before(entry)].every(id => done.has(id)) && done.add(entry.id)
  return [...entries.values()].every(inOrder) ? [...entries.values()] : sorted(entries, before, faults)
}

/**
 * Topological sorting (Kahn, 1962). If it gets stuck there is a cycle: report it, and treat its nodes as done
 * to find the next one. Nodes of a cycle do not resolve, since each depends on another.
 */
function sorted(
  entries: Map<string, NodeEntry>,
  before: (entry: NodeEntry) => Set<string>,
  faults: Faults,
): NodeEntry[] {
  const waiting = new Map<string, number>()
  const after = new Map<string, NodeEntry[]>()
  const order: NodeEntry[] = []
  const done = new Set<string>()
  const take = (entry: NodeEntry) => {
    if (done.has(entry.id)) return
    done.add(entry.id)
    order.push(entry)
  }
  for (const entry of entries.values()) {
    const needed = before(entry)
    waiting.set(entry.id, needed.size)
    if (needed.size === 0) take(entry)
    for (const id of needed) {
      const followers = after.get(id)
      if (followers) followers.push(entry)
      else after.set(id, [entry])
    }
  }
  for (let i = 0; i < entries.size; i++) {
    if (i === order.length)
      for (const id of reportCycle(entries, done, before, faults)) take(entries.get(id) as NodeEntry)
    for (const follower of after.get((order[i] as NodeEntry).id) ?? []) {
      const left = (waiting.get(follower.id) as number) - 1
      waiting.set(follower.id, left)
      if (left === 0) take(follower)
    }
  }
  return order
}

/** Every remaining node waits for another remaining one, so a walk from any of them reaches a cycle. */
function reportCycle(
  entries: Map<string, NodeEntry>,
  done: ReadonlySet<string>,
  before: (entry: NodeEntry) => Set<string>,
  faults: Faults,
): readonly string[] {
  const open = (ids: Iterable<string>) => [...ids].find(id => !done.has(id)) as string
  const path: string[] = []
  let id = open(entries.keys())
  while (!path.includes(id)) {
    path.push(id)
    id = open(before(entries.get(id) as NodeEntry))
  }
  const cycle = path.slice(path.indexOf(id)).reverse()
  const edges = [...cycle, cycle[0]].join(' → ')
  faults.report('CYCLE', cycle[0] as string, 'edges that lead forward only', `the cycle ${edges}`)
  return cycle
}

function resolveNode(
  entry: NodeEntry,
  entries: Map<string, NodeEntry>,
  resolved: Map<string, ResolvedNode>,
  registry: Registry,
  faults: Faults,
): ResolvedNode | undefined {
  const { id, type } = entry
  const definition = registry.get(type)
  if (!definition) {
    const hint = `Pass its definition: compile(graph, { nodes: [${type}] }).`
    faults.report('UNKNOWN_TYPE', id, 'a type that is defined', `"${type}"`, hint)
    return undefined
  }
  const missing = openPorts(entry, definition, entries, registry)
  for (const { name, got } of missing) {
    faults.report('OPEN_PORT', id, `input "${name}" to be connected`, got, connecting(definition))
  }
  try {
    const config = checkedConfig(definition, entry.config, id)
    const inputs = inputNames(entry, definition).map(name =>
      resolveInput(name, entry.inputs[name] as PortRef, resolved),
    )
    if (missing.length > 0 || inputs.includes(undefined)) return undefined
    if (entry.shares !== undefined && entries.has(entry.shares) && !resolved.has(entry.shares))
      return undefined
    return withShapes(entry, definition, config, inputs as ResolvedInput[], resolved)
  } catch (error) {
    if (!(error instanceof GradstreamError)) throw error
    faults.add(error)
    return undefined
  }
}

/** The code that connects all inputs of a node. */
function connecting(definition: Definition): string {
  return `Connect it: ${usualCall(definition)}(${definition.inputs.join(', ')}).`
}

function resolveInput(
  name: string,
  ref: PortRef,
  resolved: Map<string, ResolvedNode>,
): ResolvedInput | undefined {
  const producer = resolved.get(ref.node)
  return producer && { name, producer, output: ref.output }
}

function openPorts(
  entry: NodeEntry,
  definition: Definition,
  entries: Map<string, NodeEntry>,
  registry: Registry,
): { name: string; got: string }[] {
  const open: { name: string; got: string }[] = []
  const names = inputNames(entry, definition)
  for (const name of definition.inputs)
    if (!Object.hasOwn(entry.inputs, name)) open.push({ name, got: 'nothing' })
  for (const [name, ref] of Object.entries(entry.inputs)) {
    const producer = entries.get(ref.node)
    const feeding = producer && registry.get(producer.type)
    const outputs = feeding?.outputs
    if (!names.includes(name)) {
      open.push({ name, got: `an input that ${entry.type} does not have` })
    } else if (!producer) open.push({ name, got: `the unknown node "${ref.node}"` })
    else if (feeding && isUpdating(feeding) && definition.role !== 'weights')
      open.push({ name, got: `"${ref.node}", an optimizer, which has no values` })
    else if (feeding && !isUpdating(feeding) && definition.role === 'weights')
      open.push({ name, got: `"${ref.node}", which is no optimizer` })
    else if (outputs && !(outputs as readonly string[]).includes(ref.output)) {
      open.push({ name, got: `"${ref.output}" of "${ref.node}", which has ${listOf(outputs)}` })
    }
  }
  return open
}

/**
 * The connected inputs of a node in the order of its definition. Variadic inputs are numbered without gaps.
 */
function inputNames({ inputs }: NodeEntry, definition: Definition): string[] {
  const count = Math.max(Object.keys(inputs).length, inputsOf(definition).length)
  return Array.from({ length: count }, (_, i) => inputName(definition, i) ?? '').filter(name =>
    Object.hasOwn(inputs, name),
  )
}

function withShapes(
  entry: NodeEntry,
  definition: Definition,
  config: Config,
  inputs: readonly ResolvedInput[],
  resolved: Map<string, ResolvedNode>,
): ResolvedNode {
  const { id } = entry
  const place =
    inputs.length > 0 ? `${id}, fed by ${inputs.map(({ producer }) => `"${producer.id}"`).join(' and ')}` : id
  const arriving = recordOf(
    inputs.map(({ name, producer, output }) => [name, producer.shapes[output] as PortShape] as const),
  )
  const node = { id, entry, definition, config, inputs }
  const nothing = { shapes: {}, parameters: {}, state: {} }
  if (definition.role === 'weights') return owned({ ...node, ...nothing }, resolved)
  if (definition.role === 'optimizer') {
    const loss = arriving.loss as PortShape
    if (loss.length > 0) {
      throw new GradstreamError('LOSS_NOT_SCALAR', {
        place,
        expected: 'a loss that is one number',
        got: `the shape ${showShape(loss)}`,
      })
    }
    return owned({ ...node, ...nothing }, resolved)
  }
  const shaped = <T>(work: () => T): T => {
    try {
      return checkedAt(place, 'SHAPE_MISMATCH', work)
    } catch (error) {
      if (error instanceof GradstreamError) throw withHint(error, oneHotHint(definition, config, arriving))
      const got = Object.entries(arriving).map(([name, shape]) => `${name} ${showShape(shape)}`)
      const expected = `shapes that ${entry.type} accepts (${show(error)})`
      throw new GradstreamError('SHAPE_MISMATCH', { place, expected, got: got.join(', '), cause: error })
    }
  }
  const read = definition.reads && parameterBehind(node, definition.reads(config))
  const parameters = read?.parameters ?? shaped(() => present(definition.parameters(arriving, config)))
  demandSpecs(definition, parameters)
  const known = read ? { ...arriving, ...shapesOf(read.parameters) } : arriving
  const shapes = shaped(() => definition.shapes(known, config))
  demandShapes(definition, config, shapes)
  const state = shaped(() => present(definition.state(arriving, config)))
  demandSpecs(definition, state)
  const { variadic } = definition
  const names = {
    'an input': inputsOf(definition),
    'an output': definition.outputs,
    'a saved value': definition.saved,
    'a parameter': Object.keys(parameters),
    'a state': Object.keys(state),
  }
  demandNames(id, names, { variadic })
  if (read) return { ...node, shapes, parameters, state, owner: read.owner }
  return owned({ ...node, shapes, parameters, state }, resolved)
}

/** What a definition gives as the shapes of its outputs has to be that. */
function demandShapes(definition: NodeDefinition, config: Config, shapes: unknown): void {
  const wanted = definition.shown?.(config) ?? definition.outputs
  const given = entriesOf(shapes as object)?.filter(([, shape]) => Array.isArray(shape))
  const missing = wanted.find(name => !given?.some(([other]) => other === name))
  if (missing === undefined) return
  throw new GradstreamError('INVALID_CONFIG', {
    place: `the definition of ${definition.type}`,
    expected: `shapes to return a shape for its output "${missing}"`,
    got: show(shapes),
    hint: `Write shapes: ({ x }) => ({ ${missing}: ${definition.role === 'loss' ? '[]' : 'x'} }).`,
  })
}

/** And what it gives as parameters or state, the shapes of tensors, by name. */
function demandSpecs({ type }: NodeDefinition, specs: Readonly<Record<string, ParameterSpec>>): void {
  const isShape = (shape: unknown) =>
    Array.isArray(shape) && Array.from(shape).every(axis => Number.isSafeInteger(axis) && axis > 0)
  for (const [name, spec] of Object.entries(specs)) {
    if (isShape(attempt(() => spec.shape))) continue
    throw new GradstreamError('INVALID_CONFIG', {
      place: `the definition of ${type}`,
      expected: `"${name}" to be { shape }, a list of whole numbers above 0`,
      got: show(spec),
      hint: `Write ${name}: { shape: [check.lastAxis({ x })] }; the batch axis of x is null.`,
    })
  }
}

/** The parameter of that name, of the node that feeds one. */
function parameterBehind({ id, inputs }: Pick<ResolvedNode, 'id' | 'inputs'>, name: string) {
  const { producer } = inputs[0] as ResolvedInput
  const spec = entryOf(producer.parameters, name)
  if (spec) return { owner: producer.owner, parameters: recordOf([[name, spec]]) }
  const names = Object.keys(producer.parameters)
  throw new GradstreamError('UNKNOWN_NAME', {
    place: `${id}, fed by "${producer.id}"`,
    expected: names.length > 0 ? `one of its parameters ${listOf(names)}` : 'a node with parameters',
    got: names.length > 0 ? `"${name}"` : `one of the type ${producer.entry.type}, which has none`,
    hint: 'Connect it to the output of the layer itself, before its activation.',
    ...didYouMean(name, names),
  })
}

const shapesOf = (specs: Readonly<Record<string, ParameterSpec>>): Record<string, PortShape> =>
  recordOf(Object.entries(specs).map(([name, { shape }]) => [name, shape]))

const withHint = (error: GradstreamError, hint: string | undefined): GradstreamError =>
  hint === undefined
    ? error
    : new GradstreamError(error.code, { ...error.toJSON(), hint, cause: error.cause })

/** Advice for class numbers at a loss that expects one entry per class. */
function oneHotHint(
  definition: NodeDefinition,
  config: Config,
  shapes: Readonly<Record<string, PortShape>>,
): string | undefined {
  const asked = Object.entries(definition.expects?.(config, { ...shapes }) ?? {})
  const narrow = asked.find(([name, kind]) => kind === 'distribution' && shapes[name]?.at(-1) === 1)
  const classes = Math.max(...Object.values(shapes).map(shape => shape.at(-1) ?? 0))
  if (!narrow || classes < 2) return undefined
  return `Write the classes one-hot, with shape: [${classes}] at the input "${narrow[0]}"; csv() does so for columns under categorical.`
}

/** Leaves out optional parameters that are undefined. */
function present(specs: Record<string, ParameterSpec | undefined>): Record<string, ParameterSpec> {
  return recordOf(
    Object.entries(specs).filter((pair): pair is [string, ParameterSpec] => pair[1] !== undefined),
  )
}

function owned(node: Omit<ResolvedNode, 'owner'>, resolved: Map<string, ResolvedNode>): ResolvedNode {
  const { id, entry } = node
  if (entry.shares === undefined) {
    const own: ResolvedNode & { owner?: ResolvedNode } = { ...node, owner: undefined as never }
    return Object.assign(own, { owner: own })
  }
  const owner = resolved.get(entry.shares)
  if (owner?.entry.type !== entry.type) {
    throw new GradstreamError('OPEN_PORT', {
      place: id,
      expected: `a ${entry.type} to share parameters with`,
      got: `"${entry.shares}"`,
      hint: 'Pass the name of the first use of the same layer.',
    })
  }
  const specs = { ...node.parameters, ...node.state }
  const ownerSpecs = { ...owner.parameters, ...owner.state }
  for (const [name, { shape }] of Object.entries(specs)) {
    const theirs = Object.hasOwn(ownerSpecs, name) ? ownerSpecs[name]?.shape : undefined
    if (theirs && showShape(theirs) === showShape(shape)) continue
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: `${id}, which shares the parameters of "${owner.id}"`,
      expected: `${name} ${theirs ? showShape(theirs) : 'to be absent'}`,
      got: showShape(shape),
      hint: 'Reuse a layer only for inputs of the same size.',
    })
  }
  return { ...node, owner: owner.owner }
}
