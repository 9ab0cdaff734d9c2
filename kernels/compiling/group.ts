/** Groups: instructions on their way to become one loop. */
import {
  type Argument,
  type EntryInstruction,
  type Instruction,
  type InstructionOf,
  isEntry,
  isNumberArgument,
  type Shape,
  sameShape,
  type Value,
} from '../../core/index.ts'
import { type Folded, lengthsOf, runsOf, stridesOf } from './axes.ts'
import { isSqueeze, type Layout, packed } from './layout.ts'
import type { Access, Store, Term } from './loop.ts'
import type { CompiledLoop, Part, Placement } from './part.ts'

/** Which axis of the space an axis of a value goes along; none where it has length 1. */
type Axes = readonly (number | undefined)[]

/** A value that is computed in a group. */
interface Member {
  readonly value: Value
  readonly term: number
  readonly axes: Axes
  /** Whether it is known only after the last row: a fold over rows. */
  readonly isLate: boolean
}

/** What a term reads: numbers of a value that is stored, or a number of the program. */
type Source = { readonly layout: Layout; readonly strides: readonly number[] } | { readonly number: number }

type GroupTerm =
  | { readonly kind: 'source'; readonly source: Source }
  | Extract<Term, { kind: 'apply' | 'fold' }>

const NOWHERE: ReadonlyMap<number, Placement> = new Map()

const isRead = (
  term: GroupTerm,
): term is { readonly kind: 'source'; readonly source: Extract<Source, { layout: Layout }> } =>
  term.kind === 'source' && 'layout' in term.source

/** A loop reads and writes at most so many tensors, and computes at most so many terms. */
const [MOST_TENSORS, MOST_TERMS] = [24, 96]

export class Group implements Part {
  readonly space: Shape
  readonly members = new Map<number, Member>()
  private terms: GroupTerm[] = []
  private folds: Folded[] = []
  private readonly sources = new Map<string, number>()
  /** How many tensors it reads, each in each of its ways, and the ways in which it walks. */
  private tensors = 0
  private readonly walks = new Set<string>()

  private readonly instructions: Instruction[] = []
  private readonly layoutOf: (value: Value) => Layout

  /** @param layoutOf Where a value lies that is stored. */
  constructor(space: Shape, layoutOf: (value: Value) => Layout) {
    this.space = space
    this.layoutOf = layoutOf
  }

  get reads(): readonly Value[] {
    return this.terms.flatMap(term => (isRead(term) ? [term.source.layout.base] : []))
  }

  /** One group that computes what this one and then another one compute; undefined where they do not fit together. */
  joined(next: Group): Group | undefined {
    return next.after(this.instructions)
  }

  /** The same group with some instructions before its own; undefined where they do not fit. */
  after(instructions: readonly Instruction[]): Group | undefined {
    const whole = new Group(this.space, this.layoutOf)
    return [...instructions, ...this.instructions].every(each => whole.take(each)) ? whole : undefined
  }

  /** Takes an instruction in, unless it does not fit; then nothing has changed. */
  take(instruction: Instruction): boolean {
    const fits = this.attempt(() => this.member(instruction), instruction.result)
    if (fits) this.instructions.push(instruction)
    return fits
  }

  /** What becomes of an instruction here. */
  private member(instruction: Instruction): Omit<Member, 'value'> | undefined {
    if (isEntry(instruction)) return this.entry(instruction)
    if (instruction.operation === 'reduce') return this.reduced(instruction)
    return instruction.operation === 'reshape' ? this.reshaped(instruction) : undefined
  }

  private entry({ operation, operands, result }: EntryInstruction): Omit<Member, 'value'> | undefined {
    const axes = this.axesOf(result, operands)
    if (!axes) return undefined
    const terms: number[] = []
    for (const operand of operands) {
      const term = isNumberArgument(operand)
        ? this.source({ number: operand.number })
        : this.operand(operand, result.shape, axes)
      if (term === undefined) return undefined
      terms.push(term)
    }
    return { term: this.terms.push({ kind: 'apply', operation, operands: terms }) - 1, axes, isLate: false }
  }

