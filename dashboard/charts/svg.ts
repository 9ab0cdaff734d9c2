/** A chart as an SVG file, as on the page, with title and legend. */
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { curveLinear, curveStepAfter, line } from 'd3-shape'
import { count, ticks } from '../format.ts'
import { type Curve, legendText, type Points, type Unit } from './curves.ts'
import { clock } from './times.ts'

/** An event of the run at a position on the axis. */
export interface Mark {
  readonly x: number
  readonly text: string
}

export interface Picture {
  readonly title: string
  readonly curves: readonly Curve[]
  readonly marks: readonly Mark[]
  readonly isLog: boolean
  readonly unit: Unit
  /** The shown part of the axis; undefined for all of it. */
  readonly range: readonly [number, number] | undefined
}

const [WIDTH, HEIGHT] = [960, 480]
const BOX = { left: 76, right: WIDTH - 20, top: 74, bottom: HEIGHT - 46 }
/** The most marks on a logarithmic axis. */
const MARKS = 8

/** `colour` returns a colour of the style sheet by name. */
export function svgOf(
  { title, curves, marks, isLog, unit, range }: Picture,
  colour: (name: string) => string,
): string {
  const shown = curves.flatMap(({ raw, trend }) => [raw, ...(trend ? [trend] : [])])
  const isIn = (x: number) => !range || (x >= range[0] && x <= range[1])
  const values = shown.flatMap(({ x, y }) =>
    y.flatMap((value, i) => (value !== null && isIn(x[i] as number) && (!isLog || value > 0) ? [value] : [])),
  )
  const head = `<rect width="100%" height="100%" fill="${colour('--panel')}"/>
<text x="${BOX.left}" y="28" font-size="17" font-weight="600">${escaped(title)}</text>`
  if (values.length === 0)
    return file(`${head}\n<text x="${BOX.left}" y="${HEIGHT / 2}">No points yet.</text>`, colour)

  const x = scaleLinear(range ?? extent(shown.flatMap(points => points.x)), [BOX.left, BOX.right])
  const y: ScaleContinuousNumeric<number, number> = (isLog ? scaleLog() : scaleLinear())
    .domain(extent(values))
    .range([BOX.bottom, BOX.top])
  y.nice()
  const pathOf = ({ x: places, y: values }: Points, { isStepped }: Curve) =>
    line<number | null>(
      (_, i) => x(places[i] as number),
      (_, i) => y(values[i] as number),
    )
      .defined(value => value !== null && (!isLog || value > 0))
      .digits(1)
      .curve(isStepped ? curveStepAfter : curveLinear)(values)
  const stroked = (curve: Curve, points: Points, isFaint: boolean) => {
    const style = `stroke-width="${isFaint ? 1 : 2}" opacity="${isFaint ? 0.38 : 1}"${curve.isDashed ? ' stroke-dasharray="7 4"' : ''}`
    return `<path d="${pathOf(points, curve) ?? ''}" stroke="${colour(curve.colour)}" ${style}/>`
  }
  const paths = [
    ...curves.map(curve => stroked(curve, curve.raw, curve.isFaint)),
    ...curves.flatMap(curve => (curve.trend ? stroked(curve, curve.trend, false) : [])),
  ]
  const marked = marks.filter(
    mark => mark.x >= (x.domain()[0] as number) && mark.x <= (x.domain()[1] as number),
  )
  return file(
    [
      head,
      legend(curves, colour),
      axes(x, y, isLog, unit, colour),
      plotted(paths),
      ...marked.map(mark => markAt(x(mark.x), mark.text, colour)),
    ].join('\n'),
    colour,
  )
}

const file = (content: string, colour: (name: string) => string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="${colour('--text')}">
${content}
</svg>
`

const plotted = (
  paths: readonly string[],
) => `<clipPath id="box"><rect x="${BOX.left}" y="${BOX.top}" width="${BOX.right - BOX.left}" height="${BOX.bottom - BOX.top}"/></clipPath>
<g fill="none" stroke-linejoin="round" clip-path="url(#box)">
${paths.join('\n')}
</g>`

/** Labels use the text colour: the curve colours are too light to read. */
function legend(curves: readonly Curve[], colour: (name: string) => string): string {
  let left = BOX.left
  const entries = curves.map(curve => {
    const text = legendText(curve)
    const dash = curve.isDashed ? ' stroke-dasharray="7 4"' : ''
    const entry = `<path d="M${left} 50h22" stroke="${colour(curve.colour)}" stroke-width="2"${dash}/><text x="${left + 28}" y="54">${escaped(text)}</text>`
    // An estimate: the width cannot be measured in a file.
    left += 50 + 6.6 * text.length
    return entry
  })
  return entries.join('\n')
}

type Scale = ScaleContinuousNumeric<number, number>

function axes(x: Scale, y: Scale, isLog: boolean, unit: Unit, colour: (name: string) => string): string {
  const across = x.ticks(8).filter(Number.isInteger)
  const up = isLog ? logTicks(y) : y.ticks(6)
  const texts = ticks(up)
  const grid = [
    ...across.map(tick => `M${x(tick).toFixed(1)} ${BOX.top}V${BOX.bottom}`),
    ...up.map(tick => `M${BOX.left} ${y(tick).toFixed(1)}H${BOX.right}`),
  ]
  const quiet = `fill="${colour('--quiet')}"`
  return [
    `<path d="${grid.join('')}" stroke="${colour('--line')}"/>`,
    `<g text-anchor="middle" ${quiet}>${across.map(tick => `<text x="${x(tick).toFixed(1)}" y="${BOX.bottom + 18}">${unit === 'time' ? clock(tick) : count(tick)}</text>`).join('')}<text x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 8}">${unit}</text></g>`,
    `<g text-anchor="end" ${quiet}>${up.map((tick, i) => `<text x="${BOX.left - 8}" y="${(y(tick) + 4).toFixed(1)}">${texts[i]}</text>`).join('')}</g>`,
  ].join('\n')
}

function markAt(x: number, text: string, colour: (name: string) => string): string {
  const isAtEnd = x > WIDTH - 200
  const style = `stroke="${colour('--mark')}" stroke-dasharray="3 3"`
  const anchor = isAtEnd ? ' text-anchor="end"' : ''
  return `<path d="M${x.toFixed(1)} ${BOX.top}V${BOX.bottom}" ${style}/><text x="${(x + (isAtEnd ? -5 : 5)).toFixed(1)}" y="${BOX.top + 11}" font-size="11"${anchor}>${escaped(text)}</text>`
}

/** Powers of ten, or values in between if there are few; never so many that they collide. */
function logTicks(y: Scale): number[] {
  const all = y.ticks(10)
  const powers = all.filter(tick => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9)
  const kept = powers.length > 2 ? powers : all.filter((_, i) => i % Math.ceil(all.length / MARKS) === 0)
  return kept.filter((_, i) => i % Math.ceil(kept.length / MARKS) === 0)
}

function extent(numbers: readonly number[]): [number, number] {
  const least = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return least < most
    ? [least, most]
    : [least - Math.abs(least) / 10 - 1e-9, most + Math.abs(most) / 10 + 1e-9]
}

const escaped = (text: string) => text.replace(/[<>&"]/g, character => `&#${character.charCodeAt(0)};`)
