/**
 * A program: what a step computes, written down as instructions on values. Nothing in it knows what runs it.
 */
import type { Arithmetic } from './arithmetic.ts'
import { ENTRY_OPERATIONS, type EntryOperation, entryShape, type Options, shapeOf } from './primitives.ts'
import type { Shape } from './shape.ts'

/** A tensor that a program is given, or that one of its instructions makes. */
export interface Value {
  readonly id: number
  readonly shape: Shape
}

/** A number that may be another one each time the program runs, by its place in a list. */
export interface NumberArgument {
  readonly number: number
}

export type Argument = Value | NumberArgument

export const isNumberArgument = (operand: Argument): operand is NumberArgument => 'number' in operand

/** By its name, what an operation with options does to values. */
type WithOptions = {
  [Name in keyof Options]: {
    readonly operation: Name
    readonly operands: readonly Value[]
    readonly options: Options[Name]
    readonly result: Value
  }
}
export type InstructionOf<Name extends keyof Options> = WithOptions[Name]

export interface EntryInstruction {
  readonly operation: EntryOperation
  readonly operands: readonly Argument[]
  readonly result: Value
}

export type Instruction = EntryInstruction | WithOptions[keyof Options]

export interface Program {
  /** What is given to it. */
  readonly inputs: readonly Value[]
  /** Each makes one value from those before it. */
  readonly instructions: readonly Instruction[]
  /** The values that somebody wants. */
  readonly outputs: readonly Value[]
  /** Those of them that are looked at: somebody takes note if an entry is not finite. */
  readonly checks: readonly Value[]
  /** How many values there are. */
  readonly values: number
  /** The numbers that its instructions take, as they were when it was written. */
  readonly numbers: readonly number[]
}

export const isEntry = (instruction: Instruction): instruction is EntryInstruction =>
  instruction.operation in ENTRY_OPERATIONS

/** The numbers of a program: the same number is the same operand. */
export class NumberList {
  readonly list: number[] = []
  private readonly places = new Map<number, number>()

  placeOf(x: number): number {
    // A map takes -0 for 0.
    const known = Object.is(x, -0) ? undefined : this.places.get(x)
    if (known !== undefined) return known
    const place = this.list.push(x) - 1
    if (!Object.is(x, -0)) this.places.set(x, place)
    return place
  }
}

/** Writes a program, one instruction after another. */
export class ProgramWriter implements Arithmetic<Value> {
  private readonly inputs: Value[] = []
  private readonly instructions: Instruction[] = []
  private values = 0
  private readonly numbers = new NumberList()

  input(shape: Shape): Value {
    const value = this.value(shape)
    this.inputs.push(value)
    return value
  }

  /** @throws GradstreamError `SHAPE_MISMATCH` */
  entry(operation: EntryOperation, ...given: readonly (Value | number)[]): Value {
    const shapes = given.map(operand => (typeof operand === 'number' ? [] : operand.shape))
    const operands = given.map(operand =>
      typeof operand === 'number' ? { number: this.numbers.placeOf(operand) } : operand,
    )
    const result = this.value(entryShape(operation, shapes))
    this.instructions.push({ operation, operands, result })
    return result
  }

  /** @throws GradstreamError `SHAPE_MISMATCH` */
  apply<Name extends keyof Options>(
    operation: Name,
    operands: readonly Value[],
    options: Options[Name],
  ): Value {
    const shapes = operands.map(({ shape }) => shape)
    const result = this.value(shapeOf(operation, shapes, options))
    this.instructions.push({ operation, operands, options, result } as unknown as Instruction)
    return result
  }

  program(outputs: readonly Value[], checks: readonly Value[] = []): Program {
    const { inputs, instructions, values, numbers } = this
    return { inputs, instructions, outputs, checks, values, numbers: numbers.list }
  }

  private value(shape: Shape): Value {
    return { id: this.values++, shape }
  }
}
