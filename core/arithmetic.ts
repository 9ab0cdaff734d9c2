/** How arithmetic is asked for: primitive operations on tensors, or on what stands for them while a program is written. */
import type { EntryOperation, Options } from './primitives.ts'
import type { Shape } from './shape.ts'

/** A tensor, or a value of a program. */
export interface Shaped {
  readonly shape: Shape
}

export interface Arithmetic<T extends Shaped> {
  /** Entry by entry, with NumPy's broadcasting. @throws GradstreamError `SHAPE_MISMATCH` */
  entry(operation: EntryOperation, ...operands: readonly (T | number)[]): T
  /** An operation with options. @throws GradstreamError `SHAPE_MISMATCH` */
  apply<Name extends keyof Options>(operation: Name, operands: readonly T[], options: Options[Name]): T
}

/** An operation that was done. */
export interface Step<T extends Shaped> {
  readonly operation: EntryOperation | keyof Options
  readonly operands: readonly (T | number)[]
  readonly options: Options[keyof Options] | undefined
  readonly result: T
}

/** Does what it is asked with another arithmetic, and writes it down. */
export class Tracing<T extends Shaped> implements Arithmetic<T> {
  readonly steps: Step<T>[] = []
  private readonly arithmetic: Arithmetic<T>

  constructor(arithmetic: Arithmetic<T>) {
    this.arithmetic = arithmetic
  }

  entry(operation: EntryOperation, ...operands: readonly (T | number)[]): T {
    const result = this.arithmetic.entry(operation, ...operands)
    this.steps.push({ operation, operands, options: undefined, result })
    return result
  }

  apply<Name extends keyof Options>(operation: Name, operands: readonly T[], options: Options[Name]): T {
    const result = this.arithmetic.apply(operation, operands, options)
    this.steps.push({ operation, operands, options, result })
    return result
  }
}
