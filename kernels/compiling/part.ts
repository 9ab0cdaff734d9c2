/** The parts of a program: what runs one after another. */
import type { Value } from '../../core/index.ts'
import type { Loop } from './loop.ts'

/** Where a value lies that is a part of another one. */
export interface Placement {
  readonly base: Value
  readonly start: number
  readonly strides: readonly number[]
}

/** Instructions that run together: what becomes one loop, or some that belong together, a product or a routine. */
export interface Part {
  readonly members: ReadonlyMap<number, { readonly value: Value }>
  /** The values in memory that it reads. */
  readonly reads: readonly Value[]
  /**
   * What computes and stores some of its members, and looks at those that are to be checked where it can. Some have their
   * places in another value.
   */
  compiled(
    stored: readonly Value[],
    checked: ReadonlySet<number>,
    placed: ReadonlyMap<number, Placement>,
  ): readonly CompiledPart[]
}

/** A loop, and where its tensors and numbers come from. */
export interface CompiledLoop {
  readonly loop: Loop
  /** The values in memory that the tensors of the loop are, with where in them they begin. */
  readonly tensors: readonly { readonly base: Value; readonly offset: number }[]
  /** The numbers of the program that those of the loop are. */
  readonly numbers: readonly number[]
  /** The values of the program that it computes, stored or not. */
  readonly members?: readonly number[]
}

/** A matrix product that is done once or for each entry of a batch. The tensors are the result, then both operands. */
export interface CompiledProduct {
  readonly product: {
    readonly m: number
    readonly n: number
    readonly k: number
    /** 0: a · b, 1: a · bᵀ, 2: aᵀ · b. */
    readonly transposition: 0 | 1 | 2
    /** How far apart the rows of both operands lie in memory, in numbers. */
    readonly widths: readonly [a: number, b: number]
    /** The lengths of the batch, and for each tensor how far apart its matrices lie along each of its axes. */
    readonly batch: readonly number[]
    readonly strides: readonly (readonly number[])[]
  }
  readonly tensors: readonly { readonly base: Value; readonly offset: number }[]
  readonly members?: readonly number[]
}

/** An operation that is done as a whole. The tensors are the result, then the operands, row by row. */
export interface CompiledRoutine {
  readonly routine: 'gather' | 'scatterAdd' | 'cumulativeSum' | 'argSort' | 'iota' | 'uniform' | 'bernoulli'
  /** What it is told of their shapes. */
  readonly values: readonly number[]
  /** Bytes of scratch memory, of which it is told behind them if there are any. */
  readonly scratch: number
  readonly tensors: readonly { readonly base: Value; readonly offset: number }[]
  readonly members?: readonly number[]
}

export type CompiledPart = CompiledLoop | CompiledProduct | CompiledRoutine
