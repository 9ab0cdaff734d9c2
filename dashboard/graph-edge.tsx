/** One edge of the graph. Its width and colour show the norm of what flows along it, an arrow the direction. */
import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import { colourOf, widthOf } from './flow-scale.ts'
import type { Point } from './point.ts'

export type GraphEdgeData = Edge<{
  readonly points: readonly Point[]
  readonly isTurned: boolean
  readonly isNarrow: boolean
  /** Whether it shows gradients, which flow back to the source. */
  readonly isBackward: boolean
  readonly share: number | undefined
  readonly isPointed: boolean
  /** The norm. */
  readonly label: string
}>

const CORNER = 10

export const GraphEdge = memo(
  ({ data }: EdgeProps<GraphEdgeData>) => {
    const { points, isTurned, isNarrow, isBackward, share, isPointed, label } =
      data as GraphEdgeData['data'] & object
    const width = widthOf(share)
    const length = 6 + 1.1 * width
    const ahead = (point: Point, by: number): Point =>
      isNarrow ? { x: point.x, y: point.y + by } : { x: point.x + by, y: point.y }
    const [first, last] = [points[0] as Point, points.at(-1) as Point]
    // End the line inside its arrow.
    const start = isBackward ? ahead(first, length - 1) : first
    const end = isBackward ? last : ahead(last, 1 - length)
    const [tip, base] = isBackward ? [first, ahead(first, length)] : [last, ahead(last, -length)]
    const inner = [start, ...points.slice(1, -1), end]
    const course = isTurned ? cornered(inner) : curved(inner, isNarrow)
    const stroke = colourOf(share)
    const middle = middleOf(points)
    return (
      <g className={isPointed ? 'flow pointed' : 'flow'} data-share={share?.toFixed(3)}>
        <path className="flow-hit" d={course} />
        <path
          className="flow-line"
          d={course}
          style={{ stroke, strokeWidth: width }}
          strokeDasharray={share === undefined ? '4 4' : undefined}
        />
        <path
          className="flow-arrow"
          d={arrow(tip, base, isNarrow, 3 + 0.8 * width)}
          style={{ fill: stroke }}
        />
        {isPointed && label !== '' && (
          <EdgeLabelRenderer>
            <span
              className="flow-label"
              style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
            >
              {label}
            </span>
          </EdgeLabelRenderer>
        )}
      </g>
    )
  },
  (before, after) =>
    Object.entries(after.data ?? {}).every(
      ([name, value]) => before.data?.[name as keyof typeof before.data] === value,
    ),
)

/** A curve through all points, parallel to the layers' direction at each. */
function curved(points: readonly Point[], isNarrow: boolean): string {
  const parts = points.slice(1).map((end, i) => {
    const start = points[i] as Point
    const reach = (isNarrow ? end.y - start.y : end.x - start.x) / 2
    const [first, second] = isNarrow
      ? [`${start.x},${start.y + reach}`, `${end.x},${end.y - reach}`]
      : [`${start.x + reach},${start.y}`, `${end.x - reach},${end.y}`]
    return `C${first} ${second} ${end.x},${end.y}`
  })
  const [first] = points as [Point]
  return `M${first.x},${first.y}${parts.join('')}`
}

/** Straight lines with rounded corners. */
function cornered(points: readonly Point[]): string {
  const parts = points.slice(1, -1).map((corner, i) => {
    const [before, after] = [points[i] as Point, points[i + 2] as Point]
    const [from, to] = [toward(corner, before), toward(corner, after)]
    return `L${from.x},${from.y}Q${corner.x},${corner.y} ${to.x},${to.y}`
  })
  const [first, last] = [points[0] as Point, points.at(-1) as Point]
  return `M${first.x},${first.y}${parts.join('')}L${last.x},${last.y}`
}

function toward(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(CORNER / length, 0.5)
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function arrow(tip: Point, base: Point, isNarrow: boolean, half: number): string {
  const [one, other] = isNarrow
    ? [`${base.x - half},${base.y}`, `${base.x + half},${base.y}`]
    : [`${base.x},${base.y - half}`, `${base.x},${base.y + half}`]
  return `M${tip.x},${tip.y}L${one}L${other}Z`
}

/** The point halfway along the course. */
function middleOf(points: readonly Point[]): Point {
  const [one, other] = [points[points.length / 2 - 1] as Point, points[points.length / 2] as Point]
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }
}
