/** The names of opened scopes and groups in a size that can be read from afar, as many as have room. */
import { useStore, ViewportPortal } from '@xyflow/react'
import { memo, useMemo } from 'react'
import { isLabelled } from './distance.ts'
import { labelsOf } from './frame-labels.ts'
import type { Placed } from './layout.ts'

/** Labels are chosen anew when the zoom changes by this factor. */
const STEP = 1.1

export const GraphLabels = memo(({ frames }: Pick<Placed, 'frames'>) => {
  const zoom = useStore(({ transform }) => STEP ** Math.round(Math.log(transform[2]) / Math.log(STEP)))
  const labels = useMemo(() => (isLabelled(zoom) ? labelsOf(frames, zoom) : []), [frames, zoom])
  return (
    <ViewportPortal>
      {labels.map(({ key, text, x, y }) => (
        <span
          key={key}
          className="frame-label"
          aria-hidden="true"
          style={{ transform: `translate(${x}px, ${y}px) scale(${1 / zoom}) translate(-50%, -50%)` }}
        >
          {text}
        </span>
      ))}
    </ViewportPortal>
  )
})