  private reduced({ operands, options }: InstructionOf<'reduce'>): Omit<Member, 'value'> | undefined {
    const [x] = operands as readonly [Value]
    const axes = this.members.get(x.id)?.axes ?? (sameShape(x.shape, this.space) ? this.whole : undefined)
    const covers = axes && this.space.every((length, axis) => length === 1 || axes.includes(axis))
    const operand = axes && covers ? this.operand(x, x.shape, axes) : undefined
    if (!axes || operand === undefined) return undefined
    const { fold } = options
    const [along] = options.axes as [number]
    const over = x.shape.slice(along + 1).some(length => length !== 1) ? 'rows' : 'columns'
    this.folds.push({ axis: axes[along] as number, over })
    const term = this.terms.push({ kind: 'fold', fold, over, operand }) - 1
    return { term, axes: axes.filter((_, i) => i !== along), isLate: over === 'rows' }
  }

  /** A value that differs from a member by axes of length 1 alone; or a copy of what lies elsewhere. */
  private reshaped({ operands, result }: InstructionOf<'reshape'>): Omit<Member, 'value'> | undefined {
    const [x] = operands as readonly [Value]
    const member = this.members.get(x.id)
    if (member && !isSqueeze(x.shape, result.shape)) return undefined
    if (member) {
      const { term, axes, isLate } = member
      const left = axes.filter((_, axis) => x.shape[axis] !== 1)
      return { term, axes: result.shape.map(length => (length === 1 ? undefined : left.shift())), isLate }
    }
    const term = sameShape(x.shape, this.space) ? this.operand(x, x.shape, this.whole) : undefined
    return term === undefined ? undefined : { term, axes: this.whole, isLate: false }
  }

  private get whole(): Axes {
    return this.space.map((_, axis) => axis)
  }

  private attempt(make: () => Omit<Member, 'value'> | undefined, value: Value): boolean {
    const { terms, folds, sources } = this
    const [before, foldsBefore] = [terms.length, folds.length]
    const made = make()
    if (made && terms.length <= MOST_TERMS) {
      const member = { value, ...made }
      this.members.set(value.id, member)
      const walks = [
        ...terms.slice(before).flatMap(term => (isRead(term) ? [term.source.strides] : [])),
        this.stridesOf(member),
      ]
      const tensors = this.tensors + walks.length - 1
      if (tensors <= MOST_TENSORS && this.goesAlong(walks, folds.length > foldsBefore)) {
        this.tensors = tensors
        return true
      }
    }
    terms.length = before
    folds.length = foldsBefore
    this.members.delete(value.id)
    for (const [key, term] of sources) if (term >= before) sources.delete(key)
    return false
  }

  /** Whether the loop can walk in these ways, too; most of them it knows. */
  private goesAlong(walks: readonly (readonly number[])[], hasNewFold: boolean): boolean {
    const unknown = walks.map(String).filter(walk => !this.walks.has(walk))
    if (unknown.length === 0 && !hasNewFold) return true
    if (this.runs() === undefined) return false
    for (const walk of unknown) this.walks.add(walk)
    return true
  }

  /** Which axes the result of an instruction goes along: all of them, or those that the members go along that it is made of. */
  private axesOf(result: Value, operands: readonly Argument[]): Axes | undefined {
    const { shape } = result
    if (sameShape(shape, this.space)) return this.whole
    // What is made of nothing here would be made anew in each row, and not at all where there is none.
    if (!operands.some(operand => !isNumberArgument(operand) && this.members.has(operand.id)))
      return undefined
    const axes: (number | undefined)[] = shape.map(() => undefined)
    for (const operand of operands) {
      if (isNumberArgument(operand)) continue
      const member = this.members.get(operand.id)
      const missing = shape.length - operand.shape.length
      member?.axes.forEach((axis, i) => {
        if (operand.shape[i] !== 1) axes[i + missing] = axis
      })
    }
    const isWhole = shape.every((length, axis) => length === 1 || axes[axis] !== undefined)
    return isWhole ? axes : undefined
  }

