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
}

export interface Loop {
  /** The lengths of the axes. The last two are rows and columns, which folds go along. */
  readonly space: readonly number[]
  readonly terms: readonly Term[]
  readonly stores: readonly Store[]
}
