/** The layout of what is unfolded of the graph. It stays until that, or the shape of the pane, changes. */
import { type RefObject, useMemo } from 'react'
import type { RunState } from '../client.ts'
import { itemsOf, single, unitsOf } from './groups.ts'
import { NOWHERE, type Placed, placed } from './layout.ts'
import { useOpened } from './opened.ts'
import type { Optimizers } from './optimizers.ts'
import { recordOf } from './record.ts'
import { useShape } from './use-view.ts'
import type { Size } from './view.ts'

export function usePlan(
  nodes: RunState['nodes'],
  optimizers: Optimizers,
  pane: Size,
  isTaken: RefObject<boolean>,
) {
  const graph = JSON.stringify([Object.keys(nodes), Object.keys(optimizers)])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the units depend on which nodes exist
  const units = useMemo(() => unitsOf(nodes), [graph])
  const [opened, setOpened] = useOpened(units)
  const { shape, renew } = useShape(pane, graph, isTaken.current)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout depends on which nodes exist
  const plan = useMemo((): Placed => {
    if (pane.width === 0) return NOWHERE
    const ends = Object.keys(optimizers).map(single)
    const all = recordOf([...Object.entries(nodes), ...Object.entries(optimizers)])
    const plan = placed(all, [...itemsOf(units, opened), ...ends], shape.ratio, shape.height)
    // Browser tools show how often this runs, and how long it takes.
    performance.mark('graph laid out')
    return plan
  }, [graph, opened, shape, pane.width === 0])
  return { graph, units, opened, setOpened, plan, renew }
}
