/** Medians, quartiles, and number formats. */

/** A quantile, interpolated between values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low === undefined || high === undefined ? Number.NaN : low + (high - low) * (place % 1)
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Three significant digits, or all before the point: 0.0123, 1.23, 123, 1234. */
export function figures(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const text = value.toPrecision(3)
  return text.includes('e') ? String(Math.abs(value) >= 1 ? Math.round(value) : value) : text
}

/** A time, given in microseconds. */
export const duration = (microseconds: number): string =>
  Math.abs(microseconds) < 1000 ? `${figures(microseconds)} µs` : `${figures(microseconds / 1000)} ms`

/** The quartiles, in the unit of `write`. */
export const quartiles = (values: readonly number[], write: (value: number) => string): string =>
  `${write(quantile(values, 0.25))} to ${write(quantile(values, 0.75))}`

export const mebibytes = (bytes: number): string => `${figures(bytes / 2 ** 20)} MiB`
