/** What is known about the numbers at a port, and what a node expects of them. */

/** All numbers from one to another. */
export type Interval = readonly [from: number, to: number]

/**
 * The numbers that a port can reach as training changes the parameters: an interval, or a `'distribution'`,
 * which is from 0 to 1 with a sum of 1 along the last axis. Undefined means unknown, and then nothing is
 * reported.
 */
export type Range = Interval | 'distribution'

/** Whole numbers from one to another, such as the places of an axis. */
export interface WholeNumbers {
  readonly whole: Interval
}

/**
 * The numbers that a node expects at an input: any `'numbers'`, as in regression; independent
 * `'probabilities'` from 0 to 1; a `'distribution'` over classes; `'logits'`, which it turns into
 * probabilities; an interval; or whole numbers in one.
 */
export type Expectation = 'numbers' | 'probabilities' | 'distribution' | 'logits' | Interval | WholeNumbers

export const ANY_NUMBER: Interval = [-Infinity, Infinity]
export const UNIT: Interval = [0, 1]

export const intervalOf = (range: Range): Interval => (range === 'distribution' ? UNIT : range)

/** The range after a non-decreasing function; undefined if the range before it is. */
export function rising(range: Range | undefined, f: (x: number) => number): Range | undefined {
  if (range === undefined) return undefined
  const [from, to] = intervalOf(range)
  return [f(from), f(to)]
}

/** The smallest interval that contains all ranges; undefined if one of them is. */
export function hull(ranges: readonly (Range | undefined)[]): Range | undefined {
  let [from, to] = [Infinity, -Infinity]
  for (const range of ranges) {
    if (range === undefined) return undefined
    const [low, high] = intervalOf(range)
    from = Math.min(from, low)
    to = Math.max(to, high)
  }
  return from <= to ? [from, to] : undefined
}

/** Whether a port can reach every number. */
export const isEveryNumber = (range: Range | undefined): boolean =>
  range !== undefined && range[0] === -Infinity && range[1] === Infinity

/** The numbers that an expectation allows. */
export function allowed(expectation: Expectation): Interval {
  if (expectation === 'numbers' || expectation === 'logits') return ANY_NUMBER
  if (isWholeNumbers(expectation)) return expectation.whole
  return typeof expectation === 'string' ? UNIT : expectation
}

/** How far outside an interval a number may be and still count as inside. */
const ROUNDING = 1e-6

/** Whether a number lies in an interval, up to rounding. */
export const isIn = ([from, to]: Interval, x: number): boolean => x >= from - ROUNDING && x <= to + ROUNDING

export const isWholeNumbers = (value: unknown): value is WholeNumbers =>
  typeof value === 'object' && value !== null && 'whole' in value && isInterval(value.whole)

/** Whether it is an expectation that a definition may declare. */
export function isExpectation(value: unknown): value is Expectation {
  if (isWholeNumbers(value)) return true
  return typeof value === 'string'
    ? ['numbers', 'probabilities', 'distribution', 'logits'].includes(value)
    : isInterval(value)
}

export const isRange = (value: unknown): value is Range => value === 'distribution' || isInterval(value)

const isInterval = (value: unknown): value is Interval =>
  Array.isArray(value) &&
  value.length === 2 &&
  typeof value[0] === 'number' &&
  typeof value[1] === 'number' &&
  value[0] <= value[1]

/** `probabilities that sum to 1`, `numbers from 0 to 1`, `any number`. */
export function showRange(range: Range): string {
  if (range === 'distribution') return 'probabilities that sum to 1'
  const [from, to] = range
  if (from === -Infinity && to === Infinity) return 'any number'
  if (to === Infinity) return `numbers from ${from} up`
  return from === -Infinity ? `numbers up to ${to}` : `numbers from ${digits(from)} to ${digits(to)}`
}

const digits = (x: number): number => Number(x.toPrecision(4))

export function showExpectation(expectation: Expectation): string {
  if (expectation === 'numbers') return 'any number'
  if (expectation === 'logits') return 'logits, which are any number'
  if (expectation === 'probabilities') return 'probabilities from 0 to 1'
  return isWholeNumbers(expectation) ? `whole ${showRange(expectation.whole)}` : showRange(expectation)
}
