/** Finds the first number of a column that is not of the expected kind. */
import {
  type Interval,
  isIn,
  isWholeNumbers,
  type Numbers,
  UNIT,
  type WholeNumbers,
} from '../../../core/index.ts'

/** What rows must hold: numbers in an interval, whole ones in one, one distribution each, or only 0 and 1. */
export type Kind = Interval | WholeNumbers | 'distribution' | 'yes or no'

export interface Misfit {
  /** The index of the entry, or of the first entry of a row that does not sum to 1. */
  readonly index: number
  /** The value of the entry, or the sum of the row. */
  readonly value: number
  readonly isSum: boolean
}

/** How far the sum of a row may be from 1: normally, and if shares were rounded to two digits. */
const SUM = 1e-3
const DIGITS = 0.02

/**
 * Searches rows of `width` entries for the first that does not fit.
 *
 * @param isAsked whether something is asked of an entry, where whole numbers are asked for
 */
export function firstMisfit(
  data: Numbers,
  width: number,
  kind: Kind,
  isAsked: (index: number) => boolean = () => true,
): Misfit | undefined {
  if (kind === 'distribution') return firstWrongRow(data, width)
  if (Array.isArray(kind)) return firstOutside(data, kind as unknown as Interval, 0, data.length)
  const isWrong = isWholeNumbers(kind)
    ? (value: number) => !Number.isInteger(value) || value < kind.whole[0] || value > kind.whole[1]
    : (value: number) => value !== 0 && value !== 1
  const index = data.findIndex((value: number, i: number) => isWrong(value) && isAsked(i))
  return index < 0 ? undefined : { index, value: data[index] as number, isSum: false }
}

/**
 * The first doubtful row among distributions, which may be intended: all zeros, whose loss is 0, so that the
 * sample has no effect; or rounded shares.
 *
 * @param mayBeZero whether rows of zeros are expected, since weights leave samples out
 */
export function firstDoubtfulRow(data: Numbers, width: number, mayBeZero = false): Misfit | undefined {
  for (let index = 0; index < data.length; index += width) {
    const sum = sumOf(data, index, width)
    if (!(Math.abs(sum - 1) <= SUM || (mayBeZero && sum === 0))) return { index, value: sum, isSum: true }
  }
  return undefined
}

function firstOutside(data: Numbers, interval: Interval, start: number, end: number): Misfit | undefined {
  for (let index = start; index < end; index++) {
    const value = data[index] as number
    if (!isIn(interval, value)) return { index, value, isSum: false }
  }
  return undefined
}

function firstWrongRow(data: Numbers, width: number): Misfit | undefined {
  for (let index = 0; index < data.length; index += width) {
    const outside = firstOutside(data, UNIT, index, index + width)
    if (outside) return outside
    const sum = sumOf(data, index, width)
    if (sum !== 0 && !(Math.abs(sum - 1) <= DIGITS)) return { index, value: sum, isSum: true }
  }
  return undefined
}

function sumOf(data: Numbers, start: number, width: number): number {
  let sum = 0
  for (let index = start; index < start + width; index++) sum += data[index] as number
  return sum
}

/** What a column looks like, for advice on how to write its numbers. */
export interface Traits {
  readonly minimum: number
  readonly maximum: number
  /** The distinct numbers in order, if there are few. */
  readonly values: readonly number[] | undefined
  readonly isWhole: boolean
}

/** The most distinct numbers that count as classes. */
const FEW = 100

export function traitsOf(data: Numbers): Traits {
  const values = new Set<number>()
  let [minimum, maximum] = [Infinity, -Infinity]
  let isWhole = true
  for (const value of data) {
    if (values.size <= FEW) values.add(value)
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
    if (isWhole && !Number.isInteger(value)) isWhole = false
  }
  const few = values.size <= FEW ? [...values].sort((a, b) => a - b) : undefined
  return { minimum, maximum, values: few, isWhole }
}
