/** The optimizers of a graph, and the links behind them. They have no values, so the nodes of the state do not include them. */
import type { NodeInfo, RunState } from '../client.ts'
import { recordOf } from './record.ts'

export type Optimizers = Readonly<Record<string, Pick<NodeInfo, 'type' | 'inputs' | 'config'>>>

export function optimizersOf({ graph, nodes }: Pick<RunState, 'graph' | 'nodes'>): Optimizers {
  const entries = graph.nodes.filter(({ id }) => !Object.hasOwn(nodes, id))
  return recordOf(
    entries.map(
      ({ id, type, inputs, config }) =>
        [id, { type, inputs: Object.values(inputs).map(({ node }) => node), config }] as const,
    ),
  )
}
