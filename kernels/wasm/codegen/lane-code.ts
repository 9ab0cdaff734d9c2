/** The code of lanes: several vectors side by side, so that no instruction has to wait for the one before it. */
import type { Access } from '../../compiling/loop.ts'
import type { FunctionBody } from './function-body.ts'
import { V128, type Vector } from './instructions.ts'
import type { Lane } from './lanes.ts'
import type { Leaf, LoopTerms } from './loop-terms.ts'
import type { Pointers } from './pointers.ts'

const [NUMBER, LANES] = [4, 4]
/** How many vectors the registers of common processors hold, beside some constants. */
const REGISTERS = 12
/** From how many instructions in a row on a chain is a long one. */
const LONG = 14
/** In which up to how many lanes may be known at once. */
const FEW = 7

/**
 * A vector of a row: how many bytes behind the place that the pass has come to, and how many of its lanes count. In a row
 * whose length is known only when the loop runs, as many count in the last vector as a local says.
 */
export interface Place {
  /** Which of the rows that are done together. */
  readonly row?: number
  readonly offset: number
  readonly lanes: number | { readonly local: number }
}

interface Surroundings {
  /** The local with the bytes of the row that lie behind the pass, where it is a loop. */
  readonly at: number | undefined
  /** The parameters with the address of the numbers, and of the rows that passes leave for one another. */
  readonly numbers: number
  readonly scratch: number
  /** Where those rows begin behind that address, and how many bytes each takes. */
  readonly firstRow: number
  readonly rowBytes: number
}

export class LaneCode {
  private readonly body: FunctionBody
  private readonly terms: LoopTerms
  private readonly pointers: Pointers
  private readonly surroundings: Surroundings
  /** Lanes that are the same throughout a row, by their locals. */
  private readonly kept = new Map<Lane, number>()
  /** The locals of lanes that are others in each entry, one for each vector side by side. */
  private readonly locals = new Map<Lane, number[]>()
  private readonly gathered: number
  /** Which of the vectors side by side is at hand. */
  private side = 0

  constructor(body: FunctionBody, terms: LoopTerms, pointers: Pointers, surroundings: Surroundings) {
    this.body = body
    this.terms = terms
    this.pointers = pointers
    this.surroundings = surroundings
    this.gathered = body.local(V128)
  }

  /** Computes what is the same in all entries of a row, and all that it is made of. */
  keep(lane: Lane): void {
    if (this.kept.has(lane)) return
    const leaf = this.leafOf(lane)
    if (leaf?.kind === 'folded') throw new Error('a fold is used before its pass is over')
    for (const operand of lane.operands) this.keep(operand)
    const local = this.body.local(V128)
    this.compute(lane, 0, { offset: 0, lanes: 1 })
    this.body.set(local)
    this.kept.set(lane, local)
  }

  /** Takes the result of a fold from the stack. */
  keepFold(lane: Lane): void {
    const local = this.body.local(V128)
    this.body.set(local)
    this.kept.set(lane, local)
  }

  /** Keeps whatever lanes are made of that is the same throughout: in all rows for level 0, in a row for level 1. */
  keepAll(lanes: readonly Lane[], level: 0 | 1): void {
    const seen = new Set<Lane>()
    const visit = (lane: Lane): void => {
      if (seen.has(lane)) return
      seen.add(lane)
      if (this.terms.level(lane) <= level) this.keep(lane)
      else lane.operands.forEach(visit)
    }
    lanes.forEach(visit)
  }

  /**
   * Computes lanes at some places, as many of them side by side as the registers hold, and hands each place over when
   * all of them are known there.
   */
  each(lanes: readonly Lane[], places: readonly Place[], done: (place: Place, index: number) => void): void {
    const order = this.ordered(lanes)
    const width = widthFor(order, lanes)
    for (let first = 0; first < places.length; first += width) {
      const together = places.slice(first, first + width)
      for (const lane of order) {
        together.forEach((place, side) => {
          this.compute(lane, side, place)
          this.body.set(this.localOf(lane, side))
        })
      }
      for (const [side, place] of together.entries()) {
        this.side = side
        done(place, first + side)
      }
    }
  }

  /** Puts a lane on the stack that was computed for the place at hand. */
  get(lane: Lane): void {
    this.body.get(this.kept.get(lane) ?? this.localOf(lane, this.side))
  }

  /** Puts the address of a place on the stack; what it returns is to be added to it. */
  address(access: Access, { offset, row = 0 }: Place): number {
    return this.along(this.pointers.of(access), offset + row * rowBytes(access))
  }

  scratchAddress(row: number, { offset }: Place): number {
    const { scratch, firstRow, rowBytes } = this.surroundings
    return this.along(scratch, firstRow + row * rowBytes + offset)
  }

  /** Writes the vector that `value` puts on the stack, but not behind the lanes that count. */
  store(address: () => number, value: () => void, lanes: Place['lanes']): void {
    const { body } = this
    const write = (
      instruction: 'v128.store' | 'v128.store32_lane' | 'v128.store64_lane',
      more = 0,
      lane = 0,
    ) => {
      const offset = address()
      value()
      body.memory(instruction, offset + more, lane)
    }
    if (typeof lanes === 'object') {
      const { local } = lanes
      const isOdd = () => body.get(local).i32(1).plain('i32.and')
      body
        .get(local)
        .i32(2)
        .plain('i32.and')
        .if(
          () => {
            write('v128.store64_lane')
            isOdd().if(() => write('v128.store32_lane', 2 * NUMBER, 2))
          },
          () => isOdd().if(() => write('v128.store32_lane')),
        )
      return
    }
    if (lanes === LANES) write('v128.store')
    if (lanes === 1) write('v128.store32_lane')
    if (lanes === 2 || lanes === 3) write('v128.store64_lane')
    if (lanes === 3) write('v128.store32_lane', 2 * NUMBER, 2)
  }

