/**
 * Open axes: axes of inputs whose lengths are known when a batch arrives. What follows from them is found by trial: nodes say their shapes for
 * two lengths, and where the two differ, an axis is open.
 */
import type { ParameterSpec, Registry } from './definition.ts'
import { GradstreamError } from './errors.ts'
import type { GraphDef } from './graph.ts'
import { recordOf } from './record.ts'
import { type Fault, Faults, type ResolvedNode, resolve, type SampleShapes } from './resolve.ts'
import { type PortShape, type Shape, sameShape, showSample, showShape } from './shape.ts'

/**
 * Lengths to try. Long ones come first, since a stack of poolings takes what is short away, with many divisors, since a reshape asks for
 * them; then short ones, for nodes that limit how long a sequence may be.
 */
const TRIALS = [5040, 2520, 840, 360, 120, 60, 24, 12, 6, 4, 3, 2, 1]

/** For how many lengths the shapes are remembered. */
const REMEMBERED = 64

interface Trial {
  /** The lengths of the open axes, by input. */
  readonly lengths: ReadonlyMap<string, number>
  readonly nodes: readonly ResolvedNode[]
  readonly faults: Faults
}

/** The open inputs of a graph: their shapes as they are written. */
function openInputs(graph: GraphDef, registry: Registry): ReadonlyMap<string, PortShape> {
  const open = new Map<string, PortShape>()
  for (const { id, type, config } of graph.nodes) {
    const { shape } = config
    if (registry.get(type)?.role !== 'input' || !Array.isArray(shape) || !shape.includes(null)) continue
    open.set(id, shape)
  }
  return open
}

/** What is known of a graph before lengths are: `nodes` with open axes as null, and `tried`, the same with one length for all. */
export interface OpenGraph {
  readonly nodes: readonly ResolvedNode[]
  readonly tried: readonly ResolvedNode[]
  readonly axes: OpenAxes
}

/** Resolves a graph with open axes; undefined where there are none. */
export function resolveOpen(graph: GraphDef, registry: Registry, faults: Faults): OpenGraph | undefined {
  const open = openInputs(graph, registry)
  if (open.size === 0) return undefined
  const shapeOf = new Map(graph.nodes.map(({ id, config }) => [id, config.shape as PortShape]))
  const triedWith = (lengths: ReadonlyMap<string, number>): Trial => {
    const own = new Faults()
    const samples = (id: string) => shapeOf.get(id)?.map(axis => axis ?? (lengths.get(id) as number))
    return { lengths, nodes: resolve(graph, registry, own, samples), faults: own }
  }
  const fitting: Trial[] = []
  let best: Trial | undefined
  for (const length of TRIALS) {
    const trial = adapted(triedWith(new Map([...open.keys()].map(id => [id, length]))), triedWith)
    const { size } = trial.faults
    if (size === 0 && fitting.push(trial) === 2) break
    if (size > 0 && (best === undefined || size < best.faults.size)) best = trial
  }
  // A graph for one length alone has no open axis; its faults are those of the other lengths.
  const [first, second] = fitting.length === 2 ? (fitting as [Trial, Trial]) : [best as Trial, best as Trial]
  for (const fault of first.faults.list) faults.list.push(explained(fault, first))
  const nodes = merged(first, second, [...open.keys()].join('", "'), faults)
  return { nodes, tried: first.nodes, axes: new OpenAxes(graph, registry, [...open.keys()], nodes) }
}

/**
 * Inputs may have lengths that follow from each other, such as labels for every second step: where one length for all does not fit, each input
 * is tried with those that the others lead to.
 */
function adapted(trial: Trial, triedWith: (lengths: Trial['lengths']) => Trial): Trial {
  let best = trial
  if (trial.lengths.size === 1) return best
  for (const id of trial.lengths.keys()) {
    const shapes = best.nodes.flatMap(node => Object.values(node.shapes))
    for (const length of new Set(shapes.flatMap(shape => shape.slice(1)))) {
      if (best.faults.size === 0) return best
      if (length === null || length < 1) continue
      const other = triedWith(new Map(best.lengths).set(id, length))
      if (other.faults.size < best.faults.size) best = other
    }
  }
  return best
}

