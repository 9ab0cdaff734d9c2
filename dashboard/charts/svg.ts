/** A chart as an SVG file, as on the page, with title, legend and marks. */
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { curveLinear, curveStepAfter, line } from 'd3-shape'
import { count, ticks } from '../format.ts'
import type { Annotation } from './annotations.ts'
import { type Curve, FEW, legendParts, type Points, type Unit } from './curves.ts'
import { type Gathered, gathered, type Label, labelsOf, worded } from './gathered.ts'
import { chiefOf, ICON_COLOURS, ICONS } from './mark-icons.ts'
import { clock } from './times.ts'

/** An annotation at a place on the axis. */
export interface Mark extends Annotation {
  readonly x: number
}

export interface Picture {
  readonly title: string
  readonly curves: readonly Curve[]
  /** What the legend says; by default, each curve with its figure, and with that of its average. */
  readonly legend?: readonly Entry[]
  readonly marks: readonly Mark[]
  readonly isLog: boolean
  readonly unit: Unit
  /** The shown part of the axis; undefined for all of it. */
  readonly range: readonly [number, number] | undefined
}

/** In pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

export interface Style {
  /** A colour of the style sheet by name. */
  readonly colour: (name: string) => string
  /** The width of a text of 12 pixels; an estimate by default. */
  readonly measure?: (text: string) => number
}

export const USUAL: Size = { width: 960, height: 480 }
/** The most labels on a logarithmic axis. */
const LABELS = 8
/** Marks nearer than that become one, in pixels. */
const NEAR = 22
const ICON = 11

export const estimated = (text: string) => 6.6 * text.length

export function svgOf(
  { title, curves, legend: entries = entriesOf(curves), marks, isLog, unit, range }: Picture,
  { colour, measure = estimated }: Style,
  { width, height }: Size = USUAL,
): string {
  const legend = legendOf(entries, title === '' ? 18 : 54, width, { colour, measure })
  const [top, bottom] = [legend.bottom + 26, height - 46]
  const shown = curves.flatMap(({ raw, trend }) => [raw, ...(trend ? [trend] : [])])
  const isIn = (x: number) => !range || (x >= range[0] && x <= range[1])
  const values = shown.flatMap(({ x, y }) =>
    y.flatMap((value, i) => (value !== null && isIn(x[i] as number) && (!isLog || value > 0) ? [value] : [])),
  )
  const head = headOf(title)
  const file = svgFile({ width, height }, colour)
  if (values.length === 0) return file(`${head}\n<text x="${MARGIN}" y="${height / 2}">No points yet.</text>`)

  const y: ScaleContinuousNumeric<number, number> = (isLog ? scaleLog() : scaleLinear())
    .domain(extent(values))
    .range([bottom, top])
  y.nice()
  const up = isLog ? logTicks(y) : y.ticks(Math.max((bottom - top) / 50, 3))
  const texts = ticks(up)
  const box: Box = { left: 26 + Math.max(...texts.map(measure), 14), right: width - 20, top, bottom }
  const x = scaleLinear(range ?? extent(shown.flatMap(points => points.x)), [box.left, box.right])
  const pathOf = ({ x: places, y: values }: Points, { isStepped }: Curve) =>
    line<number | null>(
      (_, i) => x(places[i] as number),
      (_, i) => y(values[i] as number),
    )
      .defined(value => value !== null && (!isLog || value > 0))
      .digits(1)
      .curve(isStepped ? curveStepAfter : curveLinear)(values)
  const stroked = (curve: Curve, points: Points, isFaint: boolean) => {
    const [at, value] = [points.x[0], points.y[0]]
    // A single point makes no line.
    if (points.x.length === 1 && at !== undefined && value != null && (!isLog || value > 0))
      return `<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${colour(curve.colour)}"/>`
    const style = `stroke-width="${isFaint ? 1 : 2}" opacity="${isFaint ? 0.38 : 1}"${dashed(dashesOf(curve))}`
    return `<path d="${pathOf(points, curve) ?? ''}" stroke="${colour(curve.colour)}" ${style}/>`
  }
  const paths = [
    ...curves.map(curve => stroked(curve, curve.raw, curve.isFaint)),
    ...curves.flatMap(curve => (curve.trend ? stroked(curve, curve.trend, false) : [])),
  ]
  const [least, most] = x.domain() as [number, number]
  const inView = marks.filter(mark => mark.x >= least && mark.x <= most)
  const groups = gathered(inView, mark => x(mark.x), NEAR)
  const labels = labelsOf(groups, box.left, box.right)
  const isShown = (name: string) => curves.some(curve => curve.name === name)
  const points = inView.flatMap(({ x: place, figure }) =>
    figure && isShown(figure.name) && (!isLog || figure.value > 0)
      ? [
          `<circle cx="${x(place).toFixed(1)}" cy="${y(figure.value).toFixed(1)}" r="4.5" fill="${colour('--panel')}" stroke="${colour(ICON_COLOURS.best)}" stroke-width="2"/>`,
        ]
      : [],
  )
  return file(
    [
      head,
      legend.text,
      axes(
        x,
        box,
        up.map((tick, i) => ({ y: y(tick), text: texts[i] ?? '' })),
        { unit, colour },
      ),
      ...groups.map((group, i) => markOf(group, labels[i] as Label, box, { colour, measure })),
      plotted(paths, box),
      ...points,
    ].join('\n'),
  )
}

