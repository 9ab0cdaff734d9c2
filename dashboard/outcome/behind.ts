/** Which samples are behind a cell of the confusion matrix, and how wrong each of them is. */
import type { Told } from '../told.ts'

/** A cell of the matrix by its true and predicted class, or all mistakes. */
export type Chosen = { readonly actual: number; readonly predicted: number } | 'mistakes'

/** "3 8" for a cell, in an address. */
export const chosenText = (chosen: Chosen): string =>
  chosen === 'mistakes' ? chosen : `${chosen.actual} ${chosen.predicted}`

/** What such a text says of so many classes; undefined for another text. */
export function chosenOf(text: string, classes: number): Chosen | undefined {
  if (text === 'mistakes') return text
  const [, actual, predicted] = /^(\d+) (\d+)$/.exec(text)?.map(Number) ?? []
  if (actual === undefined || predicted === undefined) return undefined
  return actual < classes && predicted < classes ? { actual, predicted } : undefined
}

/** The places of the samples, in the order of the data or the most wrong first. */
export function samplesBehind(told: Told, chosen: Chosen, isWorstFirst: boolean): number[] {
  const { actual, predicted } = told
  const isBehind = (i: number) =>
    chosen === 'mistakes'
      ? (actual[i] ?? -1) >= 0 && actual[i] !== predicted[i]
      : actual[i] === chosen.actual && predicted[i] === chosen.predicted
  const places = actual.flatMap((_, i) => (isBehind(i) ? [i] : []))
  if (!isWorstFirst) return places
  // What is not a number is as wrong as can be.
  const sureness = places.map(i => probabilityOf(told, i, actual[i] as number) || 0)
  const order = places.map((_, at) => at).sort((a, b) => (sureness[a] as number) - (sureness[b] as number))
  return order.map(at => places[at] as number)
}

/** The probability that the model gives a class for a sample; NaN if the prediction is not a number. */
export function probabilityOf({ meanings }: Told, sample: number, of: number): number {
  const [yes = Number.NaN, ...others] = meanings[sample] ?? []
  if (others.length === 0) return of === 1 ? yes : 1 - yes
  return meanings[sample]?.[of] ?? Number.NaN
}
