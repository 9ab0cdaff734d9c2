/** What of many points can be seen: of each column of pixels, the lowest and the highest. */
import { after, type Track } from './tracks.ts'

/** The places, and a column for each track: a number, `undefined` for no point, or `null` for a gap. As uPlot takes them. */
export type Thinned = [number[], ...(number | null | undefined)[][]]

/**
 * The part of tracks from one place to another, in so many columns. Columns begin at multiples of their width, so that a curve keeps its shape while
 * it is moved. At both ends, a curve leads to where it would go on.
 *
 * @param isLog values up to 0 are left out
 */
export function thinned(
  tracks: readonly Track[],
  [from, to]: readonly [number, number],
  columns: number,
  isLog = false,
): Thinned {
  const width = (to - from) / columns
  if (!(width > 0)) return [[], ...tracks.map(() => [])]
  const first = Math.floor(from / width)
  const count = Math.ceil(to / width) - first + 1
  // Two places for each column, and one for each end.
  const places = Array.from(
    { length: 2 * count },
    (_, i) => (first + (i >> 1) + (i % 2 === 0 ? 0.25 : 0.75)) * width,
  )
  const start = places.findIndex(place => place > from)
  const end = places.findLastIndex(place => place < to) + 1
  return [
    [from, ...places.slice(start, end), to],
    ...tracks.map(track => [
      between(track, from, isLog),
      ...inColumns(track, from, to, width, first, count, isLog).slice(start, end),
      between(track, to, isLog),
    ]),
  ]
}

function inColumns(
  { x, y }: Track,
  from: number,
  to: number,
  width: number,
  first: number,
  count: number,
  isLog: boolean,
): (number | null | undefined)[] {
  const values = new Array<number | null | undefined>(2 * count).fill(undefined)
  const end = after(x, to)
  let i = Math.max(after(x, from) - 1, 0)
  while (i < end) {
    const column = Math.floor((x[i] as number) / width) - first
    let [least, most] = [-1, -1]
    let isGap = false
    for (; i < end && Math.floor((x[i] as number) / width) - first === column; i++) {
      const value = y[i] as number
      if (Number.isNaN(value) || (isLog && value <= 0)) isGap = true
      else {
        if (least < 0 || value < (y[least] as number)) least = i
        if (most < 0 || value >= (y[most] as number)) most = i
      }
    }
    if (column < 0 || column >= count) continue
    const [one, other] = least < most ? [least, most] : [most, least]
    // A gap that is narrower than a pixel is not seen.
    if (one >= 0) values[2 * column] = y[one] as number
    else if (isGap) values[2 * column] = null
    if (other !== one) values[2 * column + 1] = y[other] as number
  }
  return values
}

/** The value on the line between the points on both sides of a place. */
function between({ x, y }: Track, place: number, isLog: boolean): number | undefined {
  const next = after(x, place)
  const [x0, x1, y0, y1] = [x[next - 1], x[next], y[next - 1], y[next]]
  if (x0 === place) return drawable(y0, isLog)
  if (x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined) return undefined
  const share = (place - x0) / (x1 - x0)
  const value = isLog ? y0 ** (1 - share) * y1 ** share : y0 + share * (y1 - y0)
  return drawable(value, isLog)
}

const drawable = (value: number | undefined, isLog: boolean) =>
  value === undefined || !Number.isFinite(value) || (isLog && value <= 0) ? undefined : value
