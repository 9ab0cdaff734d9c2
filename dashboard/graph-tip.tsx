/** What is known of the node or the edge that is pointed at, beside it. */
import { useStore } from '@xyflow/react'
import { Fragment } from 'react'
import type { Box } from './layout.ts'
import type { Point } from './point.ts'
import type { Size } from './view.ts'

export interface Tip {
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** What is wrong with it. */
  readonly trouble: string
  /** Where it is drawn. */
  readonly box: Box
}

/** The width of a tip, the height of a line and of its ends, and its distances to what it is about and to the pane. */
const [WIDTH, LINE, ENDS, GAP, MARGIN] = [290, 18, 42, 10, 6]
/** How many letters of a trouble there are in a line. */
const LETTERS = 40

/** Screen readers hear the same from the description of the node. */
export function GraphTip(tip: Tip) {
  const { title, facts, trouble } = tip
  const transform = useStore(store => store.transform)
  const pane = { width: useStore(({ width }) => width), height: useStore(({ height }) => height) }
  const lines = facts.length + Math.ceil(trouble.length / LETTERS)
  const size = { width: Math.min(WIDTH, pane.width - 2 * MARGIN), height: lines * LINE + ENDS }
  const { x, y } = placeOf(size, onPane(tip.box, transform), pane)
  return (
    <div className="graph-tip" aria-hidden="true" style={{ left: x, top: y, width: size.width }}>
      <strong>{title}</strong>
      {trouble && <p className="trouble">{trouble}</p>}
      <dl>
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </div>
  )
}

const onPane = (box: Box, [x, y, zoom]: readonly [number, number, number]): Box => ({
  x: x + box.x * zoom,
  y: y + box.y * zoom,
  width: box.width * zoom,
  height: box.height * zoom,
})

/** Below what it is about, or above, or beside, where it fits; and always on the pane. */
function placeOf(size: Size, { x, y, width, height }: Box, pane: Size): Point {
  const [below, above] = [y + height + GAP, y - GAP - size.height]
  const [right, left] = [x + width + GAP, x - GAP - size.width]
  const fits = (start: number, length: number, room: number) =>
    start >= MARGIN && start + length + MARGIN <= room
  const within = (start: number, length: number, room: number) =>
    Math.max(Math.min(start, room - length - MARGIN), MARGIN)
  const across = within(x, size.width, pane.width)
  if (fits(below, size.height, pane.height)) return { x: across, y: below }
  if (fits(above, size.height, pane.height)) return { x: across, y: above }
  const beside = fits(right, size.width, pane.width) ? right : left
  return { x: within(beside, size.width, pane.width), y: within(y, size.height, pane.height) }
}
