/** The points of a run along an axis, and their average. */
import { SERIES_COLUMNS } from '../../runtime/runs-page/answers.ts'
import type { Unit } from '../charts/curves.ts'
import { smoothed } from '../charts/smooth.ts'

export interface Points {
  readonly steps: Float64Array
  /** Of running, without pauses. */
  readonly seconds: Float64Array
  readonly values: Float64Array
}

/** Along an axis, with NaN for a gap. */
export interface Track {
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Reads the answer to `/api/series`: so many series. */
export function pointsIn(bytes: ArrayBuffer, count: number): Points[] {
  const numbers = new Float64Array(bytes)
  let at = 0
  return Array.from({ length: count }, () => {
    const length = numbers[at] ?? 0
    const column = (i: number) => numbers.subarray(at + 1 + i * length, at + 1 + (i + 1) * length)
    const points = { steps: column(0), seconds: column(1), values: column(2) }
    at += 1 + SERIES_COLUMNS * length
    return points
  })
}

/** `epochs` has the number of each epoch at its last step. Undefined where the axis cannot be told. */
export function trackOf({ steps, seconds, values }: Points, unit: Unit, epochs: Points): Track | undefined {
  if (unit === 'epoch')
    return epochs.steps.length === 0 ? undefined : { x: epochsAt(steps, epochs), y: values }
  return { x: rising(unit === 'time' ? seconds : steps), y: values }
}

/** Places can be searched only if they do not fall, and a damaged clock may have gone back. */
function rising(places: Float64Array): Float64Array {
  let most = Number.NEGATIVE_INFINITY
  return places.map(place => {
    most = Math.max(most, place)
    return most
  })
}

/** Straight from the end of one epoch to the end of the next. The last one goes on as long as the one before. */
function epochsAt(steps: Float64Array, { steps: ends, values: numbers }: Points): Float64Array {
  let next = 0
  return steps.map(step => {
    while (next < ends.length - 1 && (ends[next] as number) < step) next++
    const [end, number] = [ends[next] as number, numbers[next] as number]
    const [start, before] =
      next > 0
        ? [ends[next - 1] as number, numbers[next - 1] as number]
        : [beginning(ends, numbers), number - 1]
    return end > start ? before + ((step - start) / (end - start)) * (number - before) : number
  })
}

/** Where the first epoch that is known began: as long before its end as the next one takes, or at 0. */
function beginning(ends: Float64Array, numbers: Float64Array): number {
  const [first, second] = [ends[0] as number, ends[1]]
  if ((numbers[0] as number) <= 1 || second === undefined) return 0
  return first - (second - first)
}

/** The average over so many steps before each point; gaps stay. */
export function averaged({ x, y }: Track, steps: Float64Array, window: number): Track {
  const known = [...y.keys()].filter(i => !Number.isNaN(y[i]))
  const means = { steps: known.map(i => steps[i] as number), values: known.map(i => y[i] as number) }
  const { values } = smoothed(means, window)
  const averages = new Float64Array(y.length).fill(Number.NaN)
  known.forEach((at, i) => {
    averages[at] = values[i] as number
  })
  return { x, y: averages }
}

/** The index of the first place that is above `at`. */
export function after(places: Float64Array, at: number): number {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle] as number) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** The last value up to a place; undefined before the first, in a gap, and after the end. */
export function valueAt({ x, y }: Track, place: number): number | undefined {
  const i = after(x, place) - 1
  const value = y[i]
  const isBeyond = i === x.length - 1 && place > (x[i] as number) + 1e-9 * Math.abs(place)
  return value === undefined || Number.isNaN(value) || isBeyond ? undefined : value
}
