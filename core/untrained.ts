/** Parameters that no loss trains, so they stay as they are. */
import { isUpdating } from './definition.ts'
import { GradstreamError } from './errors.ts'
import type { Faults, ResolvedNode } from './resolve.ts'
import { showShape } from './shape.ts'
import { isDifferentiable, type TrainingPlan } from './training-plan.ts'

/** Where the way to a loss is cut: the node that lets no gradient through, and one of its inputs. */
interface Cut {
  readonly node: ResolvedNode
  readonly input: string
  readonly producer: ResolvedNode
}

/**
 * Warns of layers that could be trained but get no gradient, although the graph has an optimizer: those that lead to no loss, and those
 * that lead to one only through a node that passes no gradient. `stopGradient` says that it is meant, as does `trainable: false`, and layers that
 * make the target of a loss may be there for that.
 */
export function reportUntrained(
  nodes: readonly ResolvedNode[],
  { reaching }: TrainingPlan,
  faults: Faults,
): void {
  if (reaching.size === 0) return
  const isTrained = new Set([...reaching].map(({ owner }) => owner))
  const groups = new Map<string, { layers: ResolvedNode[]; cut: Cut | undefined }>()
  for (const layer of nodes) {
    const canLearn =
      layer.owner === layer && layer.entry.trainable !== false && Object.keys(layer.parameters).length > 0
    if (!canLearn || isTrained.has(layer)) continue
    const cuts = cutsBehind(
      nodes.filter(({ owner }) => owner === layer),
      nodes,
    )
    if (cuts.some(isMeant)) continue
    const cut = cuts.find(({ node }) => reaching.has(node))
    const key = cut ? `${cut.node.id}.${cut.input}` : ''
    const group = groups.get(key) ?? { layers: [], cut }
    group.layers.push(layer)
    groups.set(key, group)
  }
  for (const { layers, cut } of groups.values()) {
    const ids = layers.map(({ id }) => id)
    const hint = cut && bypassed(cut)
    const error = new GradstreamError('NOT_TRAINED', {
      place: ids.at(-1) as string,
      expected: `a loss to train ${ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(' and ')}`,
      got: cut ? `none, since "${cut.node.id}" passes no gradient to its input "${cut.input}"` : 'none',
      ...(hint !== undefined && { hint }),
    })
    faults.add(error, 'warning')
  }
}

/** A node that gives what it gets, but no gradient, such as `stopGradient`, is there for that alone; and a target is not to be learned. */
const isMeant = ({ node: { definition } }: Cut) =>
  definition.role === 'loss' || (!isUpdating(definition) && definition.rearranges === true)

/** Where the gradients of these nodes would have to come through. Nodes are in firing order. */
function cutsBehind(starts: readonly ResolvedNode[], nodes: readonly ResolvedNode[]): Cut[] {
  const open = new Set(starts)
  const cuts: Cut[] = []
  for (const node of nodes)
    for (const { name, producer } of node.inputs) {
      if (!open.has(producer)) continue
      if (isDifferentiable(node, name)) open.add(node)
      else cuts.push({ node, input: name, producer })
    }
  return cuts
}

/** What was probably meant where a node gives something of the shape of its input: to add it. */
function bypassed({ node, input, producer }: Cut): string | undefined {
  const arriving = node.inputs.find(({ name }) => name === input)?.output
  const [before, after] = [producer.shapes[arriving ?? ''], node.shapes[node.definition.outputs[0] ?? '']]
  if (!before || !after || showShape(before) !== showShape(after)) return undefined
  return `To keep what "${producer.id}" gives, write add()(${producer.id}, ${node.id}).`
}
