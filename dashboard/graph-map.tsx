/** A small map of the graph, while not all of it is on the pane. */
import { MiniMap, type Node, useStore } from '@xyflow/react'
import { memo } from 'react'
import type { GraphNodeData } from './graph-node.tsx'
import type { Box } from './layout.ts'
import { isAll } from './view.ts'

/** Its size, and the one where there is little room; in pixels. */
const [USUAL, SMALL] = [
  { width: 168, height: 112 },
  { width: 108, height: 80 },
]
const NARROW = 500

export const GraphMap = memo(({ bounds }: { readonly bounds: Box }) => {
  const isWhole = useStore(({ transform: [x, y, zoom], ...pane }) => isAll(bounds, { x, y, zoom }, pane))
  const isNarrow = useStore(({ width }) => width < NARROW)
  if (isWhole) return null
  return (
    // The arrow keys, the search and the buttons do all that it does.
    <div aria-hidden="true">
      <MiniMap
        ariaLabel={null}
        style={isNarrow ? SMALL : USUAL}
        pannable
        zoomable
        nodeClassName={classOf}
        nodeBorderRadius={12}
        maskStrokeWidth={3}
      />
    </div>
  )
})

/** Frames are faint; what is wrong or sought stands out. */
function classOf({ type, data }: Node): string {
  if (type === 'frame') return 'map-frame'
  const { failed, ailment, hits, isSelected } = data as GraphNodeData['data']
  return failed ? 'map-failed' : hits ? 'map-hit' : isSelected ? 'map-selected' : ailment ? 'map-ill' : ''
}
