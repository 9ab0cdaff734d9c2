/** A loop as a function in WebAssembly. */
import { accessesOf, isFlat, type Loop, type Store, type Term } from '../../compiling/loop.ts'
import { ColumnFold } from './column-fold.ts'
import { FoldCode, SIDES } from './fold-code.ts'
import { FunctionBody } from './function-body.ts'
import { I32, V128 } from './instructions.ts'
import { LaneCode, type Place } from './lane-code.ts'
import type { Lane } from './lanes.ts'
import { LoopTerms } from './loop-terms.ts'
import { Pointers } from './pointers.ts'

/** Bytes of a number and of a vector, and how many numbers a vector has. */
const [NUMBER, VECTOR, LANES] = [4, 16, 4]
/** Bytes of one turn of a pass, and of the entries whose sum is taken in float32. */
const TURN = SIDES * VECTOR
const BLOCK = 1024 * NUMBER
/** Rows of at most so many numbers are laid out vector by vector, without a loop. */
const NARROW = 32
/** Of which so many are done together, where none needs anything of its own. It divides the rows of a block of sums. */
const TOGETHER = 4

export interface LoopFunction {
  /**
   * Its parameters are addresses: one for each tensor, that of the numbers, that of the scratch memory, and where it looks for
   * numbers that are not finite, that of the word that it sets where it finds one. A flat loop takes the number of its entries,
   * too, so that it serves tensors of every size.
   */
  readonly body: FunctionBody
  readonly isFlat: boolean
  /** Bytes of scratch memory. */
  readonly scratch: number
}

type FoldTerm = Extract<Term, { kind: 'fold' }>

/** What is done with an entry of a row, vector by vector. */
interface Sink {
  readonly lane: Lane
  /** The fold along the row that it belongs to, and the lane that its result becomes. */
  readonly fold?: { readonly code: FoldCode; readonly result: Lane }
  take(place: Place, index: number): void
}

/** @param relaxed Whether the machine has the fused multiply-add of relaxed SIMD. */
export function loopFunction(loop: Loop, relaxed: boolean): LoopFunction {
  return new LoopCode(loop, relaxed).compile()
}

class LoopCode {
  private readonly loop: Loop
  private readonly terms: LoopTerms
  private readonly body: FunctionBody
  private readonly pointers: Pointers
  private readonly code: LaneCode
  readonly rows: number
  readonly columns: number
  private readonly rowBytes: number
  private readonly isFlat: boolean
  /** Where something is checked: the parameter with the address of the word, and what is not 0 where a number is not finite. */
  private readonly found: { readonly flag: number; readonly vector: number } | undefined
  /** The parameter with the number of entries of a flat loop. */
  private readonly length: number
  /** The parameter with the address of the scratch memory. */
  private readonly scratch: number
  /** How many bytes of the row lie behind the pass, and where the block ends that it is in. */
  private readonly at: number
  private readonly blockEnd: number
  /** Folds that end with the last row, by their terms. */
  private readonly columnFolds = new Map<number, ColumnFold>()
  private readonly foldBytes: number

  constructor(loop: Loop, relaxed: boolean) {
    this.loop = loop
    this.terms = new LoopTerms(loop, relaxed)
    const accesses = accessesOf(loop)
    const tensors = accesses.reduce((most, { tensor }) => Math.max(most, tensor + 1), 0)
    this.isFlat = isFlat(loop)
    const isChecking = loop.stores.some(({ isChecked }) => isChecked)
    this.length = tensors + (isChecking ? 3 : 2)
    this.body = new FunctionBody(new Array<typeof I32>(this.length + (this.isFlat ? 1 : 0)).fill(I32))
    this.found = isChecking ? { flag: tensors + 2, vector: this.body.local(V128) } : undefined
    this.scratch = tensors + 1
    this.at = this.body.local(I32)
    this.blockEnd = this.body.local(I32)
    this.rows = loop.space.at(-2) as number
    this.columns = loop.space.at(-1) as number
    const overRows = loop.terms.filter(term => term.kind === 'fold' && term.over === 'rows').length
    this.foldBytes = overRows * ColumnFold.bytes(this)
    this.rowBytes = Math.ceil(this.columns / (TURN / NUMBER)) * TURN
    this.pointers = new Pointers(this.body, loop.space, accesses)
    this.code = new LaneCode(this.body, this.terms, this.pointers, {
      at: this.isFlat || this.columns > NARROW ? this.at : undefined,
      numbers: tensors,
      scratch: this.scratch,
      firstRow: this.foldBytes,
      rowBytes: this.rowBytes,
    })
    this.makeColumnFolds()
  }

