/** A small square diagram: curves of shares, and predictions against targets. */
import type { ScaleLinear } from 'd3-scale'
import { scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { ticks } from './format.ts'

type Point = readonly [x: number, y: number]

interface Props {
  /** What it shows, for screen readers. */
  readonly label: string
  /** The range of both axes. */
  readonly range: readonly [number, number]
  readonly across: string
  readonly up: string
  /** A line to compare with, dashed. */
  readonly baseline?: readonly [from: Point, to: Point]
  /** Draws in the coordinates of the diagram. */
  readonly draw: (x: ScaleLinear<number, number>, y: ScaleLinear<number, number>) => ReactNode
  /** Whether it is the only one, with room beside it. */
  readonly isAlone?: boolean
  readonly children: ReactNode
}

const SIZE = 240
const [LEFT, RIGHT, TOP, BOTTOM] = [46, SIZE - 14, 8, SIZE - 38]

export function Diagram({ label, range, across, up, baseline, draw, isAlone = false, children }: Props) {
  const x = scaleLinear(range, [LEFT, RIGHT])
  const y = scaleLinear(range, [BOTTOM, TOP])
  const places = x.ticks(4)
  const texts = ticks(places)
  return (
    <figure className={isAlone ? 'diagram alone' : 'diagram'}>
      <figcaption>{children}</figcaption>
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={label}>
        <path
          className="grid"
          d={places.map(at => `M${x(at)} ${TOP}V${BOTTOM}M${LEFT} ${y(at)}H${RIGHT}`).join('')}
        />
        {places.map((at, i) => (
          <g key={at}>
            <text x={x(at)} y={BOTTOM + 15} textAnchor="middle">
              {texts[i]}
            </text>
            <text x={LEFT - 6} y={y(at) + 4} textAnchor="end">
              {texts[i]}
            </text>
          </g>
        ))}
        <text x={(LEFT + RIGHT) / 2} y={SIZE - 6} textAnchor="middle">
          {across} →
        </text>
        <text transform={`translate(11 ${(TOP + BOTTOM) / 2}) rotate(-90)`} textAnchor="middle">
          {up} →
        </text>
        {draw(x, y)}
        {baseline && (
          <path className="baseline" d={`M${baseline.map(([a, b]) => `${x(a)} ${y(b)}`).join('L')}`} />
        )}
      </svg>
    </figure>
  )
}
