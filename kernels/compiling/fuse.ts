/** Which instructions become one loop. */
import {
  type Argument,
  type Contraction,
  freeAxes,
  type Instruction,
  type InstructionOf,
  isEntry,
  isNumberArgument,
  type Program,
  sameShape,
  type Value,
} from '../../core/index.ts'
import { decomposed } from './decompose.ts'
import { Group } from './group.ts'
import { isPacked, type Layout, ownLayout, viewLayout } from './layout.ts'
import type { CompiledPart, Part, Placement } from './part.ts'
import { isPlacing, Placing } from './placing.ts'
import { Product } from './product.ts'
import { recomputed } from './recompute.ts'
import { isRoutine, Routine, type RoutineInstruction } from './routine.ts'

/** The loops and products of a program, in their order. */
export interface Fused {
  readonly parts: readonly CompiledPart[]
  /** The outputs, each with memory of its own. */
  readonly outputs: readonly Value[]
  /** The outputs that are to be checked. */
  readonly checked: ReadonlySet<number>
}

/** Fuses a program, piece by piece. */
export function* fused(program: Program): Generator<void, Fused> {
  const parts = decomposed(program)
  yield
  return yield* new Fusion(parts).run()
}

class Fusion {
  private readonly program: Program
  private readonly groups: Part[] = []
  private readonly layouts = new Map<number, Layout>()
  /** The group that computes a value; an input has none. */
  private readonly producers = new Map<number, number>()
  /** The groups that read a value in memory, or compute it. */
  private readonly users = new Map<number, Set<number>>()
  /** Copies for products, by what they are copies of. */
  private readonly copies = new Map<string, Value>()
  private readonly inputs: ReadonlySet<number>
  private values: number

  constructor(program: Program) {
    this.program = program
    this.inputs = new Set(program.inputs.map(({ id }) => id))
    this.values = program.values
    for (const input of program.inputs) this.layouts.set(input.id, ownLayout(input))
  }

  *run(): Generator<void, Fused> {
    for (const instruction of this.program.instructions) {
      this.place(instruction)
      yield
    }
    const outputs: Value[] = []
    for (const output of this.program.outputs) {
      // Each has memory of its own, the same value twice as well.
      const isOwn = this.layoutOf(output).base === output && !this.inputs.has(output.id)
      outputs.push(isOwn && !outputs.includes(output) ? output : this.copied(output))
    }
    const wanted = new Set(outputs.map(({ id }) => id))
    const { checks } = this.program
    const checked = new Set(
      outputs.flatMap(({ id }, i) => (checks.includes(this.program.outputs[i] as Value) ? [id] : [])),
    )
    const { producers, layoutOf } = this
    const instructions = new Map(this.program.instructions.map(each => [each.result.id, each] as const))
    yield
    const groups = recomputed({ parts: this.groups, producers, instructions, outputs: wanted, layoutOf })
    const placed = this.placements(groups, wanted)
    yield
    for (const group of groups) for (const { id } of group.reads) wanted.add(id)
    const parts: CompiledPart[] = []
    for (const [index, group] of groups.entries()) {
      // What was computed again in other groups is stored by none.
      const own = [...group.members.values()].filter(({ value }) => producers.get(value.id) === index)
      const stored = own.map(({ value }) => value).filter(({ id }) => wanted.has(id))
      if (stored.length === 0) continue
      const members = [...group.members.keys()]
      parts.push(...group.compiled(stored, checked, placed).map(part => ({ members, ...part })))
      yield
    }
    return { parts, outputs, checked }
  }

  /** What nobody reads but a concatenation is written to its place there, where the loop that computes it can do that. */
  private placements(groups: readonly Part[], outputs: ReadonlySet<number>): ReadonlyMap<number, Placement> {
    const placed = new Map<number, Placement>()
    const readers = new Map<number, number>()
    for (const { reads } of groups) for (const { id } of reads) readers.set(id, (readers.get(id) ?? 0) + 1)
    for (const concatenation of groups) {
      if (!(concatenation instanceof Placing)) continue
      for (const [value, place] of concatenation.placements) {
        const group = groups[this.producers.get(value.id) ?? -1]
        if (!(group instanceof Group) || readers.get(value.id) !== 1 || outputs.has(value.id)) continue
        placed.set(value.id, place)
        if (!group.canPlace(placed)) placed.delete(value.id)
      }
    }
    return placed
  }