  compile(): LoopFunction {
    const { body, code, pointers } = this
    const passes = this.passes()
    const perRow = this.perRow()
    pointers.begin()
    code.keepAll(
      [...passes.flat(), ...perRow].map(({ lane }) => lane),
      0,
    )
    this.walk(0, passes, perRow)
    this.tell()
    return { body, isFlat: this.isFlat, scratch: this.foldBytes + this.terms.scratch.size * this.rowBytes }
  }

  // --- what is done -------------------------------------------------------------------------------------------

  /** The sinks of each pass over a row. The last pass comes first: it may ask an earlier one to leave something. */
  private passes(): readonly (readonly Sink[])[] {
    const { terms, loop } = this
    const { phases } = terms
    const folds = [...loop.terms.entries()].flatMap(([index, term]) =>
      term.kind === 'fold' ? [{ index, term, phase: phases[term.operand] as number }] : [],
    )
    const stores = loop.stores
      .filter(store => isOfEntries(store) && !this.endsWithRows(store.term))
      .map(store => ({ store, phase: phases[store.term] as number }))
    const last = [...folds, ...stores].reduce((most, { phase }) => Math.max(most, phase), 0)
    const passes: Sink[][] = []
    for (let now = last; now >= 0; now--) {
      const sinks = [
        ...folds.filter(({ phase }) => phase === now).map(({ index, term }) => this.foldSink(index, term)),
        ...stores.filter(({ phase }) => phase === now).map(({ store }) => this.storeSink(store)),
      ]
      for (const [term, row] of terms.scratch)
        if (phases[term] === now) sinks.push(this.scratchSink(term, row))
      passes[now] = sinks
    }
    return passes
  }

  private foldSink(index: number, { fold, over, operand }: FoldTerm): Sink {
    const { code, terms } = this
    const lane = terms.value(operand, terms.phases[operand] as number)
    if (over === 'rows') {
      const columnFold = this.columnFolds.get(index) as ColumnFold
      return { lane, take: place => columnFold.add(place, () => code.get(lane)) }
    }
    const foldCode = new FoldCode(this.body, fold)
    const take: Sink['take'] = ({ lanes }, side) => {
      code.get(lane)
      foldCode.add(side, lanes as number)
    }
    return { lane, take, fold: { code: foldCode, result: terms.value(index, 0) } }
  }

  private storeSink({ term, access, isChecked }: Store): Sink {
    const { code, terms } = this
    const lane = terms.value(term, terms.phases[term] as number)
    const take: Sink['take'] = place => {
      code.store(
        () => code.address(access, place),
        () => code.get(lane),
        place.lanes,
      )
      if (isChecked) this.look(lane, place.lanes)
    }
    return { lane, take }
  }

  /** x - x is 0 for every finite number, and NaN for others. */
  private look(lane: Lane, lanes: Place['lanes']): void {
    const { body, code, found } = this
    if (!found) return
    code.get(lane)
    code.get(lane)
    body.vector('f32x4.sub')
    if (typeof lanes === 'object') {
      body
        .get(lanes.local)
        .i32(LANES - 1)
        .plain('i32.and')
        .vector('i32x4.splat')
      body.lanes(0, 1, 2, 3).vector('i32x4.gt_s').vector('v128.and')
    } else if (lanes < LANES) {
      const counts = (lane: number) => (lane < lanes ? -1 : 0)
      body.lanes(counts(0), counts(1), counts(2), counts(3)).vector('v128.and')
    }
    body.get(found.vector).vector('v128.or').set(found.vector)
  }

