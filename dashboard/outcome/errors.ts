/** Which samples are behind a part of the plot of a regression, and how wrong the prediction of each is. */
import type { Told } from '../told.ts'

/** What is true from … to …, and what is predicted. */
export interface Region {
  readonly actual: readonly [number, number]
  readonly predicted: readonly [number, number]
}

/** Part of the plot, or all samples with their errors. */
export type ChosenErrors = Region | 'errors'

/** "98 106 120 128" for a region, in an address. */
export const regionText = (chosen: ChosenErrors): string =>
  chosen === 'errors'
    ? chosen
    : [...chosen.actual, ...chosen.predicted].map(end => Number(end.toPrecision(6))).join(' ')

/** What such a text says; undefined for another text. */
export function regionOf(text: string): ChosenErrors | undefined {
  if (text === 'errors') return text
  const ends = text.split(' ').map(part => (part === '' ? Number.NaN : Number(part)))
  const [a = 0, b = 0, c = 0, d = 0] = ends
  if (ends.length !== 4 || !ends.every(Number.isFinite) || a > b || c > d) return undefined
  return { actual: [a, b], predicted: [c, d] }
}

/** How far a prediction is above what is true, or below it if negative; NaN if either is not a number. */
export const errorOf = ({ targets, meanings }: Told, sample: number): number =>
  (meanings[sample]?.[0] ?? Number.NaN) - (targets[sample]?.[0] ?? Number.NaN)

/** The places of the samples, in the order of the data or the largest errors first. */
export function samplesWithin(told: Told, chosen: ChosenErrors, isWorstFirst: boolean): number[] {
  const { targets, meanings } = told
  const isIn = (value: number | undefined, [from, to]: readonly [number, number]) =>
    value !== undefined && value >= from && value <= to
  const isBehind = (i: number) =>
    chosen === 'errors' || (isIn(targets[i]?.[0], chosen.actual) && isIn(meanings[i]?.[0], chosen.predicted))
  const places = targets.flatMap((_, i) => (isBehind(i) ? [i] : []))
  if (!isWorstFirst) return places
  // What is not a number is as wrong as can be.
  const sizes = targets.map((_, i) => {
    const size = Math.abs(errorOf(told, i))
    return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size
  })
  const size = (i: number) => sizes[i] as number
  return places.sort((a, b) => (size(a) === size(b) ? a - b : size(b) - size(a)))
}