  private readonly layoutOf = ({ id }: Value): Layout => this.layouts.get(id) as Layout

  private place(instruction: Instruction): void {
    const { result } = instruction
    if (instruction.operation === 'contract') {
      this.contract(instruction)
      return
    }
    if (isPlacing(instruction) || isRoutine(instruction)) {
      this.layouts.set(result.id, ownLayout(result))
      const part = isPlacing(instruction)
        ? new Placing(instruction, this.layoutOf)
        : this.routine(instruction)
      this.producers.set(result.id, this.add(part))
      return
    }
    if (!isEntry(instruction) && instruction.operation !== 'reduce') {
      this.view(instruction)
      return
    }
    this.layouts.set(result.id, ownLayout(result))
    if (this.join(instruction)) return
    const group = new Group(
      isEntry(instruction) ? result.shape : (instruction.operands[0] as Value).shape,
      this.layoutOf,
    )
    if (group.take(instruction)) {
      this.computes(this.add(group), instruction)
      return
    }
    // Only a fold of a view may not fit: it goes over a copy.
    const [x] = instruction.operands as readonly [Value]
    this.place({ ...instruction, operands: [this.copied(x)] } as Instruction)
  }

  /** Joins the first group that has all it needs, and something in common with it. */
  private join(instruction: Instruction): boolean {
    const operands: readonly Argument[] = instruction.operands
    const producersOf = () =>
      operands.flatMap(operand => {
        const producer = isNumberArgument(operand)
          ? undefined
          : this.producers.get(this.layoutOf(operand).base.id)
        return producer === undefined ? [] : [producer]
      })
    const producers = producersOf()
    const latest = Math.max(0, ...producers)
    for (const earlier of new Set(producers)) if (earlier !== latest) this.merge(earlier, latest)
    this.postpone(instruction, producersOf())
    const first = Math.max(0, ...producersOf())
    const near = new Set<number>()
    for (const operand of operands) {
      if (isNumberArgument(operand)) continue
      for (const id of [operand.id, this.layoutOf(operand).base.id])
        for (const index of this.users.get(id) ?? []) if (index >= first) near.add(index)
    }
    for (const index of [...near].sort((a, b) => a - b)) {
      const group = this.groups[index]
      if (!(group instanceof Group) || !group.take(instruction)) continue
      this.computes(index, instruction)
      return true
    }
    return false
  }

  /**
   * The last group that has the space of an instruction comes after all that it needs, where nobody needs the group before: so
   * what is one number for all entries does not cut a loop in two.
   */
  private postpone({ result }: Instruction, producers: readonly number[]): void {
    const latest = Math.max(-1, ...producers)
    const fits = (index: number) => {
      const group = this.groups[index]
      return group instanceof Group && group.members.size > 0 && sameShape(group.space, result.shape)
    }
    const own = Math.max(-1, ...producers.filter(fits))
    if (own < 0 || own === latest) return
    const group = this.groups[own] as Group
    const isNeeded = [...group.members.keys()].some(id =>
      [...(this.users.get(id) ?? [])].some(index => index > own),
    )
    if (isNeeded) return
    this.groups[own] = new Group(group.space, this.layoutOf)
    const index = this.add(group)
    for (const id of group.members.keys()) {
      this.producers.set(id, index)
      this.uses(id, index)
    }
  }

  private add(part: Part): number {
    const index = this.groups.push(part) - 1
    for (const { id } of part.reads) this.uses(id, index)
    return index
  }

  private uses(id: number, index: number): void {
    const users = this.users.get(id)
    if (users) users.add(index)
    else this.users.set(id, new Set([index]))
  }

  /** A group computes what an instruction says. */
  private computes(index: number, { operands, result }: Instruction): void {
    this.producers.set(result.id, index)
    this.uses(result.id, index)
    for (const operand of operands)
      if (!isNumberArgument(operand)) this.uses(this.layoutOf(operand).base.id, index)
  }

