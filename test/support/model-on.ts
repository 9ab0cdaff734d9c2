/** A model on kernels of one's own, as `compile` makes one on those that it chooses. */
import type { GraphDef, NodeDef } from 'gradstream'
import { inspected, type Kernels, registryOf } from '../../core/index.ts'
import { catalogue } from '../../nodes/index.ts'
import { Engine } from '../../runtime/engine/engine.ts'
import { Model } from '../../runtime/engine/model.ts'

export function modelOn<Predicted extends string>(
  net: GraphDef<Predicted>,
  kernels: Kernels,
  {
    seed = 0,
    replay = true,
    nodes = [],
  }: { seed?: number; replay?: boolean; nodes?: readonly NodeDef[] } = {},
): Model<Predicted> {
  const inspection = inspected(net, registryOf(catalogue, nodes))
  const engine = new Engine(net, inspection, {
    seed,
    kernels,
    checkFinite: 'losses',
    debug: false,
    replay,
    replays: () => true,
  })
  return new Model(net, engine)
}