  private tell(): void {
    const { body, found } = this
    if (!found) return
    body
      .get(found.vector)
      .vector('v128.any_true')
      .if(() => body.get(found.flag).i32(1).memory('i32.store', 0))
  }

  /** Leaves something in a row of scratch memory, which has room for whole vectors. */
  private scratchSink(term: number, row: number): Sink {
    const { code, terms, body } = this
    const lane = terms.value(term, terms.phases[term] as number)
    const take: Sink['take'] = place => {
      const offset = code.scratchAddress(row, place)
      code.get(lane)
      body.memory('v128.store', offset)
    }
    return { lane, take }
  }

  /** What is stored once for each row, when all passes are over. */
  private perRow(): readonly Sink[] {
    const { code, terms, body, pointers } = this
    return this.loop.stores
      .filter(store => !isOfEntries(store) && !this.endsWithRows(store.term))
      .map(({ term, access, isChecked }) => {
        const lane = terms.value(term, Number.POSITIVE_INFINITY)
        const take = () => {
          body.get(pointers.of(access))
          code.get(lane)
          body.memory('v128.store32_lane', 0, 0)
          if (isChecked) this.look(lane, 1)
        }
        return { lane, take }
      })
  }

  /** Whether a term is known only after the last row. */
  private endsWithRows(index: number): boolean {
    const term = this.loop.terms[index] as Term
    return term.kind === 'fold' && term.over === 'rows'
  }

  /** They come first in the scratch memory. */
  private makeColumnFolds(): void {
    const { body, code, scratch, columnFolds } = this
    for (const [index, term] of this.loop.terms.entries()) {
      if (term.kind !== 'fold' || term.over !== 'rows') continue
      const start = columnFolds.size * ColumnFold.bytes(this)
      const place = { memory: scratch, start, isNarrow: this.columns <= NARROW }
      columnFolds.set(index, new ColumnFold(body, code, term.fold, this, place))
    }
  }

  // --- walking ------------------------------------------------------------------------------------------------

  private walk(axis: number, passes: readonly (readonly Sink[])[], perRow: readonly Sink[]): void {
    const { body, loop, pointers } = this
    const isRows = axis === loop.space.length - 2
    if (isRows) this.beforeRows()
    const each = () => {
      if (isRows) this.row(passes, perRow)
      else this.walk(axis + 1, passes, perRow)
      pointers.advance(axis)
    }
    const length = loop.space[axis] as number
    const together = isRows && this.areAlike(passes, perRow) ? TOGETHER : 1
    if (length === 1) each()
    else if (together > 1 && length >= 2 * together) {
      const count = body.local(I32)
      body.i32(0).set(count)
      body.loop(count, together, length - (length % together), () => {
        this.places(
          passes[0] as readonly Sink[],
          this.vectorsOf(0, Math.ceil(this.columns / LANES), together),
        )
        pointers.advance(axis, together)
        for (const fold of this.columnFolds.values()) fold.endRows(together)
      })
      for (let rest = length % together; rest > 0; rest--) each()
    } else {
      const count = body.local(I32)
      body.i32(0).set(count)
      body.loop(count, 1, length, each)
    }
    if (isRows) this.afterRows()
  }

  /** Whether narrow rows differ by their places alone, so that some can be done together. */
  private areAlike(passes: readonly (readonly Sink[])[], perRow: readonly Sink[]): boolean {
    const { terms, columns, loop } = this
    return (
      columns <= NARROW &&
      passes.length === 1 &&
      perRow.length === 0 &&
      passes.flat().every(({ fold }) => fold === undefined) &&
      terms.leaves.every(({ level }) => level !== 1) &&
      accessesOf(loop).every(({ strides }) => (strides.at(-2) as number) >= 0)
    )
  }

  private beforeRows(): void {
    for (const fold of this.columnFolds.values()) fold.begin()
  }

