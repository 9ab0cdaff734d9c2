/** Routines: operations that are no loops over entries in a fixed order, each done as a whole by a function of its own. */
import { type Instruction, type InstructionOf, type Shape, sizeOf, type Value } from '../../core/index.ts'
import type { Layout } from './layout.ts'
import type { CompiledRoutine, Part } from './part.ts'

type RoutineName = CompiledRoutine['routine']
export type RoutineInstruction = InstructionOf<RoutineName>

export const isRoutine = (instruction: Instruction): instruction is RoutineInstruction =>
  instruction.operation in LENGTHS

/** What a routine is told of the shapes, in the order of its parameters: that of the result, then those of the operands. */
const LENGTHS: {
  readonly [Name in RoutineName]: (
    options: InstructionOf<Name>['options'],
    y: Shape,
    ...shapes: Shape[]
  ) => number[]
} = {
  /** How many entries the shared axes, those before, the axis itself, the indices and the axes behind have. */
  gather: ({ axis, batch }, _, x = [], indices = []) => [
    sizeOf(x.slice(0, batch)),
    sizeOf(x.slice(batch, axis)),
    x[axis] as number,
    sizeOf(indices.slice(batch)),
    sizeOf(x.slice(axis + 1)),
  ],
  scatterAdd: ({ axis, batch, length }, y, _, indices = []) => [
    sizeOf(y.slice(0, batch)),
    sizeOf(y.slice(batch, axis)),
    length,
    sizeOf(indices.slice(batch)),
    sizeOf(y.slice(axis + 1)),
  ],
  cumulativeSum: ({ axis }, y) => [sizeOf(y.slice(0, axis)), y[axis] as number, sizeOf(y.slice(axis + 1))],
  argSort: (_, y) => [sizeOf(y.slice(0, -1)), y.at(-1) as number],
  iota: ({ length }) => [length],
  uniform: ({ shape }) => [sizeOf(shape)],
  bernoulli: ({ shape }) => [sizeOf(shape)],
}

/** Bytes of scratch memory, where any is needed: two rows of places, 16 and 64 words. */
const SCRATCH: { readonly [Name in RoutineName]?: (y: Shape) => number } = {
  argSort: y => 2 * 4 * (y.at(-1) as number),
  uniform: () => 16 * 4,
  bernoulli: () => 64 * 4,
}

export class Routine implements Part {
  readonly members: ReadonlyMap<number, { readonly value: Value }>
  readonly reads: readonly Value[]
  private readonly instruction: RoutineInstruction
  private readonly layouts: readonly Layout[]

  /** Its operands lie row by row in memory. */
  constructor(instruction: RoutineInstruction, layoutOf: (value: Value) => Layout) {
    const { operands, result } = instruction
    this.instruction = instruction
    this.members = new Map([[result.id, { value: result }]])
    this.layouts = operands.map(layoutOf)
    this.reads = this.layouts.map(({ base }) => base)
  }

  compiled(): readonly CompiledRoutine[] {
    const { operation, operands, options, result } = this.instruction
    const lengthsOf = LENGTHS[operation] as (options: unknown, ...shapes: Shape[]) => number[]
    return [
      {
        routine: operation,
        scratch: SCRATCH[operation]?.(result.shape) ?? 0,
        values: lengthsOf(options, result.shape, ...operands.map(({ shape }) => shape)),
        tensors: [{ base: result, offset: 0 }, ...this.layouts.map(({ base, offset }) => ({ base, offset }))],
      },
    ]
  }
}