  /** The same from the address in a local on. */
  along(local: number, offset: number): number {
    const { at } = this.surroundings
    this.body.get(local)
    if (at !== undefined) this.body.get(at).plain('i32.add')
    return offset
  }

  private leafOf(lane: Lane): Leaf | undefined {
    return lane.op === 'given' ? this.terms.leaves[lane.data] : undefined
  }

  /** Puts a lane on the stack, from operands that are known. */
  private compute(lane: Lane, side: number, place: Place): void {
    const { body } = this
    const { op, data } = lane
    if (op === 'constant') {
      body.lanes(data, data, data, data)
      return
    }
    if (op === 'given') {
      this.load(this.leafOf(lane) as Leaf, place)
      return
    }
    if (op === 'constant64') {
      body.doubles(data, data)
      return
    }
    // A shuffle takes two vectors; these are the same.
    const operands = op === 'upper' ? [...lane.operands, ...lane.operands] : lane.operands
    for (const operand of operands) body.get(this.kept.get(operand) ?? this.localOf(operand, side))
    if (op === 'upper') {
      body.shuffle(2, 3, 2, 3)
      return
    }
    if (op === 'joined') {
      body.shuffle(0, 1, 4, 5)
      return
    }
    if (op === 'i32x4.shl' || op === 'i32x4.shr_s' || op === 'i32x4.shr_u') body.i32(data)
    body.vector(op as Vector)
  }

  private load(leaf: Leaf, place: Place): void {
    const { body, surroundings } = this
    switch (leaf.kind) {
      case 'number':
        body.get(surroundings.numbers).memory('v128.load32_splat', leaf.index * NUMBER)
        return
      case 'scratch':
        body.memory('v128.load', this.scratchAddress(leaf.row, place))
        return
      case 'read':
        if (leaf.level < 2) body.get(this.pointers.of(leaf.access)).memory('v128.load32_splat', 0)
        else if (leaf.access.strides.at(-1) === 1) body.memory('v128.load', this.address(leaf.access, place))
        else this.gather(leaf.access, place)
        return
      case 'folded':
        throw new Error('a fold is used before its pass is over')
      default:
        leaf satisfies never
    }
  }

  /** Numbers that do not lie side by side, one by one; those that do not count are left alone. */
  private gather(access: Access, { offset, lanes, row = 0 }: Place): void {
    const { body, gathered } = this
    const { at } = this.surroundings
    const stride = access.strides.at(-1) as number
    body.lanes(0, 0, 0, 0).set(gathered)
    for (let lane = 0; lane < (lanes as number); lane++) {
      body
        .get(this.pointers.of(access))
        .i32((offset + lane * NUMBER) * stride + row * rowBytes(access))
        .plain('i32.add')
      if (at !== undefined) body.get(at).i32(stride).plain('i32.mul').plain('i32.add')
      body.get(gathered).memory('v128.load32_lane', 0, lane).set(gathered)
    }
    body.get(gathered)
  }

  /** Lanes of entries that others are made of, each behind its operands. */
  private ordered(lanes: readonly Lane[]): readonly Lane[] {
    const order = new Set<Lane>()
    const visit = (lane: Lane): void => {
      if (order.has(lane) || this.terms.level(lane) < 2) return
      lane.operands.forEach(visit)
      order.add(lane)
    }
    lanes.forEach(visit)
    return [...order]
  }

  private localOf(lane: Lane, side: number): number {
    let locals = this.locals.get(lane)
    if (locals === undefined) {
      locals = []
      this.locals.set(lane, locals)
    }
    locals[side] ??= this.body.local(V128)
    return locals[side] as number
  }
}

/** How many bytes lie between the rows of a tensor. */
const rowBytes = ({ strides }: Access): number => (strides.at(-2) ?? 0) * NUMBER

/**
 * How many vectors are computed side by side: 4, 2 or 1. As many as find room in the registers; but in long chains of
 * instructions each waits so long for the one before it that it pays to have more, and to keep some of them in memory.
 */
function widthFor(order: readonly Lane[], roots: readonly Lane[]): number {
  const live = mostLive(order, roots)
  if (live <= REGISTERS / 4 || (live <= FEW && depthOf(order) > LONG)) return 4
  return live <= REGISTERS / 2 ? 2 : 1
}

/** The length of the longest chain of lanes that wait for one another. */
function depthOf(order: readonly Lane[]): number {
  const depths = new Map<Lane, number>()
  let most = 0
  for (const lane of order) {
    const depth =
      lane.operands.reduce((deepest, operand) => Math.max(deepest, depths.get(operand) ?? 0), 0) + 1
    depths.set(lane, depth)
    if (depth > most) most = depth
  }
  return most
}

/** How many lanes are known at once that are still to be used. */
function mostLive(order: readonly Lane[], roots: readonly Lane[]): number {
  const last = new Map<Lane, number>()
  for (const [i, { operands }] of order.entries()) for (const operand of operands) last.set(operand, i)
  for (const root of roots) last.set(root, order.length)
  const known = new Set<Lane>()
  let most = 1
  for (const [i, lane] of order.entries()) {
    known.add(lane)
    most = Math.max(most, known.size)
    for (const operand of lane.operands) if (last.get(operand) === i) known.delete(operand)
  }
  return most
}
