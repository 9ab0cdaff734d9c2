/** A curve: small on a node, or with its axes in the panel of a node. */

import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import type { Curve } from './curves.ts'
import { figures, ticks } from './format.ts'

interface Room {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function scalesFor({ points }: Curve, { left, right, top, bottom }: Room) {
  const heights = points.map(([, y]) => y).filter(Number.isFinite)
  const [least, most] = [Math.min(...heights, 0), Math.max(...heights, 0)]
  const x = scaleLinear([points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1], [left, right])
  const y = scaleLinear([least, most === least ? least + 1 : most], [bottom, top])
  const course = line<Curve['points'][number]>(
    ([at]) => x(at),
    ([, height]) => y(height),
  )
    .defined(([, height]) => Number.isFinite(height))
    .digits(1)
  return { x, y, d: course([...points]) ?? '' }
}

interface Props {
  readonly curve: Curve
  /** Where it is now, marked by a dot. */
  readonly at?: number | undefined
}

const SMALL = { left: 3, right: 137, top: 3, bottom: 21 }

/** As wide as a node, in place of a sparkline. */
export function SmallCurve({ curve, at }: Props) {
  const { x, y, d } = scalesFor(curve, SMALL)
  const [from, to] = x.domain() as [number, number]
  const place = at === undefined ? undefined : Math.min(Math.max(at, from), to)
  const height = curve.points.findLast(([step]) => step <= (place ?? from))?.[1] ?? 0
  return (
    <svg className="curve-line" viewBox="0 0 140 24" aria-hidden="true" preserveAspectRatio="none">
      <path d={d} />
      {place !== undefined && <circle cx={x(place)} cy={y(height)} r="3" />}
    </svg>
  )
}

const ICON = { left: 1, right: 31, top: 2, bottom: 18 }

/** As high as a line of text, with the axes. */
export function CurveIcon({ curve }: Pick<Props, 'curve'>) {
  const { x, y, d } = scalesFor(curve, ICON)
  return (
    <svg className="curve-icon" viewBox="0 0 32 20" width="32" height="20" aria-hidden="true">
      <path className="axis" d={`M1 ${y(0)}H31M${x(0)} 1V19`} />
      <path d={d} />
    </svg>
  )
}

const [WIDTH, HEIGHT] = [280, 130]
const LARGE = { left: 40, right: WIDTH - 10, top: 8, bottom: HEIGHT - 20 }

/** With the numbers of its axes. */
export function CurveFigure({ curve }: Pick<Props, 'curve'>) {
  const { x, y, d } = scalesFor(curve, LARGE)
  const [xs, ys] = [x.ticks(5), y.ticks(4)]
  const [across, up] = [ticks(xs), ticks(ys)]
  const ends = [curve.points[0], curve.points.at(-1)].map(point => figures(point?.[1]))
  return (
    <figure className="curve-figure">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${curve.up}, for x from ${figures(xs[0])} to ${figures(xs.at(-1))}: from ${ends.join(' to ')}`}
      >
        <path
          className="grid"
          d={[
            ...xs.map(at => `M${x(at)} ${LARGE.top}V${LARGE.bottom}`),
            ...ys.map(at => `M${LARGE.left} ${y(at)}H${LARGE.right}`),
          ].join('')}
        />
        <path
          className="axis"
          d={`M${LARGE.left} ${y(0)}H${LARGE.right}M${x(0)} ${LARGE.top}V${LARGE.bottom}`}
        />
        {xs.map((at, i) => (
          <text key={at} x={x(at)} y={HEIGHT - 5} textAnchor="middle">
            {across[i]}
          </text>
        ))}
        {ys.map((at, i) => (
          <text key={at} x={LARGE.left - 6} y={y(at) + 4} textAnchor="end">
            {up[i]}
          </text>
        ))}
        <path d={d} />
      </svg>
      <figcaption>{curve.up}</figcaption>
    </figure>
  )
}
