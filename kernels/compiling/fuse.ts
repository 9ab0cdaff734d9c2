/** Which instructions become one loop. */
import {
  type Argument,
  type Instruction,
  isEntry,
  isNumberArgument,
  type Program,
  sameShape,
  type Value,
} from '../../core/index.ts'
import { decomposed } from './decompose.ts'
import { type CompiledGroup, Group, type Part } from './group.ts'
import { type Layout, ownLayout, viewLayout } from './layout.ts'
import { Padding } from './padding.ts'

/** The loops of a program, in their order. */
export interface Loops {
  readonly loops: readonly CompiledGroup[]
  /** The outputs, each with memory of its own. */
  readonly outputs: readonly Value[]
}

/** @param together Whether instructions are fused; otherwise each becomes a loop of its own. */
export function fused(program: Program, together = true): Loops {
  return new Fusion(decomposed(program), together).run()
}

class Fusion {
  private readonly program: Program
  private readonly together: boolean
  private readonly groups: Part[] = []
  private readonly layouts = new Map<number, Layout>()
  /** The group that computes a value; an input has none. */
  private readonly producers = new Map<number, number>()
  private readonly inputs: ReadonlySet<number>
  private values: number

  constructor(program: Program, together: boolean) {
    this.program = program
    this.together = together
    this.inputs = new Set(program.inputs.map(({ id }) => id))
    this.values = program.values
    for (const input of program.inputs) this.layouts.set(input.id, ownLayout(input))
  }

  run(): Loops {
    for (const instruction of this.program.instructions) this.place(instruction)
    const outputs: Value[] = []
    for (const output of this.program.outputs) {
      // Each has memory of its own, the same value twice as well.
      const isOwn = this.layoutOf(output).base === output && !this.inputs.has(output.id)
      outputs.push(isOwn && !outputs.includes(output) ? output : this.copied(output))
    }
    const wanted = new Set(outputs.map(({ id }) => id))
    for (const group of this.groups) for (const { id } of group.reads) wanted.add(id)
    const loops = this.groups.flatMap(group => {
      const stored = [...group.members.values()].map(({ value }) => value).filter(({ id }) => wanted.has(id))
      return stored.length > 0 ? group.compiled(stored) : []
    })
    return { loops, outputs }
  }

  private readonly layoutOf = ({ id }: Value): Layout => this.layouts.get(id) as Layout

  private place(instruction: Instruction): void {
    const { result } = instruction
    if (instruction.operation === 'pad') {
      this.layouts.set(result.id, ownLayout(result))
      this.producers.set(result.id, this.groups.push(new Padding(instruction, this.layoutOf)) - 1)
      return
    }
    if (!isEntry(instruction) && instruction.operation !== 'reduce') {
      this.view(instruction)
      return
    }
    this.layouts.set(result.id, ownLayout(result))
    if (this.together && this.join(instruction)) return
    const group = new Group(
      isEntry(instruction) ? result.shape : instruction.operands[0].shape,
      this.layoutOf,
    )
    if (group.take(instruction)) {
      this.producers.set(result.id, this.groups.push(group) - 1)
      return
    }
    // Only a fold of a view may not fit: it goes over a copy.
    const [x] = instruction.operands as readonly [Value]
    this.place({ ...instruction, operands: [this.copied(x)] } as Instruction)
  }

  /** Joins the first group that has all it needs, and something in common with it. */
  private join(instruction: Instruction): boolean {
    const operands: readonly Argument[] = instruction.operands
    const producers = operands.flatMap(operand => {
      const producer = isNumberArgument(operand)
        ? undefined
        : this.producers.get(this.layoutOf(operand).base.id)
      return producer === undefined ? [] : [producer]
    })
    const latest = Math.max(0, ...producers)
    for (const earlier of new Set(producers)) if (earlier !== latest) this.merge(earlier, latest)
    for (let index = latest; index < this.groups.length; index++) {
      const group = this.groups[index] as Part
      if (!group.shares(operands) || !group.take(instruction)) continue
      this.producers.set(instruction.result.id, index)
      return true
    }
    return false
  }

  /** Puts off what a group computes until a later one does its part, where nobody needs it before. */
  private merge(earlier: number, later: number): void {
    const [before, after] = [this.groups[earlier], this.groups[later]] as [Part, Part]
    const between = this.groups.slice(earlier + 1, later)
    const isNeeded = between.some(group => group.reads.some(({ id }) => before.members.has(id)))
    if (isNeeded || !sameShape(before.space, after.space)) return
    const whole = before.joined(after)
    if (!whole) return
    this.groups[later] = whole
    this.groups[earlier] = new Group(before.space, this.layoutOf)
    for (const id of before.members.keys()) this.producers.set(id, later)
  }

  private view(instruction: Instruction): void {
    const { result } = instruction
    const [x] = instruction.operands as readonly [Value]
    const layout = viewLayout(instruction, this.layoutOf(x))
    if (!layout) {
      this.view({ ...instruction, operands: [this.copied(x)] } as Instruction)
      return
    }
    this.layouts.set(result.id, layout)
    const producer = this.producers.get(x.id)
    const group = this.groups[producer ?? -1]
    if (producer !== undefined && group?.members.has(x.id) && group.take(instruction)) {
      this.producers.set(result.id, producer)
    }
  }

  /** A value whose numbers lie row by row in memory of their own. */
  private copied(x: Value): Value {
    const copy = { id: this.values++, shape: x.shape }
    this.layouts.set(copy.id, ownLayout(copy))
    const group = new Group(x.shape, this.layoutOf)
    group.take({ operation: 'reshape', operands: [x], options: { shape: x.shape }, result: copy })
    this.producers.set(copy.id, this.groups.push(group) - 1)
    return copy
  }
}
