/** Losses whose prediction and target are swapped. */
import { listOf } from './errors.ts'
import type { ResolvedNode } from './resolve.ts'

export interface SwappedLoss {
  readonly loss: ResolvedNode
  /** `fixed` passes gradients but depends on no trainable parameter; `trained` is the opposite. */
  readonly fixed: string
  readonly trained: string
  readonly hint: string
}

/**
 * The losses whose gradient reaches no trainable parameter although their target depends on some. Takes nodes
 * in firing order.
 */
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
    return [
      {
        loss: node,
        fixed: first.name,
        trained: wrong.name,
        hint: `Swap "${first.name}" and "${wrong.name}": ${call}.`,
      },
    ]
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
