/** From the answers of the bridge to what is drawn. */
import type { EpochRecord, SeriesPoints } from '../../client.ts'
import { seriesColour } from '../palette.ts'
import type { EpochScale } from './epochs.ts'
import { isNoisy, isStepped, isValidation, labelOf, metricOf } from './kinds.ts'
import { continued, type Means, smoothed } from './smooth.ts'

/** What the bridge said of a series. */
export interface Answer {
  readonly name: string
  readonly points: SeriesPoints
  /** The means in front of the range, for an average that reaches back there. */
  readonly before?: Means
}

export interface Points {
  /** Steps or epochs. */
  readonly x: readonly number[]
  readonly y: readonly number[]
}

export interface Curve {
  readonly name: string
  readonly label: string
  /** A colour of the style sheet, by name. */
  readonly colour: string
  readonly isDashed: boolean
  readonly isStepped: boolean
  /** Drawn faintly: it is there to be seen through. */
  readonly isFaint: boolean
  readonly raw: Points
  /** Its average, where one is wanted. */
  readonly trend: Points | undefined
}

export interface View {
  /** In steps. */
  readonly range: readonly [number, number] | undefined
  /** How many steps an average is over; 0 for none. */
  readonly window: number
  /** Where the axis shows epochs: how long they are, and what was measured at their ends. */
  readonly epochs: EpochScale | undefined
  readonly history: readonly EpochRecord[]
}

export function curvesOf(names: readonly string[], answers: readonly Answer[], view: View): Curve[] {
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

function byStep({ name, points, before }: Answer, { window, epochs, range }: View): Found {
  const place = (steps: readonly number[]) => (epochs ? steps.map(step => epochs.epochOf(step)) : steps)
  const raw = { x: place(points.steps), y: points.values }
  if (window === 0 || isStepped(name)) return { raw, trend: undefined }
  const { steps, values } = smoothed(continued(before, points.means), window)
  // One in front of the range leads into it.
  const start = Math.max(steps.findIndex(step => step >= (range?.[0] ?? 0)) - 1, 0)
  return { raw, trend: { x: place(steps.slice(start)), y: values.slice(start) } }
}

/** What was measured at the ends of epochs, as far back as their records go; before, what was recorded by step. */
function byEpoch(metric: string, recorded: Found | undefined, { history, window, range }: View): Found {
  const records = history.filter(({ metrics }) => metrics[metric] !== undefined)
  const steps = records.map(({ step }) => step)
  const values = records.map(({ metrics }) => metrics[metric] as number)
  const [from, to] = range ?? [0, Number.POSITIVE_INFINITY]
  const first = Math.max(steps.findIndex(step => step >= from) - 1, 0)
  const after = steps.findIndex(step => step > to)
  const cut = (list: readonly number[]) => list.slice(first, after < 0 ? undefined : after + 1)
  const x = cut(records.map(({ epoch }) => epoch))
  const whole = history[0]?.epoch === 1
  const behind = (points: Points | undefined, y: readonly number[]): Points => {
    const count = whole || !points ? 0 : points.x.filter(epoch => epoch < (x[0] ?? Infinity)).length
    return {
      x: [...(points?.x.slice(0, count) ?? []), ...x],
      y: [...(points?.y.slice(0, count) ?? []), ...y],
    }
  }
  const raw = behind(recorded?.raw, cut(values))
  if (window === 0) return { raw, trend: undefined }
  return { raw, trend: behind(recorded?.trend, cut(smoothed({ steps, values }, window).values)) }
}

/** What is to be seen of a curve where only one line of it counts. */
export const lineOf = ({ raw, trend }: Curve): Points => trend ?? raw

/** The last value up to a place on the axis: not every curve has one everywhere. */
export function valueAt({ x, y }: Points, place: number): number | undefined {
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((x[middle] as number) <= place) low = middle + 1
    else high = middle
  }
  return y[low - 1]
}
