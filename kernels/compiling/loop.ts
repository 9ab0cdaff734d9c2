/**
 * Loops: what a program becomes when its operations are fused. A loop goes once through all entries of a space, reads
 * tensors, computes, and writes tensors; it says nothing of the machine that runs it.
 */
import type { EntryOperation, Fold } from '../../core/index.ts'

/** How a loop walks through the numbers of a tensor: how far apart they lie along each axis of its space. */
export interface Access {
  /** Which of the tensors that the loop is given. */
  readonly tensor: number
  /** By axis, in numbers; 0 where the same number is met again. */
  readonly strides: readonly number[]
}

/** What is known of an entry: read, a number that is given to the loop or never changes, or made of terms before it. */
export type Term =
  | { readonly kind: 'read'; readonly access: Access }
  | { readonly kind: 'number'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'apply'; readonly operation: EntryOperation; readonly operands: readonly number[] }
  | {
      readonly kind: 'fold'
      readonly fold: Fold
      readonly over: 'columns' | 'rows'
      readonly operand: number
    }

/** A term that is written to a tensor. */
export interface Store {
  readonly term: number
  readonly access: Access
  /** Whether the loop takes note if an entry is not finite. */
  readonly isChecked?: true
}

export interface Loop {
  /** The lengths of the axes. The last two are rows and columns, which folds go along. */
  readonly space: readonly number[]
  readonly terms: readonly Term[]
  readonly stores: readonly Store[]
}

/** All ways in which a loop walks through tensors. */
export const accessesOf = ({ terms, stores }: Loop): readonly Access[] => [
  ...terms.flatMap(term => (term.kind === 'read' ? [term.access] : [])),
  ...stores.map(({ access }) => access),
]

/** Whether a loop goes through its tensors from one end to the other, so that its length is all it knows of its space. */
export function isFlat(loop: Loop): boolean {
  const strides = accessesOf(loop).map(access => access.strides.at(-1) as number)
  return (
    loop.space.slice(0, -1).every(length => length === 1) &&
    loop.terms.every(({ kind }) => kind !== 'fold') &&
    strides.every(stride => stride === 0 || stride === 1) &&
    strides.includes(1)
  )
}

/** What a loop does, as a text. Flat ones do the same whatever their length. */
export const keyOf = (loop: Loop): string =>
  JSON.stringify([isFlat(loop) ? loop.space.length : loop.space, loop.terms, loop.stores])
