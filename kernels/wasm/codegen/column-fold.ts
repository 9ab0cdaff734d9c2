/** Folds over rows: what each column comes to, kept in memory while the rows pass. */
import type { Fold } from '../../../core/index.ts'
import type { FunctionBody } from './function-body.ts'
import { I32, V128 } from './instructions.ts'
import type { LaneCode } from './lane-code.ts'

const [NUMBER, VECTOR, LANES] = [4, 16, 4]
/** Rows whose sum is taken in float32, before it is added in float64. */
const BLOCK = 64

const START = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY } as const
const TAKE = { sum: 'f32x4.add', max: 'f32x4.max', min: 'f32x4.min' } as const

interface Extent {
  readonly rows: number
  readonly columns: number
}

export class ColumnFold {
  private readonly body: FunctionBody
  private readonly code: LaneCode
  private readonly fold: Fold
  private readonly columns: number
  /** The parameter with the address of the scratch memory, and where in it this fold has its place. */
  private readonly memory: number
  private readonly start: number
  /** Whether there are so many rows that their sums need blocks. */
  private readonly inBlocks: boolean
  private readonly count: number
  private readonly at: number
  private readonly value: number

  /** Bytes of scratch memory that a fold takes. */
  static bytes({ columns, rows }: Extent): number {
    return roundedUp(columns * NUMBER) * (rows > BLOCK ? 3 : 1)
  }

  constructor(
    body: FunctionBody,
    code: LaneCode,
    fold: Fold,
    { rows, columns }: Extent,
    place: { readonly memory: number; readonly start: number },
  ) {
    this.body = body
    this.code = code
    this.fold = fold
    this.columns = columns
    this.memory = place.memory
    this.start = place.start
    this.inBlocks = fold === 'sum' && rows > BLOCK
    this.count = body.local(I32)
    this.at = body.local(I32)
    this.value = body.local(V128)
  }

  /** Before the first row. */
  begin(): void {
    const { body, fold } = this
    body.i32(0).set(this.count)
    this.vectors(() => {
      this.here(1).f32(START[fold]).vector('f32x4.splat').memory('v128.store', this.start)
      if (!this.inBlocks) return
      for (const half of [0, VECTOR])
        this.here(2)
          .lanes(0, 0, 0, 0)
          .memory('v128.store', this.exact + half)
    })
  }

  /** Takes the vector that `value` puts on the stack. `address` puts that of the place there. */
  add(address: () => number, value: () => void): void {
    const { body, fold, start } = this
    const to = address()
    value()
    const from = address()
    body
      .memory('v128.load', start + from)
      .vector(TAKE[fold])
      .memory('v128.store', start + to)
  }

  endRow(): void {
    if (!this.inBlocks) return
    const { body, count } = this
    body.get(count).i32(1).plain('i32.add').tee(count)
    body
      .i32(BLOCK)
      .plain('i32.eq')
      .if(() => {
        body.i32(0).set(count)
        this.endBlock()
      })
  }

  /** After the last row: writes the results, from the address in a local on. */
  end(pointer: number): void {
    const { body } = this
    if (this.inBlocks) this.endBlock()
    const write = (lanes: number) =>
      this.code.store(
        () => {
          body.get(pointer).get(this.at).plain('i32.add')
          return 0
        },
        () => this.result(),
        lanes,
      )
    this.vectors(() => write(LANES), Math.floor(this.columns / LANES))
    if (this.columns % LANES > 0) write(this.columns % LANES)
  }

  private get exact(): number {
    return this.start + roundedUp(this.columns * NUMBER)
  }

  private result(): void {
    const { body } = this
    if (!this.inBlocks) {
      this.here(1).memory('v128.load', this.start)
      return
    }
    for (const half of [0, VECTOR]) {
      this.here(2)
        .memory('v128.load', this.exact + half)
        .vector('f32x4.demote_f64x2_zero')
    }
    body.shuffle(0, 1, 4, 5)
  }

  private endBlock(): void {
    const { body, value } = this
    this.vectors(() => {
      this.here(1).memory('v128.load', this.start).set(value)
      for (const half of [0, VECTOR]) {
        this.here(2)
        this.here(2).memory('v128.load', this.exact + half)
        if (half === 0) body.get(value)
        else body.get(value).get(value).shuffle(2, 3, 2, 3)
        body
          .vector('f64x2.promote_low_f32x4')
          .vector('f64x2.add')
          .memory('v128.store', this.exact + half)
      }
      this.here(1).lanes(0, 0, 0, 0).memory('v128.store', this.start)
    })
  }

  /** Puts the address of the present vector on the stack, among numbers of 4 bytes, or of 8. */
  private here(words: 1 | 2): FunctionBody {
    const { body } = this
    body.get(this.memory).get(this.at)
    if (words === 2) body.i32(1).plain('i32.shl')
    return body.plain('i32.add')
  }

  /** Does something for each vector of a row; `at` stands behind the last one then. */
  private vectors(each: () => void, count = Math.ceil(this.columns / LANES)): void {
    this.body.i32(0).set(this.at)
    this.body.loop(this.at, VECTOR, count * VECTOR, each)
  }
}

/** Each fold has cache lines of its own. */
const roundedUp = (bytes: number): number => Math.ceil(bytes / 64) * 64