  /** Puts off what a group computes until a later one does its part, where nobody needs it before. */
  private merge(earlier: number, later: number): void {
    const [before, after] = [this.groups[earlier], this.groups[later]]
    if (!(before instanceof Group && after instanceof Group)) return
    const isBetween = (index: number) => index > earlier && index < later
    const isNeeded = [...before.members.keys()].some(id => [...(this.users.get(id) ?? [])].some(isBetween))
    if (isNeeded || !sameShape(before.space, after.space)) return
    const whole = before.joined(after)
    if (!whole) return
    this.groups[later] = whole
    this.groups[earlier] = new Group(before.space, this.layoutOf)
    for (const id of before.members.keys()) {
      this.producers.set(id, later)
      this.uses(id, later)
    }
    for (const { id } of whole.reads) this.uses(id, later)
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
    if (
      producer !== undefined &&
      group instanceof Group &&
      group.members.has(x.id) &&
      group.take(instruction)
    ) {
      this.computes(producer, instruction)
    }
  }

  /** Its operands are copied unless their rows lie one after another. */
  private routine(instruction: RoutineInstruction): Routine {
    const operands = instruction.operands.map(x => (isPacked(x.shape, this.layoutOf(x)) ? x : this.copied(x)))
    return new Routine({ ...instruction, operands }, this.layoutOf)
  }

  private contract(instruction: InstructionOf<'contract'>): void {
    const { operands, result } = instruction
    const unfit = Product.unfit(instruction, this.layoutOf)
    if (unfit.length === 0) {
      this.layouts.set(result.id, ownLayout(result))
      this.producers.set(result.id, this.add(new Product(instruction, this.layoutOf)))
      return
    }
    // Copies whose axes stand as they are, where that serves: a value that lies in memory of its own, as one does that was looked at, is
    // multiplied in the same way then, and gives the same bytes. Else they stand in the order in which the product needs them.
    const { batch, sum } = instruction.options
    const moving = unfit.map(of => operands[of] as Value)
    const stillUnfit = Product.unfit(instruction, x => (moving.includes(x) ? ownLayout(x) : this.layoutOf(x)))
    const orders = operands.map((value, of) => {
      const stays = !unfit.includes(of as 0 | 1) || !stillUnfit.includes(of as 0 | 1)
      if (stays) return value.shape.map((_, axis) => axis)
      const [shared, summed] = [batch, sum].map(pairs => pairs.map(pair => pair[of] as number)) as [
        number[],
        number[],
      ]
      const free = freeAxes(value.shape, [...shared, ...summed])
      return of === 0 ? [...shared, ...free, ...summed] : [...shared, ...summed, ...free]
    }) as unknown as readonly [readonly number[], readonly number[]]
    const moved = (list: Contraction['batch']) =>
      list.map(([i, j]) => [orders[0].indexOf(i), orders[1].indexOf(j)] as const)
    this.contract({
      operation: 'contract',
      operands: operands.map((value, of) =>
        unfit.includes(of as 0 | 1) ? this.arranged(value, orders[of] as readonly number[]) : value,
      ),
      options: { batch: moved(batch), sum: moved(sum) },
      result,
    })
  }

  /** A copy with its axes in this order. The windows of a convolution are copied once for the product, and for its gradient. */
  private arranged(x: Value, axes: readonly number[]): Value {
    const result = { id: this.values++, shape: axes.map(axis => x.shape[axis] as number) }
    this.view({ operation: 'permute', operands: [x], options: { axes }, result })
    const { base, offset, strides } = this.layoutOf(result)
    const key = JSON.stringify([base.id, offset, strides, result.shape])
    const copy = this.copies.get(key) ?? this.copied(result)
    this.copies.set(key, copy)
    return copy
  }

  /** A value whose numbers lie row by row in memory of their own. */
  private copied(x: Value): Value {
    const copy = { id: this.values++, shape: x.shape }
    this.layouts.set(copy.id, ownLayout(copy))
    const group = new Group(x.shape, this.layoutOf)
    const instruction = {
      operation: 'reshape',
      operands: [x],
      options: { shape: x.shape },
      result: copy,
    } as const
    group.take(instruction)
    this.computes(this.add(group), instruction)
    return copy
  }
}
