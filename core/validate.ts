/** `validate`: all faults of a graph at once. */
import type { Registry } from './definition.ts'
import { GradstreamError } from './errors.ts'
import { reportMisfits } from './fit.ts'
import type { GraphDef, NodeEntry } from './graph.ts'
import { type OpenAxes, resolveOpen } from './open-axes.ts'
import { type Fault, Faults, type ResolvedNode, resolve } from './resolve.ts'
import { planTraining, type TrainingPlan } from './training-plan.ts'
import { reportUntrained } from './untrained.ts'
import { planWeightLinks, type WeightLinks } from './weight-links.ts'

export interface Inspection {
  readonly faults: readonly Fault[]
  readonly nodes: readonly ResolvedNode[]
  readonly plan: TrainingPlan
  readonly weightLinks: WeightLinks
  /** What lengths make of the shapes, in a graph with open axes. */
  readonly openAxes: OpenAxes | undefined
}

/** Resolves a graph and reports everything wrong with it. */
export function inspect(graph: GraphDef, registry: Registry): Inspection {
  const faults = new Faults()
  const open = resolveOpen(graph, registry, faults)
  const nodes = open?.nodes ?? resolve(graph, registry, faults)
  const unresolved = new Set(graph.nodes.map(({ id }) => id))
  for (const { id } of nodes) unresolved.delete(id)
  const plan = planTraining(nodes, faults, unresolved)
  const weightLinks = planWeightLinks(nodes, plan, faults, unresolved)
  const tried = open ? planTraining(open.tried, new Faults(), unresolved) : plan
  reportUnreachable(graph, faults)
  reportLosses(graph, registry, faults)
  reportMisfits(open?.tried ?? nodes, tried, faults)
  if (faults.list.every(({ severity }) => severity === 'warning')) reportUntrained(nodes, plan, faults)
  return { faults: faults.list, nodes, plan, weightLinks, openAxes: open?.axes }
}

/** The ids of all nodes that `starts` depend on, including themselves, along edges that `follow` accepts. */
function behind(
  graph: GraphDef,
  starts: readonly string[],
  follow: (entry: NodeEntry, input: string) => boolean = () => true,
): Set<string> {
  // Two nodes may share a name by mistake; follow both.
  const entries = new Map<string, NodeEntry[]>()
  for (const entry of graph.nodes) entries.set(entry.id, [...(entries.get(entry.id) ?? []), entry])
  const open = [...starts]
  const seen = new Set<string>()
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    for (const entry of entries.get(id) ?? []) {
      for (const [input, ref] of Object.entries(entry.inputs)) if (follow(entry, input)) open.push(ref.node)
    }
  }
  return seen
}

/** Inputs that lead to no output, whether or not the nodes resolve. */
function reportUnreachable(graph: GraphDef, faults: Faults): void {
  const reachable = behind(
    graph,
    Object.values(graph.outputs).map(({ node }) => node),
  )
  for (const { id, type } of graph.nodes) {
    if (type === 'input' && !reachable.has(id)) {
      faults.report('UNREACHABLE_INPUT', id, 'a path to an output of the graph', 'none')
    }
  }
}

/** Losses that no optimizer follows, whether or not the nodes resolve. */
function reportLosses(graph: GraphDef, registry: Registry, faults: Faults): void {
  const optimizers = graph.nodes.filter(({ type }) => registry.get(type)?.role === 'optimizer')
  const passes = ({ type }: NodeEntry, input: string) => {
    const definition = registry.get(type)
    return definition?.role !== 'node' && definition?.role !== 'loss'
      ? true
      : !definition.nonDifferentiable.includes(input)
  }
  const optimized = behind(
    graph,
    optimizers.map(({ id }) => id),
    passes,
  )
  for (const { id, type } of graph.nodes) {
    if (registry.get(type)?.role !== 'loss' || optimized.has(id)) continue
    // A graph without any optimizer only predicts and evaluates, so a loss on its own is fine.
    faults.add(
      new GradstreamError('LOSS_NOT_OPTIMIZED', {
        place: id,
        expected: 'an optimizer after it',
        got: 'none',
      }),
      optimizers.length > 0 ? 'error' : 'warning',
    )
  }
}

/** The resolved nodes of a graph that can run. @throws GradstreamError `GRAPH_INVALID`, listing every fault. */
export function inspected(graph: GraphDef, registry: Registry): Inspection {
  const inspection = inspect(graph, registry)
  const errors = inspection.faults.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first === undefined) return inspection
  if (errors.length === 1) throw new GradstreamError(first.code, first)
  throw new GradstreamError('GRAPH_INVALID', {
    place: 'graph',
    expected: 'no faults',
    got: `${errors.length}:${errors.map(({ message }) => `\n  - ${message}`).join('')}\n`,
    hint: 'Fix them; validate(graph) returns them as data.',
  })
}
