/** A small square diagram: curves of shares, and predictions against targets. */
import type { ScaleLinear } from 'd3-scale'
import { scaleLinear } from 'd3-scale'
import { type ReactNode, useRef } from 'react'
import { ticks } from './format.ts'
import { useSize } from './hooks.ts'

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

/** The side until it is known, and the least one, in CSS pixels. */
const USUAL = 240
const LEAST = 160
const TOP = 8
const BELOW = 38
/** About the width of a digit, and the room beside the labels at the left: for the name of the axis and for gaps. */
const DIGIT = 7
const BESIDE = 26

export function Diagram({ label, range, across, up, baseline, draw, isAlone = false, children }: Props) {
  const square = useRef<HTMLDivElement>(null)
  const { width } = useSize(square)
  const size = width === 0 ? USUAL : Math.max(width, LEAST)
  const places = scaleLinear(range, [0, 1]).ticks(4)
  const texts = ticks(places)
  const longest = DIGIT * Math.max(...texts.map(text => text.length))
  const [left, right, bottom] = [BESIDE + longest, size - Math.max(14, longest / 2 + 2), size - BELOW]
  const x = scaleLinear(range, [left, right])
  const y = scaleLinear(range, [bottom, TOP])
  // Labels across that do not fit are left out.
  const gap = x(places[1] ?? Number.POSITIVE_INFINITY) - x(places[0] ?? 0)
  const every = Math.max(Math.ceil((longest + DIGIT) / gap), 1)
  return (
    <figure className={isAlone ? 'diagram alone' : 'diagram'}>
      <figcaption>{children}</figcaption>
      <div className="square" ref={square}>
        <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
          <path
            className="grid"
            d={places.map(at => `M${x(at)} ${TOP}V${bottom}M${left} ${y(at)}H${right}`).join('')}
          />
          {places.map((at, i) => (
            <g key={at}>
              <text x={x(at)} y={bottom + 15} textAnchor="middle">
                {i % every === 0 && texts[i]}
              </text>
              <text x={left - 6} y={y(at) + 4} textAnchor="end">
                {texts[i]}
              </text>
            </g>
          ))}
          <text x={(left + right) / 2} y={size - 6} textAnchor="middle">
            {across} →
          </text>
          <text transform={`translate(11 ${(TOP + bottom) / 2}) rotate(-90)`} textAnchor="middle">
            {up} →
          </text>
          {draw(x, y)}
          {baseline && (
            <path className="baseline" d={`M${baseline.map(([a, b]) => `${x(a)} ${y(b)}`).join('L')}`} />
          )}
        </svg>
      </div>
    </figure>
  )
}