  /** The term of an operand of something with this shape that goes along these axes. */
  private operand(x: Value, shape: Shape, axes: Axes): number | undefined {
    const missing = shape.length - x.shape.length
    const member = this.members.get(x.id)
    if (member) {
      const fits = x.shape.every((length, axis) => length === 1 || member.axes[axis] === axes[axis + missing])
      return fits && !member.isLate ? member.term : undefined
    }
    const layout = this.layoutOf(x)
    // What another member has in memory is not there yet.
    if (this.members.has(layout.base.id)) return undefined
    const strides = this.space.map(() => 0)
    for (const [axis, length] of x.shape.entries()) {
      const along = axes[axis + missing]
      if (length === 1) continue
      if (along === undefined || this.space[along] !== length) return undefined
      strides[along] = layout.strides[axis] as number
    }
    return this.source({ layout, strides })
  }

  private source(source: Source): number {
    const key =
      'number' in source
        ? `number ${source.number}`
        : `${source.layout.base.id} ${source.layout.offset} ${source.strides}`
    const known = this.sources.get(key)
    if (known !== undefined) return known
    const term = this.terms.push({ kind: 'source', source }) - 1
    this.sources.set(key, term)
    return term
  }

  private stridesOf({ value, axes }: Member, own: readonly number[] = packed(value.shape)): number[] {
    const strides = this.space.map(() => 0)
    for (const [i, axis] of axes.entries())
      if (axis !== undefined && value.shape[i] !== 1) strides[axis] = own[i] as number
    return strides
  }

  /** Whether some members can be written to places in other values: there, too, rows have to lie side by side. */
  canPlace(placed: ReadonlyMap<number, Placement>): boolean {
    const runs = this.runs(placed)
    return (
      runs !== undefined &&
      [...this.members.values()].every(member => {
        const place = placed.get(member.value.id)
        return place === undefined || stridesOf(runs, this.stridesOf(member, place.strides)).at(-1) === 1
      })
    )
  }

  private runs(placed: ReadonlyMap<number, Placement> = NOWHERE) {
    const read = this.terms.flatMap(term => (isRead(term) ? [term.source.strides] : []))
    const written = [...this.members.values()].map(member =>
      this.stridesOf(member, placed.get(member.value.id)?.strides),
    )
    return runsOf(this.space, [...read, ...written], this.folds)
  }

  compiled(
    stored: readonly Value[],
    checked: ReadonlySet<number>,
    placed: ReadonlyMap<number, Placement>,
  ): readonly CompiledLoop[] {
    const runs = this.runs(placed) as readonly (readonly number[])[]
    const terms: Term[] = []
    const tensors: { base: Value; offset: number }[] = []
    const numbers: number[] = []
    /** Where the terms of the group are among those of the loop. */
    const places = new Map<number, number>()
    const tensor = (base: Value, offset: number) => {
      const known = tensors.findIndex(other => other.base.id === base.id && other.offset === offset)
      return known >= 0 ? known : tensors.push({ base, offset }) - 1
    }
    const access = (base: Value, offset: number, strides: readonly number[]): Access => ({
      tensor: tensor(base, offset),
      strides: stridesOf(runs, strides),
    })
    const place = (index: number): number => {
      const before = places.get(index)
      if (before !== undefined) return before
      const term = this.terms[index] as GroupTerm
      const made = this.placedTerm(term, place, access, numbers)
      const at = terms.push(made) - 1
      places.set(index, at)
      return at
    }
    const stores = stored.map((value): Store => {
      const member = this.members.get(value.id) as Member
      const { base, start, strides } = placed.get(value.id) ?? { base: value, start: 0 }
      const store = { term: place(member.term), access: access(base, start, this.stridesOf(member, strides)) }
      // What is known only after the last row is not at hand entry by entry.
      return checked.has(value.id) && !member.isLate ? { ...store, isChecked: true } : store
    })
    const computed = [...this.members.values()].filter(({ term }) => places.has(term))
    const members = computed.map(({ value }) => value.id)
    return [{ loop: { space: lengthsOf(runs, this.space), terms, stores }, tensors, numbers, members }]
  }

  private placedTerm(
    term: GroupTerm,
    place: (index: number) => number,
    access: (base: Value, offset: number, strides: readonly number[]) => Access,
    numbers: number[],
  ): Term {
    if (term.kind === 'apply') return { ...term, operands: term.operands.map(place) }
    if (term.kind === 'fold') return { ...term, operand: place(term.operand) }
    const { source } = term
    if ('number' in source) return { kind: 'number', index: numbers.push(source.number) - 1 }
    const { base, offset } = source.layout
    return { kind: 'read', access: access(base, offset, source.strides) }
  }
}
