/** Decides which links stand behind which optimizer, and which of its parameters they take. */
import { checkedAt } from './checks.ts'
import type { WeightLinkDefinition } from './definition.ts'
import { GradstreamError, listOf } from './errors.ts'
import type { Faults, ResolvedNode } from './resolve.ts'
import {
  mayBeUnresolved,
  naming,
  type ParameterId,
  parameterKey,
  type TrainingPlan,
} from './training-plan.ts'

/** A link behind an optimizer, and those of its parameters that it takes, as `parameterKey` names them. */
export interface WeightLink {
  readonly node: ResolvedNode
  readonly definition: WeightLinkDefinition
  readonly takes: ReadonlySet<string>
}

/** The links behind each optimizer, the first of them first. */
export type WeightLinks = ReadonlyMap<ResolvedNode, readonly WeightLink[]>

/** Plans the links of a graph, whose nodes are in firing order. Names in `unresolved` belong to nodes that already have faults. */
export function planWeightLinks(
  nodes: readonly ResolvedNode[],
  { claims }: TrainingPlan,
  faults: Faults,
  unresolved: ReadonlySet<string>,
): WeightLinks {
  const links = new Map<ResolvedNode, WeightLink[]>()
  /** For each link the optimizer at the beginning of its chain; and what stands directly behind each of both. */
  const optimizers = new Map<ResolvedNode, ResolvedNode>()
  const followers = new Map<ResolvedNode, ResolvedNode>()
  for (const node of nodes) {
    const { definition, id } = node
    if (definition.role !== 'weights') continue
    const before = node.inputs[0]?.producer as ResolvedNode
    const optimizer = optimizers.get(before) ?? before
    const other = followers.get(before)
    if (other) {
      const hint = `Put one behind the other: loss.pipe(${optimizer.entry.type}(), ${other.entry.type}(), ${node.entry.type}()).`
      faults.report(
        'OPTIMIZERS_OVERLAP',
        id,
        `to be the only link behind "${before.id}"`,
        `"${other.id}" as well`,
        hint,
      )
      continue
    }
    optimizers.set(node, optimizer)
    followers.set(before, node)
    const known = links.get(optimizer) ?? []
    const trained = claims.get(optimizer) ?? []
    const taken = takenBy(node, definition, optimizer, trained, faults, unresolved)
    const takes = new Set(taken.map(parameterKey))
    reportAverages(node, definition, known, takes, faults)
    links.set(optimizer, [...known, { node, definition, takes }])
  }
  return links
}

/** The parameters that a link takes: those that the graph names, else all that suit it. */
function takenBy(
  { id, entry, config }: ResolvedNode,
  definition: WeightLinkDefinition,
  optimizer: ResolvedNode,
  trained: readonly ParameterId[],
  faults: Faults,
  unresolved: ReadonlySet<string>,
): readonly ParameterId[] {
  const shapeOf = ({ node, name }: ParameterId) => node.parameters[name]?.shape ?? []
  const names = entry.parameters
  const isNamed = naming(trained)
  const taken = trained.filter(parameter =>
    names ? isNamed(names)(parameter) : definition.takes(shapeOf(parameter), config),
  )
  const stray = names?.find(name => !trained.some(isNamed([name])) && !mayBeUnresolved(name, unresolved))
  if (stray !== undefined) {
    const expected = `one of the parameters that "${optimizer.id}" trains: ${listOf(trained.map(parameterKey))}`
    faults.report('UNKNOWN_NAME', id, expected, `"${stray}"`)
  } else if (taken.length === 0 && trained.length > 0 && !names) {
    const expected = `a parameter that ${entry.type} takes, such as a kernel`
    const hint = `Name what it takes: ${entry.type}({ parameters: ['${parameterKey(trained[0] as ParameterId)}'] }), or remove it.`
    faults.report('NOTHING_TO_TRAIN', id, expected, listOf(trained.map(parameterKey)), hint)
  }
  for (const parameter of taken) {
    try {
      const place = `${id}, ${parameterKey(parameter)}`
      checkedAt(place, 'SHAPE_MISMATCH', () => definition.demands(shapeOf(parameter), config))
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      faults.add(error)
    }
  }
  return taken
}

/** Predictions can use one average of a parameter only. */
function reportAverages(
  { id }: ResolvedNode,
  { evaluated }: WeightLinkDefinition,
  known: readonly WeightLink[],
  takes: ReadonlySet<string>,
  faults: Faults,
): void {
  if (evaluated === undefined) return
  const [key, other] =
    [...takes]
      .map(key => [key, known.find(link => link.definition.evaluated && link.takes.has(key))] as const)
      .find(([, other]) => other) ?? []
  if (!other) return
  faults.report(
    'OPTIMIZERS_OVERLAP',
    id,
    `to be the only average that ${key} is evaluated with`,
    `"${other.node.id}" as well`,
    'Remove one of them, or give each its own { parameters }.',
  )
}
