/** Layers that compute the activation behind them in the same pass. */
import type { LiveNode } from './live-node.ts'
import type { LiveOutput } from './node-parts.ts'

/**
 * Brings up to date which layers apply the activation that follows them. That is done where the activation is the only
 * one who asks for the values between the two: nobody taps or reads them, they are no output of the graph, and are not checked.
 *
 * `named` holds the nodes whose values can be asked for by a name of the graph.
 */
export function updateFusion(nodes: ReadonlyMap<string, LiveNode>, named: ReadonlySet<string>): void {
  for (const node of nodes.values()) {
    const { activation } = node.definition
    const [input] = node.resolved.inputs
    if (activation === undefined || input === undefined) continue
    const layer = nodes.get(input.producer.id) as LiveNode
    if (!layer.definition.appliesActivation) continue
    const { forward } = layer.outputs[0] as LiveOutput
    const hidden =
      forward.taps === 0 &&
      forward.readers === 0 &&
      forward.latches === 1 &&
      !named.has(layer.id) &&
      !layer.watched
    layer.context.activation = hidden ? activation : undefined
    forward.silent = hidden
    node.forward.handOver(hidden)
  }
}
