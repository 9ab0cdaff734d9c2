/** Zeros around a value: all of the result is filled, and the value is copied into its middle. */
import { type Instruction, sizeOf, type Value } from '../../core/index.ts'
import { lengthsOf, runsOf, stridesOf } from './axes.ts'
import { type Layout, packed } from './layout.ts'
import type { CompiledLoop, Part } from './part.ts'

type PadInstruction = Extract<Instruction, { operation: 'pad' }>

export class Padding implements Part {
  readonly members: ReadonlyMap<number, { readonly value: Value }>
  private readonly instruction: PadInstruction
  private readonly layout: Layout

  constructor(instruction: PadInstruction, layoutOf: (value: Value) => Layout) {
    const { operands, result } = instruction
    this.instruction = instruction
    this.layout = layoutOf(operands[0])
    this.members = new Map([[result.id, { value: result }]])
  }

  get reads(): readonly Value[] {
    return [this.layout.base]
  }

  compiled(): readonly CompiledLoop[] {
    const { layout } = this
    const { operands, options, result } = this.instruction
    const [x] = operands
    const whole: CompiledLoop = {
      loop: {
        space: [1, sizeOf(result.shape)],
        terms: [{ kind: 'constant', value: 0 }],
        stores: [{ term: 0, access: { tensor: 0, strides: [0, 1] } }],
      },
      tensors: [{ base: result, offset: 0 }],
      numbers: [],
    }
    const rows = packed(result.shape)
    const start = options.before.reduce((sum, count, axis) => sum + count * (rows[axis] as number), 0)
    const runs = [...(runsOf(x.shape, [layout.strides, rows], []) as readonly (readonly number[])[])]
    // Only numbers side by side are written as vectors.
    if ((rows[runs.at(-1)?.at(-1) ?? -1] ?? 1) !== 1) runs.push([])
    const middle: CompiledLoop = {
      loop: {
        space: lengthsOf(runs, x.shape),
        terms: [{ kind: 'read', access: { tensor: 0, strides: stridesOf(runs, layout.strides) } }],
        stores: [{ term: 0, access: { tensor: 1, strides: stridesOf(runs, rows) } }],
      },
      tensors: [
        { base: layout.base, offset: layout.offset },
        { base: result, offset: start },
      ],
      numbers: [],
    }
    return [whole, middle]
  }
}