export const MARGIN = 16

const dashesOf = ({ isDashed, dash = isDashed ? [7, 4] : [] }: Curve) => dash

const dashed = (dash: readonly number[]) => (dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '')

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export const headOf = (title: string): string =>
  `<text x="${MARGIN}" y="28" font-size="17" font-weight="600">${escaped(title)}</text>`

export const svgFile =
  ({ width, height }: Size, colour: Style['colour']) =>
  (content: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${colour('--text')}">
<rect width="100%" height="100%" fill="${colour('--panel')}"/>
${content}
</svg>
`

const plotted = (
  paths: readonly string[],
  box: Box,
) => `<clipPath id="box"><rect x="${box.left}" y="${box.top}" width="${box.right - box.left}" height="${box.bottom - box.top}"/></clipPath>
<g fill="none" stroke-linejoin="round" clip-path="url(#box)">
${paths.join('\n')}
</g>`

const entriesOf = (curves: readonly Curve[]): Entry[] =>
  curves.flatMap(curve =>
    legendParts(curve, curves.length > FEW).map(part => ({
      ...part,
      colour: curve.colour,
      dash: dashesOf(curve),
    })),
  )

/** What a legend says of a line. */
export interface Entry {
  readonly text: string
  /** The name of a colour in the style sheet. */
  readonly colour: string
  readonly isFaint?: boolean
  readonly dash?: readonly number[]
}

/** Labels use the text colour: the colours of lines are too light to read. As many lines as it takes. */
export function legendOf(
  entries: readonly Entry[],
  first: number,
  width: number,
  { colour, measure }: Required<Style>,
) {
  let [left, line] = [MARGIN, 0]
  const texts = entries.map(({ text, isFaint, dash = [], ...entry }) => {
    const size = 46 + measure(text)
    if (left + size > width && left > MARGIN) [left, line] = [MARGIN, line + 1]
    const base = first + 20 * line
    const look = `stroke="${colour(entry.colour)}" stroke-width="${isFaint ? 1 : 2}" opacity="${isFaint ? 0.5 : 1}"${dashed(dash)}`
    const written = `<path d="M${left.toFixed(1)} ${base - 4}h22" ${look}/><text x="${(left + 28).toFixed(1)}" y="${base}">${escaped(text)}</text>`
    left += size
    return written
  })
  return { text: texts.join('\n'), bottom: first + 12 + 20 * line }
}

type Scale = ScaleContinuousNumeric<number, number>

interface AxisStyle {
  readonly unit: Unit
  readonly colour: Style['colour']
}

/** A label of the axis at the left. */
interface Tick {
  readonly y: number
  readonly text: string
}

function axes(x: Scale, box: Box, up: readonly Tick[], { unit, colour }: AxisStyle): string {
  const across = x.ticks(Math.max((box.right - box.left) / 110, 2)).filter(Number.isInteger)
  const grid = [
    ...across.map(tick => `M${x(tick).toFixed(1)} ${box.top}V${box.bottom}`),
    ...up.map(({ y }) => `M${box.left} ${y.toFixed(1)}H${box.right}`),
  ]
  const quiet = `fill="${colour('--quiet')}"`
  return [
    `<path d="${grid.join('')}" stroke="${colour('--line')}"/>`,
    `<g text-anchor="middle" ${quiet}>${across.map(tick => `<text x="${x(tick).toFixed(1)}" y="${box.bottom + 18}">${unit === 'time' ? clock(tick) : count(tick)}</text>`).join('')}<text x="${(box.left + box.right) / 2}" y="${box.bottom + 38}">${unit}</text></g>`,
    `<g text-anchor="end" ${quiet}>${up.map(({ y, text }) => `<text x="${box.left - 8}" y="${(y + 4).toFixed(1)}">${text}</text>`).join('')}</g>`,
  ].join('\n')
}

/** A line, an icon, and as much of the words as there is room for. */
function markOf(
  { at, marks }: Gathered<Mark>,
  { isBefore, room }: Label,
  box: Box,
  { colour, measure }: Required<Style>,
): string {
  const kind = chiefOf(marks.map(mark => mark.kind))
  const icon = `<path transform="translate(${(at - ICON / 2).toFixed(1)} ${box.top - 20}) scale(${ICON / 12})" fill="${colour(ICON_COLOURS[kind])}" fill-rule="evenodd" d="${ICONS[kind]}"/>`
  const line = `<path d="M${at.toFixed(1)} ${box.top - 6}V${box.bottom}" stroke="${colour('--mark')}" stroke-dasharray="3 3"/>`
  const chief = marks.find(mark => mark.kind === kind)
  const told =
    marks.length === 1
      ? (chief ?? { text: '' })
      : {
          text: `${chief?.text} and ${marks.length - 1} more`,
          briefly: [`${marks.length} marks`, `${marks.length}`],
        }
  const words = worded(told, room, measure)
  const text = shortened(words, room, text => 0.92 * measure(text))
  return `${line}${icon}<text x="${(at + (isBefore ? -9 : 9)).toFixed(1)}" y="${box.top - 10}" font-size="11"${isBefore ? ' text-anchor="end"' : ''}>${escaped(text)}</text>`
}

/** Cuts a text to a width; to nothing, if less than a word would be left. */
export function shortened(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text
  let length = text.length
  while (length > 0 && measure(`${text.slice(0, length)}…`) > room) length--
  return length < 6 ? '' : `${text.slice(0, length).trimEnd()}…`
}

/** Powers of ten, or values in between if there are few; never so many that they collide. */
function logTicks(y: Scale): number[] {
  const all = y.ticks(10)
  const powers = all.filter(tick => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9)
  const kept = powers.length > 2 ? powers : all.filter((_, i) => i % Math.ceil(all.length / LABELS) === 0)
  return kept.filter((_, i) => i % Math.ceil(kept.length / LABELS) === 0)
}

function extent(numbers: readonly number[]): [number, number] {
  const least = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return least < most
    ? [least, most]
    : [least - Math.abs(least) / 10 - 1e-9, most + Math.abs(most) / 10 + 1e-9]
}

export const escaped = (text: string) => text.replace(/[<>&"]/g, character => `&#${character.charCodeAt(0)};`)
