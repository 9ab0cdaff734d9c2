/** What is known of the numbers at a port, and what a loss asks of them. */

/** All numbers from one to another. */
export type Interval = readonly [from: number, to: number]

/**
 * The numbers that a port comes to, as training changes the parameters: those of an interval, or a `'distribution'`,
 * which is from 0 to 1 with a sum of 1 along the last axis. Where nothing is known it is undefined, and nothing is said.
 */
export type Range = Interval | 'distribution'

/**
 * What a loss asks of the numbers at an input: any `'numbers'`, as a regression does; `'probabilities'`, each from 0 to 1 by
 * itself; a `'distribution'` over classes; `'logits'`, from which it makes probabilities; or an interval.
 */
export type Expectation = 'numbers' | 'probabilities' | 'distribution' | 'logits' | Interval

export const ANY_NUMBER: Interval = [-Infinity, Infinity]
export const UNIT: Interval = [0, 1]

export const intervalOf = (range: Range): Interval => (range === 'distribution' ? UNIT : range)

/** The range behind a function that never falls; undefined where that in front is. */
export function rising(range: Range | undefined, f: (x: number) => number): Range | undefined {
  if (range === undefined) return undefined
  const [from, to] = intervalOf(range)
  return [f(from), f(to)]
}

/** The least interval that holds them all; undefined where one of them is. */
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

/** Whether a port comes to every number there is. */
export const isEveryNumber = (range: Range | undefined): boolean =>
  range !== undefined && range[0] === -Infinity && range[1] === Infinity

/** The numbers that an expectation allows. */
export function allowed(expectation: Expectation): Interval {
  if (expectation === 'numbers' || expectation === 'logits') return ANY_NUMBER
  return typeof expectation === 'string' ? UNIT : expectation
}

/** How far a number may be from an interval and still be taken for one of it. */
const ROUNDING = 1e-6

/** Whether it lies in an interval, but for rounding. */
export const isIn = ([from, to]: Interval, x: number): boolean => x >= from - ROUNDING && x <= to + ROUNDING

/** Whether it is one of the expectations that a definition may name. */
export function isExpectation(value: unknown): value is Expectation {
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
  return showRange(expectation)
}
