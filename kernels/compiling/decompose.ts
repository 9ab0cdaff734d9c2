/** Reductions, one axis at a time, or of windows, one place at a time. */
import {
  type Fold,
  type Instruction,
  type Options,
  type Program,
  type Shape,
  shapeOf,
  sizeOf,
  type Value,
} from '../../core/index.ts'
import { indicesOf } from './placing.ts'

const ENTRIES = { sum: 'add', max: 'max', min: 'min' } as const satisfies Record<Fold, string>

/** Windows with more entries are folded as other tensors are. */
const MOST_PLACES = 64

/**
 * The same program with reductions along one axis each, the last one first, and none along an axis of length 1. So the order
 * in which a sum is taken depends on its shape and axes alone, and not on what else is computed beside it. Small windows are
 * folded place by place, each place in all windows at once: they lie further apart, but are many.
 */
export function decomposed(program: Program): Program {
  return new Decomposition(program).run()
}

class Decomposition {
  private readonly program: Program
  private readonly instructions: Instruction[] = []
  private values: number

  constructor(program: Program) {
    this.program = program
    this.values = program.values
  }

  run(): Program {
    for (const instruction of this.program.instructions) {
      const { operation, operands, result } = instruction
      const [x] = operands as readonly [Value]
      if (operation === 'reduce') this.renamed(this.foldedAxes(x, instruction.options), result)
      else if (operation === 'reduceWindows') this.renamed(this.foldedWindows(x, instruction.options), result)
      else this.instructions.push(instruction)
    }
    return { ...this.program, instructions: this.instructions, values: this.values }
  }

  private renamed(y: Value, result: Value): void {
    this.instructions.push({ operation: 'reshape', operands: [y], options: { shape: result.shape }, result })
  }

  private foldedAxes(x: Value, { fold, axes }: Options['reduce']): Value {
    return axes
      .toSorted((a, b) => b - a)
      .filter(axis => x.shape[axis] !== 1)
      .reduce((folded, axis) => this.made('reduce', folded, { fold, axes: [axis] }), x)
  }

  private foldedWindows(x: Value, { fold, ...windows }: Options['reduceWindows']): Value {
    const { axes, sizes, strides, dilations } = windows
    const rank = x.shape.length
    const shape = shapeOf('windows', [x.shape], windows).slice(0, rank)
    if (sizeOf(sizes) > MOST_PLACES || sizeOf(shape) === 0) {
      const every = this.made('windows', x, windows)
      return this.foldedAxes(every, { fold, axes: axes.map((_, i) => rank + i) })
    }
    const ones = sizes.map(() => 1)
    const of = (axis: number) => axes.indexOf(axis)
    const lengths = shape.map((length, axis) => (length - 1) * (strides[of(axis)] ?? 1) + 1)
    const at = (place: readonly number[]): Value => {
      const starts = shape.map((_, axis) => (place[of(axis)] ?? 0) * (dilations[of(axis)] ?? 0))
      const part = this.made('slice', x, { starts, lengths })
      const every = this.made('windows', part, { axes, sizes: ones, strides, dilations: ones })
      return this.made('reshape', every, { shape })
    }
    return indicesOf(sizes)
      .map(at)
      .reduce((folded, next) => {
        const result = this.value(shape)
        this.instructions.push({ operation: ENTRIES[fold], operands: [folded, next], result })
        return result
      })
  }

  private made<Name extends 'reduce' | 'slice' | 'windows' | 'reshape'>(
    operation: Name,
    x: Value,
    options: Options[Name],
  ): Value {
    const result = this.value(shapeOf(operation, [x.shape], options))
    this.instructions.push({ operation, operands: [x], options, result } as unknown as Instruction)
    return result
  }

  private value(shape: Shape): Value {
    return { id: this.values++, shape }
  }
}
