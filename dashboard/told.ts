/** Samples with what is true of them and what the model predicts, as classes, probabilities or numbers. */
import type { SaidOfSamples } from './look.ts'
import { classOf, meaningOf, rowsOf, type Task } from './task.ts'

export interface Told {
  /** The classes; -1 for a prediction that is not a number. */
  readonly actual: readonly number[]
  readonly predicted: readonly number[]
  /** The targets and the meanings of the predictions, each of one sample. */
  readonly targets: readonly (readonly number[])[]
  readonly meanings: readonly (readonly number[])[]
}

/** The class that a target means; -1 for none. */
export function actualOf({ isSparse, width }: Task, target: readonly number[]): number {
  const [of = Number.NaN] = target
  return isSparse ? (of < width ? of : -1) : classOf(target)
}

/** Undefined if they did not fit in one message. */
export function toldOf(
  task: Task,
  { columns, outputs }: SaidOfSamples,
  threshold?: number,
): Told | undefined {
  const [column, said] = [columns[task.target], outputs[task.output ?? '']]
  if (!column || !said) return undefined
  const [targets, meanings] = [rowsOf(column), rowsOf(said).map(row => meaningOf(row, task))]
  const actual = targets.map(target => actualOf(task, target))
  return { actual, predicted: meanings.map(row => classOf(row, threshold)), targets, meanings }
}

/** "114 validation samples", "the first 512 training samples". */
export function sourceText({ source, count }: SaidOfSamples, known: number): string {
  const of = known === count ? `the first ${known}` : known
  return `${of} ${source === 'validation' ? 'validation' : 'training'} samples`
}
