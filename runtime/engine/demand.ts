/** Who needs which gradient: only those are computed. */
import { isDifferentiable, parameterKey } from '../../core/index.ts'
import type { LiveNode } from './live-node.ts'

/**
 * Brings up to date which gradients each node has to give, and how many it waits for. A gradient is needed where an
 * optimizer trains a parameter behind it or somebody listens, and exists for the nodes in front of a loss.
 *
 * `nodes` are in firing order; `reaching` holds those in front of a loss, `ignored` the uses of
 * parameters that send no gradient.
 */
export function updateDemand(
  nodes: readonly LiveNode[],
  reaching: ReadonlySet<string>,
  ignored: ReadonlySet<string>,
): void {
  const wanting = new Set<string>()
  for (const { id, resolved, context, parameters, outputs } of nodes) {
    let wants = outputs.some(({ backward }) => backward.taps > 0)
    const need = (name: string, needed: boolean) => {
      context.needs[name] = needed && reaching.has(id)
      wants ||= needed
    }
    for (const { name, producer } of resolved.inputs) {
      need(name, isDifferentiable(resolved, name) && wanting.has(producer.id))
    }
    for (const [name, parameter] of parameters)
      need(name, parameter.needed && !ignored.has(parameterKey({ node: resolved, name })))
    if (wants) wanting.add(id)
  }
  for (const { backward, parameters } of nodes) {
    backward.updateDemand()
    for (const [, parameter] of parameters) parameter.updateDemand()
  }
}
