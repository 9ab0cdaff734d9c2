/** Programs as what is done for them, one call after another. */
import type { CompiledPart } from '../compiling/part.ts'
import type { Call } from './codegen/calls-code.ts'

/** Where a tensor begins: given to the program, or a place in its own memory. */
export type Place = { readonly given: number; readonly offset: number } | { readonly own: number }

/** Looks whether all numbers of a tensor are finite. */
export interface Check {
  readonly size: number
}

/** A loop, a product or a check, and where its tensors begin. */
export interface Step {
  readonly part: CompiledPart | Check
  readonly places: readonly Place[]
  /** Where the numbers of a loop begin among those of the program. */
  readonly numbers: number
}

/** What is done for a program, on whatever memory. */
export interface Steps {
  readonly steps: readonly Step[]
  /** Which numbers of the program the loops read, in their order. */
  readonly numbers: readonly number[]
  /** Bytes of what the parts leave for one another. */
  readonly bytes: number
}

/** A loop as a function of an instance. */
export interface Runner {
  readonly run: Call['call']
  readonly scratch: number
  readonly isFlat: boolean
  readonly isChecking: boolean
}

/** A program on one memory. */
export interface BoundProgram {
  readonly steps: readonly Step[]
  readonly runners: readonly (Runner | undefined)[]
  readonly numbers: readonly number[]
  /** Bytes of its numbers, of what its parts leave for one another, and of the scratch memory of its loops. */
  readonly bytes: { readonly numbers: number; readonly own: number; readonly scratch: number }
}