/** Says where a length comes from that nobody has written. */
function explained(fault: Fault, { lengths }: Trial): Fault {
  const seen = [...new Set(lengths.values())].filter(length =>
    [fault.expected, fault.got].some(text => new RegExp(`\\b${length}\\b`).test(text)),
  )
  if (seen.length === 0) return fault
  const hint = `${fault.hint} Open axes were tried with the length ${seen.join(' and ')}, which stands for any.`
  return { ...new GradstreamError(fault.code, { ...fault, hint }).toJSON(), severity: fault.severity }
}

/** The nodes with null for each length that the trials do not agree about. */
function merged(first: Trial, second: Trial, inputs: string, faults: Faults): ResolvedNode[] {
  const others = new Map(second.nodes.map(node => [node.id, node]))
  const done = new Map<ResolvedNode, ResolvedNode>()
  return first.nodes.map(node => {
    const other = others.get(node.id) ?? node
    const own = { ...node.parameters, ...node.state }
    const grown = Object.entries({ ...other.parameters, ...other.state }).find(
      ([name, { shape }]) => !sameShape(shape, (own[name] as ParameterSpec | undefined)?.shape ?? []),
    )
    if (grown) faults.add(depends(node, grown, own, inputs))
    const shapes = recordOf(
      Object.entries(node.shapes).map(([name, shape]): [string, PortShape] => [
        name,
        shape.map((length, axis) => (other.shapes[name]?.[axis] === length ? length : null)),
      ]),
    )
    const made = {
      ...node,
      shapes,
      inputs: node.inputs.map(input => ({ ...input, producer: done.get(input.producer) as ResolvedNode })),
    }
    done.set(node, made)
    return Object.assign(made, { owner: done.get(node.owner) as ResolvedNode })
  })
}

function depends(
  node: ResolvedNode,
  [name, { shape }]: [string, ParameterSpec],
  own: Readonly<Record<string, ParameterSpec>>,
  inputs: string,
): GradstreamError {
  const producers = node.inputs.map(({ producer }) => `"${producer.id}"`).join(' and ')
  return new GradstreamError('OPEN_AXIS', {
    place: producers === '' ? node.id : `${node.id}, fed by ${producers}`,
    expected: 'parameters whose shapes are known',
    got: `"${name}", which depends on an open axis of "${inputs}": ${showShape(own[name]?.shape ?? [])} for one length, ${showShape(shape)} for another`,
  })
}

/** The shapes of a graph with open axes, once its inputs have samples. */
export class OpenAxes {
  private readonly graph: GraphDef
  private readonly registry: Registry
  private readonly inputs: readonly string[]
  private readonly known: ReadonlyMap<string, ResolvedNode>
  private readonly remembered = new Map<string, readonly ResolvedNode[]>()

  constructor(
    graph: GraphDef,
    registry: Registry,
    inputs: readonly string[],
    nodes: readonly ResolvedNode[],
  ) {
    this.graph = graph
    this.registry = registry
    this.inputs = inputs
    this.known = new Map(nodes.map(node => [node.id, node]))
  }

  /**
   * The nodes with the shapes that they have for such samples. Those that stand on an input without samples are left out.
   *
   * @throws GradstreamError what a graph with fixed axes of these lengths would be refused for
   */
  at(samples: (input: string) => Shape | undefined): readonly ResolvedNode[] {
    const { remembered } = this
    const key = [...this.known.values()]
      .flatMap(({ id, definition }) => (definition.role === 'input' ? [`${samples(id)}`] : []))
      .join(';')
    const found = remembered.get(key)
    if (found) return found
    const nodes = this.resolved(samples)
    const [oldest] = remembered.keys()
    if (remembered.size === REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    remembered.set(key, nodes)
    return nodes
  }

  private resolved(samples: SampleShapes): readonly ResolvedNode[] {
    const faults = new Faults()
    const nodes = resolve(this.graph, this.registry, faults, samples)
    for (const node of nodes) {
      const own = this.known.get(node.id) as ResolvedNode
      const specs = { ...own.parameters, ...own.state }
      const other = Object.entries({ ...node.parameters, ...node.state }).find(
        ([name, { shape }]) => !sameShape(shape, specs[name]?.shape ?? []),
      )
      if (other) faults.add(depends(node, other, specs, this.inputs.join('", "')))
    }
    const [fault] = faults.list
    if (fault === undefined) return nodes
    const given = this.inputs.flatMap(id =>
      samples(id) ? [`${showSample(samples(id) ?? [])} at "${id}"`] : [],
    )
    const hint = `${fault.hint} The samples have the shape ${given.join(' and ')}.`
    throw new GradstreamError(fault.code, { ...fault, hint })
  }
}
