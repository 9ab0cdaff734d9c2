/** Parts of an axis. */

type Span = readonly [from: number, to: number]

/** The smallest part of an axis that is shown, as a share of it. */
const LEAST = 1e-6

/** Moves a part into the whole, or cuts it where it is longer. */
export function within([from, to]: Span, [first, last]: Span): Span {
  const size = Math.min(Math.max(to - from, LEAST * (last - first)), last - first)
  const start = Math.min(Math.max(from, first), last - size)
  return [start, start + size]
}

/** The extent of places that rise, in several lists; a little around a single one. */
export function extentOf(lists: readonly ArrayLike<number>[]): Span {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const list of lists) {
    if (list.length === 0) continue
    first = Math.min(first, list[0] as number)
    last = Math.max(last, list[list.length - 1] as number)
  }
  if (!Number.isFinite(first) || !Number.isFinite(last)) return [0, 1]
  return first < last ? [first, last] : [first - 0.5, last + 0.5]
}

/** As it is in the address; undefined for what is none. */
export function spanIn(text: string): Span | undefined {
  const [from = Number.NaN, to = Number.NaN, ...rest] = text
    .split('~')
    .map(part => (part === '' ? Number.NaN : Number(part)))
  return rest.length === 0 && Number.isFinite(from) && Number.isFinite(to) && from < to
    ? [from, to]
    : undefined
}

export const textOfSpan = (span: Span | undefined): string =>
  span ? span.map(place => Number(place.toPrecision(9))).join('~') : ''

/** Buttons count in whole steps, so that a part is one of so many. */
const PARTS = 1e6

export const partsOf = (span: Span, [first, last]: Span): Span =>
  span.map(place => ((place - first) / (last - first)) * PARTS) as unknown as Span

export const spanOf = (parts: Span, [first, last]: Span): Span =>
  parts.map(part => first + (part / PARTS) * (last - first)) as unknown as Span
