/** Runs a program instruction by instruction, in float64: what every faster way is held against. */
import {
  allocate,
  isEntry,
  isNumberArgument,
  type Options,
  type Program,
  type Shape,
  sizeOf,
  Tensor,
  type Value,
} from '../../core/index.ts'
import { ReferenceArithmetic } from './reference-arithmetic.ts'

/** The numbers of the outputs of a program. */
export function interpret(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  numbers = program.numbers,
): Float64Array[] {
  const made = (shape: Shape) => new Tensor(shape, allocate('float64', sizeOf(shape)))
  const arithmetic = new ReferenceArithmetic(made)
  const known = new Map<number, Tensor>()
  const of = ({ id }: Value) => known.get(id) as Tensor
  for (const [i, { id, shape }] of program.inputs.entries())
    known.set(id, new Tensor(shape, Float64Array.from(inputs[i] as ArrayLike<number>)))
  for (const instruction of program.instructions) {
    const { operation, operands, result } = instruction
    if (isEntry(instruction)) {
      const given = instruction.operands.map(x =>
        isNumberArgument(x) ? (numbers[x.number] as number) : of(x),
      )
      known.set(result.id, arithmetic.entry(instruction.operation, ...given))
    } else {
      const { options } = instruction as { options: Options[keyof Options] }
      const given = (operands as readonly Value[]).map(of)
      known.set(result.id, arithmetic.apply(operation as keyof Options, given, options))
    }
  }
  return program.outputs.map(value => Float64Array.from(of(value).data))
}
