/** Losses that were given their prediction where the target belongs. */
import { listOf } from './errors.ts'
import type { ResolvedNode } from './resolve.ts'

export interface SwappedLoss {
  readonly loss: ResolvedNode
  /** The input that a gradient passes, which no trainable parameter stands behind, and the one that is the other way round. */
  readonly fixed: string
  readonly trained: string
  readonly hint: string
}

/** Losses, of nodes in firing order, whose gradient meets no trainable parameter although their target stands on some. */
export function swappedLosses(nodes: readonly ResolvedNode[]): SwappedLoss[] {
  const trained = new Set<ResolvedNode>()
  return nodes.flatMap(node => {
    const { owner, definition, inputs } = node
    const isTrained = owner.entry.trainable !== false && Object.keys(owner.parameters).length > 0
    if (isTrained || inputs.some(({ producer }) => trained.has(producer))) trained.add(node)
    if (definition.role !== 'loss') return []
    const { nonDifferentiable } = definition
    const learning = inputs.filter(({ name }) => !nonDifferentiable.includes(name))
    const fixed = inputs.filter(({ name }) => nonDifferentiable.includes(name))
    const [first] = learning
    const wrong = fixed.find(({ producer }) => trained.has(producer))
    if (!first || !wrong || learning.some(({ producer }) => trained.has(producer))) return []
    const swapped = inputs.map(input => (input === first ? wrong : input === wrong ? first : input))
    const call = `${node.entry.type}()(${swapped.map(({ producer }) => producer.id).join(', ')})`
    return [{ loss: node, fixed: first.name, trained: wrong.name, hint: `Swap the two: ${call}.` }]
  })
}

export const showSwapped = ({ fixed, trained, loss }: SwappedLoss) => {
  const idOf = (input: string) =>
    listOf(loss.inputs.filter(({ name }) => name === input).map(i => i.producer.id))
  return {
    expected: `"${fixed}" to depend on a trainable parameter`,
    got: `${idOf(fixed)}, which does not, while ${idOf(trained)} was passed as "${trained}"`,
  }
}