  private row(passes: readonly (readonly Sink[])[], perRow: readonly Sink[]): void {
    const { code } = this
    for (const sinks of passes) {
      code.keepAll(
        sinks.map(({ lane }) => lane),
        1,
      )
      const folds = sinks.flatMap(({ fold }) => (fold ? [fold] : []))
      for (const fold of folds) fold.code.begin()
      if (sinks.length > 0) this.pass(sinks)
      for (const fold of folds) {
        fold.code.end()
        code.keepFold(fold.result)
      }
    }
    code.keepAll(
      perRow.map(({ lane }) => lane),
      1,
    )
    for (const sink of perRow) sink.take({ offset: 0, lanes: 1 }, 0)
    for (const fold of this.columnFolds.values()) fold.endRows(1)
  }

  private pass(sinks: readonly Sink[]): void {
    if (this.isFlat) {
      this.flatPass(sinks)
      return
    }
    const { body, at, blockEnd, columns } = this
    const vectors = Math.ceil(columns / LANES)
    const folds = sinks.flatMap(({ fold }) => (fold ? [fold.code] : []))
    const endBlock = () => {
      for (const fold of folds) fold.endBlock()
    }
    if (columns <= NARROW) {
      this.vectors(sinks, 0, vectors)
      endBlock()
      return
    }
    const turns = Math.floor(columns / (TURN / NUMBER))
    const end = turns * TURN
    const turn = () => this.vectors(sinks, 0, SIDES, true)
    body.i32(0).set(at)
    if (end > BLOCK && folds.length > 0) {
      const start = body.local(I32)
      body.i32(0).set(start)
      body.loop(start, BLOCK, end, () => {
        body.get(start).i32(BLOCK).plain('i32.add').set(blockEnd)
        body
          .get(blockEnd)
          .i32(end)
          .plain('i32.lt_s')
          .if(
            () => undefined,
            () => body.i32(end).set(blockEnd),
          )
        body.loop(at, TURN, { local: blockEnd }, turn)
        endBlock()
      })
    } else body.loop(at, TURN, end, turn)
    this.vectors(sinks, turns * SIDES, vectors)
    endBlock()
  }

  /** All entries as one row, of a length that is known when the loop runs. */
  private flatPass(sinks: readonly Sink[]): void {
    const { body, at, blockEnd, length } = this
    const upTo = (bytes: number) =>
      body.get(length).i32(2).plain('i32.shl').i32(-bytes).plain('i32.and').set(blockEnd)
    body.i32(0).set(at)
    upTo(TURN)
    body.loop(at, TURN, { local: blockEnd }, () => this.vectors(sinks, 0, SIDES, true))
    upTo(VECTOR)
    body.loop(at, VECTOR, { local: blockEnd }, () => this.vectors(sinks, 0, 1, true))
    body
      .get(length)
      .i32(LANES - 1)
      .plain('i32.and')
      .if(() => this.places(sinks, [{ offset: 0, lanes: { local: length } }]))
  }

  /** The vectors from `first` to below `end`, of which the last one may have less than four lanes. */
  private vectors(sinks: readonly Sink[], first: number, end: number, areFull = false): void {
    this.places(sinks, this.vectorsOf(first, end, 1, areFull))
  }

  private vectorsOf(first: number, end: number, rows: number, areFull = false): readonly Place[] {
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: Math.max(end - first, 0) }, (_, i) => ({
        row,
        offset: i * VECTOR,
        lanes: areFull ? LANES : Math.min(LANES, this.columns - (first + i) * LANES),
      })),
    ).flat()
  }

  private places(sinks: readonly Sink[], places: readonly Place[]): void {
    this.code.each(
      sinks.map(({ lane }) => lane),
      places,
      (place, index) => {
        for (const sink of sinks) sink.take(place, index)
      },
    )
  }

  /** Stores what the rows came to. */
  private afterRows(): void {
    const { pointers } = this
    for (const { term, access } of this.loop.stores) {
      this.columnFolds.get(term)?.end(pointers.of(access))
    }
  }
}

/** Whether each entry of a row has a place of its own. */
const isOfEntries = ({ access }: Store) => access.strides.at(-1) !== 0
