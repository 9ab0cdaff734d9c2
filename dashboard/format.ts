/** Formats numbers and shapes. */
import type { Cell, Followed, Limits, PortShape } from '../client.ts'

/** Three significant digits: 0.0123, 1.23, 12,300, 1.25e-4. */
export function figures(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e7) return scientific(value, 3)
  return size >= 1000 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)))
}

/** A cell of a table, as close to what stands there as six digits are: 2011, 0.123457, "Paris". */
export function cellText(cell: Cell | undefined): string {
  if (typeof cell !== 'number') return cell === '' ? 'empty' : (cell ?? '–')
  return String(Number.isSafeInteger(cell) ? cell : Number(cell.toPrecision(6)))
}

export const count = (value: number): string => grouped(Math.round(value))

/** A round number in few characters: 20,000, 100k, 1.5M. */
export const brief = (value: number): string =>
  value < 1e5 ? count(value) : value.toLocaleString('en', { notation: 'compact' }).replace('K', 'k')

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 20 })
const grouped = (value: number) => GROUPED.format(value)

/** 1.25e-4, without trailing zeros: 1e-4. */
const scientific = (value: number, digits: number) => {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string]
  return `${Number(mantissa)}e${Number(exponent)}`
}

/** The labels of an axis, with enough digits to distinguish them; `null` is a mark without a label. */
export function ticks(values: readonly (number | null)[]): string[] {
  const known = values.filter(value => value !== null)
  const gaps = known.slice(1).map((value, i) => Math.abs(value - (known[i] as number)))
  const gap = Math.min(...gaps.filter(size => size > 0), Math.max(...known.map(Math.abs), 1e-300))
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const isPlain = largest === 0 || (largest >= 1e-3 && largest < 1e7)
  for (let digits = 1; ; digits++) {
    const areExact = known.every(
      value =>
        Math.abs(Number(value.toPrecision(digits)) - value) <= Math.max(gap / 50, Math.abs(value) / 1e14),
    )
    if (!areExact && digits < 15) continue
    return values.map(value => {
      if (value === null) return ''
      // The zero of an axis is often a rounding error.
      if (Math.abs(value) < gap / 1e9) return '0'
      return isPlain ? grouped(Number(value.toPrecision(digits))) : scientific(value, digits)
    })
  }
}

/** A speed limit in words. */
export const speedText = (stepsPerSecond: number | null): string =>
  stepsPerSecond === null
    ? 'full'
    : `${stepsPerSecond.toLocaleString('en')} step${stepsPerSecond === 1 ? '' : 's'}/s`

export const share = (value: number): string => `${Number((100 * value).toFixed(value < 0.1 ? 2 : 1))} %`

export const shapeText = (shape: PortShape): string =>
  shape.length === 0
    ? 'scalar'
    : shape.map((length, axis) => length ?? (axis === 0 ? 'batch' : 'any')).join(' × ')

/** `validationLoss` as "validation loss", and `validationR2` as "validation r²". */
export const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`).replace(/\br2$/, 'r²')

/** A value of a config: strings unchanged, lists and objects as JSON. */
export const plain = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))

/** What a hyper-parameter follows: "cosine restarts", "warm up, then cosine", "a stream". */
export function followedText(followed: Followed): string {
  if (followed === 'stream') return 'a stream'
  const next = followed.to
  const then = typeof next === 'object' && next !== null ? `, then ${followedText(next as Followed)}` : ''
  return words(followed.schedule) + then
}

/** "0 or more, below 1". */
export function limitsText({ minimum, above, below, isWhole }: Limits = {}): string {
  const parts = [
    isWhole && 'whole',
    minimum !== undefined && `${minimum} or more`,
    above !== undefined && `above ${above}`,
    below !== undefined && `below ${below}`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** Parses a number within limits, or returns why it is invalid. */
export function numberIn(text: string, limits: Limits = {}): number | string {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) return `"${text}" is not a number`
  const { minimum = -Infinity, above = -Infinity, below = Infinity, isWhole = false } = limits
  const holds = value >= minimum && value > above && value < below && (!isWhole || Number.isInteger(value))
  return holds ? value : `it must be ${limitsText(limits)}`
}
