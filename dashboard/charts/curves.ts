/** Turns the answers of the bridge into curves. */
import type { EpochRecord, SeriesPoints } from '../../client.ts'
import { count, figures } from '../format.ts'
import { seriesColour } from '../palette.ts'
import type { EpochScale } from './epochs.ts'
import { isNoisy, isStepped, isValidation, labelOf, metricOf } from './kinds.ts'
import { continued, type Means, smoothed } from './smooth.ts'
import { clock, type TimeScale } from './times.ts'

/** The bridge's answer for a series. */
export interface Answer {
  readonly name: string
  readonly points: SeriesPoints
  /** The means before the range, for averages that reach back there. */
  readonly before?: Means
}

export interface Points {
  /** Steps or epochs. */
  readonly x: readonly number[]
  /** `null` where the curve breaks at a non-finite figure. */
  readonly y: readonly (number | null)[]
}

export interface Curve {
  readonly name: string
  readonly label: string
  /** The name of a colour in the style sheet. */
  readonly colour: string
  readonly isDashed: boolean
  /** How it is dashed, where that tells curves of one colour apart. */
  readonly dash?: readonly number[]
  readonly isStepped: boolean
  /** Drawn faintly, behind the average. */
  readonly isFaint: boolean
  readonly raw: Points
  /** Its average, if requested. */
  readonly trend: Points | undefined
}

/** What the axis counts. Time is in seconds. */
export type Unit = 'step' | 'epoch' | 'time'

export interface View {
  /** In steps. */
  readonly range: readonly [number, number] | undefined
  /** Whether it includes the newest step. */
  readonly isLatest: boolean
  /** The number of steps in an average; 0 for none. */
  readonly window: number
  /** If the axis shows epochs: their lengths, and the figures at their ends. */
  readonly epochs: EpochScale | undefined
  readonly history: readonly EpochRecord[]
  /** If the axis shows time: the time of each step. */
  readonly times?: TimeScale | undefined
}

/** If the newest step is shown, all curves end there: each figure keeps its last value. */
export function curvesOf(names: readonly string[], answers: readonly Answer[], view: View): Curve[] {
  const curves = curvesWithOwnEnds(names, answers, view)
  if (!view.isLatest) return curves
  const end = Math.max(...curves.map(({ raw }) => raw.x.at(-1) ?? Number.NEGATIVE_INFINITY))
  return curves.map(({ raw, trend, ...curve }) => ({
    ...curve,
    raw: upTo(raw, end),
    trend: trend && upTo(trend, end),
  }))
}

/** Extends the last value to the end. */
function upTo({ x, y }: Points, end: number): Points {
  const [lastX, lastY] = [x.at(-1), y.at(-1)]
  if (lastX === undefined || lastY == null || lastX >= end) return { x, y }
  return { x: [...x, end], y: [...y, lastY] }
}

function curvesWithOwnEnds(names: readonly string[], answers: readonly Answer[], view: View): Curve[] {
  return names.flatMap((name, i) => {
    const metric = metricOf(name)
    const answer = answers.find(candidate => candidate.name === name)
    const steps = answer && byStep(answer, view)
    const found = view.epochs && metric !== undefined ? byEpoch(metric, steps, view) : steps
    if (!found) return []
    return {
      name,
      label: labelOf(name),
      colour: seriesColour(i),
      isDashed: isValidation(name),
      isStepped: isStepped(name),
      isFaint: isNoisy(name) || found.trend !== undefined,
      ...found,
    }
  })
}

type Found = Pick<Curve, 'raw' | 'trend'>

function byStep({ name, points, before }: Answer, { window, epochs, range, times }: View): Found {
  const placeOf = epochs?.epochOf ?? times?.timeOf
  const place = ({ x, y }: Points) => ({ x: placeOf ? x.map(placeOf) : x, y })
  const { gaps } = points
  const raw = place(broken({ x: points.steps, y: points.values }, gaps))
  if (window === 0 || isStepped(name)) return { raw, trend: undefined }
  const { steps, values } = smoothed(continued(before, points.means), window)
  // Include one point before the range to lead into it.
  const start = Math.max(steps.findIndex(step => step >= (range?.[0] ?? 0)) - 1, 0)
  const [x, y] = [steps.slice(start), values.slice(start)]
  // A mean is at the end of its part. The average starts at the first point, with its value.
  const [first] = points.steps
  const leads = first !== undefined && x[0] !== undefined && first < x[0]
  const trend = leads ? { x: [first, ...x], y: [points.values[0] as number, ...y] } : { x, y }
  return { raw, trend: place(broken(trend, gaps)) }
}

