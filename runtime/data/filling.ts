/** Replaces empty cells, which are NaN until then. */
import { GradstreamError, type Numbers, type Shape, sizeOf } from '../../core/index.ts'

/** Entries of a row that are filled together: one number, or the entries of a category. */
export interface Fill {
  /** The column of the table. */
  readonly index: number
  readonly offset: number
  readonly width: number
  /** The statistic to learn from the training part, or the values themselves. */
  readonly by: 'mean' | 'median' | 'mode' | readonly number[]
}

/** A fill whose values are known. */
export interface Filled extends Omit<Fill, 'by'> {
  readonly values: readonly number[]
}

/** @throws GradstreamError `MISSING_CELL` if there is nothing to learn from */
export function learned(
  { by, ...slot }: Fill,
  data: Float64Array,
  { shape, names = [] }: { shape: Shape; names?: readonly string[] },
): Filled {
  if (typeof by !== 'string') return { ...slot, values: by }
  const { offset, width } = slot
  const stride = sizeOf(shape)
  const known: number[] = []
  const counts = new Map<number, number>()
  for (let at = offset; at < data.length; at += stride) {
    const value = width === 1 ? (data[at] as number) : data.subarray(at, at + width).indexOf(1)
    const isEmpty = width === 1 ? Number.isNaN(value) : Number.isNaN(data[at])
    if (isEmpty) continue
    if (by === 'mode') counts.set(value, (counts.get(value) ?? 0) + 1)
    else known.push(value)
  }
  if (known.length === 0 && counts.size === 0) {
    throw new GradstreamError('MISSING_CELL', {
      place: `column "${names[offset] ?? offset}"`,
      expected: 'a value in at least one row of the training part',
      got: 'only empty cells',
      hint: 'Leave the column out of the features.',
    })
  }
  if (by === 'mode') {
    // On a tie take the smallest, so that the order of rows does not matter.
    const [[mode]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b) as [[number, number]]
    const values = width === 1 ? [mode] : Array.from({ length: width }, (_, i) => Number(i === mode))
    return { ...slot, values }
  }
  return { ...slot, values: [by === 'mean' ? meanOf(known) : medianOf(known)] }
}

/** Relative to the first value, so that a large offset costs no digits. */
function meanOf(values: readonly number[]): number {
  const origin = values[0] as number
  let sum = 0
  for (const value of values) sum += value - origin
  return origin + sum / values.length
}

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const [low, high] = [sorted[middle - 1] as number, sorted[middle] as number]
  return sorted.length % 2 === 1 ? high : low + (high - low) / 2
}

/** Fills rows of `stride` numbers, in place. */
export function fill(data: Numbers, stride: number, { offset, values }: Filled): void {
  for (let at = offset; at < data.length; at += stride) {
    if (Number.isNaN(data[at])) for (let i = 0; i < values.length; i++) data[at + i] = values[i] as number
  }
}
