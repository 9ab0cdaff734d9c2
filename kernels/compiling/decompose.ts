/** Reductions, one axis at a time. */
import { type Instruction, type Program, SHAPES, type Value } from '../../core/index.ts'

/**
 * The same program with reductions along one axis each, the last one first, and none along an axis of length 1. So the order
 * in which a sum is taken depends on its shape and axes alone, and not on what else is computed beside it.
 */
export function decomposed(program: Program): Program {
  let { values } = program
  const instructions = program.instructions.flatMap((instruction): Instruction[] => {
    if (instruction.operation !== 'reduce') return [instruction]
    const { operands, options, result } = instruction
    const steps: Instruction[] = []
    let [x] = operands as readonly [Value]
    const made = (shape: readonly number[]): Value => ({ id: values++, shape })
    for (const axis of options.axes.toSorted((a, b) => b - a)) {
      if (x.shape[axis] === 1) continue
      const one = { fold: options.fold, axes: [axis] }
      const next = made(SHAPES.reduce(x.shape, one))
      steps.push({ operation: 'reduce', operands: [x], options: one, result: next })
      x = next
    }
    return [...steps, { operation: 'reshape', operands: [x], options: { shape: result.shape }, result }]
  })
  return { ...program, instructions, values }
}