/** Breaks a curve at each gap, between the points before and after it. */
function broken({ x, y }: Points, gaps: readonly number[]): Points {
  const [places, values] = [[] as number[], [] as (number | null)[]]
  let next = 0
  const passTo = (gap: number) => {
    for (; next < x.length && (x[next] as number) <= gap; next++) {
      places.push(x[next] as number)
      values.push(y[next] as number | null)
    }
  }
  for (const gap of gaps) {
    passTo(gap)
    // Steps are whole numbers, so there is room between two of them.
    places.push(places.at(-1) === gap ? gap + 0.5 : gap)
    values.push(null)
  }
  passTo(Number.POSITIVE_INFINITY)
  return { x: places, y: values }
}

/** The figures at the ends of epochs, as far back as their records go; before that, the recorded steps. */
function byEpoch(metric: string, recorded: Found | undefined, { history, window, range }: View): Found {
  const records = history.filter(({ metrics }) => metrics[metric] !== undefined)
  const steps = records.map(({ step }) => step)
  const values = records.map(({ metrics }) => finite(metrics[metric]))
  const [from, to] = range ?? [0, Number.POSITIVE_INFINITY]
  const first = Math.max(steps.findIndex(step => step >= from) - 1, 0)
  const after = steps.findIndex(step => step > to)
  const cut = <T>(list: readonly T[]) => list.slice(first, after < 0 ? undefined : after + 1)
  const x = cut(records.map(({ epoch }) => epoch))
  const whole = history[0]?.epoch === 1
  const behind = (points: Points | undefined, y: readonly (number | null)[]): Points => {
    const count = whole || !points ? 0 : points.x.filter(epoch => epoch < (x[0] ?? Infinity)).length
    return {
      x: [...(points?.x.slice(0, count) ?? []), ...x],
      y: [...(points?.y.slice(0, count) ?? []), ...y],
    }
  }
  const raw = behind(recorded?.raw, cut(values))
  if (window === 0) return { raw, trend: undefined }
  const known = records.filter((_, i) => values[i] !== null)
  const means = { steps: known.map(({ step }) => step), values: values.filter(value => value !== null) }
  const averages = smoothed(means, window).values
  let next = 0
  const trend = values.map(value => (value === null ? null : (averages[next++] as number)))
  return { raw, trend: behind(recorded?.trend, cut(trend)) }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null

/** A place on the axis, in words. */
export function placeText(place: number, unit: Unit): string {
  if (unit === 'time') return clock(Math.round(10 * place) / 10)
  return unit === 'step' ? count(place) : figures(place)
}

/** The figure of a curve at a position or at its end, with the average if it is smoothed. */
export function figuresOf(
  { raw, trend }: Curve,
  place = Number.POSITIVE_INFINITY,
): { readonly figure: number | undefined; readonly average: number | undefined } {
  return { figure: valueAt(raw, place), average: trend && valueAt(trend, place) }
}

/** Of more curves than that, a legend has one figure each: the average, if there is one. */
export const FEW = 4

/**
 * What the legend says of a curve: of its figures, and of their average if there is one. The average is drawn in full. One of many has
 * one part.
 */
export function legendParts(
  curve: Curve,
  isOneOfMany = false,
): { readonly text: string; readonly isFaint: boolean }[] {
  const { figure, average } = figuresOf(curve)
  if (isOneOfMany) return [{ text: `${curve.label} ${figures(average ?? figure)}`, isFaint: false }]
  const own = { text: `${curve.label} ${figures(figure)}`, isFaint: curve.isFaint }
  return average === undefined ? [own] : [own, { text: `smoothed ${figures(average)}`, isFaint: false }]
}

/** The same in one text. */
export const legendText = (curve: Curve): string =>
  legendParts(curve)
    .map(({ text }) => text)
    .join(', ')

/** The last value up to a position on the axis; undefined before the first value and in a gap. */
function valueAt({ x, y }: Points, place: number): number | undefined {
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((x[middle] as number) <= place) low = middle + 1
    else high = middle
  }
  return y[low - 1] ?? undefined
}
