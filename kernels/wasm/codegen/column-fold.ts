/** Folds over rows: what each column comes to, kept in registers for narrow rows and in memory for others. */
import type { Fold } from '../../../core/index.ts'
import type { FunctionBody } from './function-body.ts'
import { I32, V128 } from './instructions.ts'
import type { LaneCode, Place } from './lane-code.ts'

const [VECTOR, LANES] = [16, 4]
/** Rows whose sum is taken in float32, before it is added in float64. */
const BLOCK = 64

const START = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY } as const
const TAKE = { sum: 'f32x4.add', max: 'f32x4.max', min: 'f32x4.min' } as const

interface Extent {
  readonly rows: number
  readonly columns: number
}

/** Where the vectors of a row stand: each has a present result, and for long sums two exact ones of two lanes. */
interface Vectors {
  /** Does something for each vector of the row. */
  each(work: (vector: Vector) => void): void
  at(place: Place): Vector
}

interface Vector {
  get(part: Part): void
  /** Sets a part to the vector that `value` puts on the stack. */
  set(part: Part, value: () => void): void
  /** Puts the address in the result on the stack; what it returns is to be added to it. */
  address(pointer: number): number
  readonly lanes: number
}
type Part = 'present' | 'low' | 'high'

export class ColumnFold {
  private readonly body: FunctionBody
  private readonly code: LaneCode
  private readonly fold: Fold
  private readonly vectors: Vectors
  /** Whether there are so many rows that their sums need blocks; it counts the rows of one. */
  private readonly inBlocks: boolean
  private readonly count: number

  /** Bytes of scratch memory that a fold takes at most. */
  static bytes({ columns }: Extent): number {
    return Math.ceil(columns / 16) * 64 * 3
  }

  constructor(
    body: FunctionBody,
    code: LaneCode,
    fold: Fold,
    { rows, columns }: Extent,
    place: { readonly memory: number; readonly start: number; readonly isNarrow: boolean },
  ) {
    this.body = body
    this.code = code
    this.fold = fold
    this.inBlocks = fold === 'sum' && rows > BLOCK
    this.count = body.local(I32)
    this.vectors = place.isNarrow
      ? new Registers(body, columns, this.inBlocks)
      : new Memory(body, code, columns, place)
  }

  /** Before the first row. */
  begin(): void {
    const { body, fold, inBlocks } = this
    body.i32(0).set(this.count)
    this.vectors.each(vector => {
      vector.set('present', () => body.f32(START[fold]).vector('f32x4.splat'))
      if (inBlocks)
        for (const half of ['low', 'high'] as const) vector.set(half, () => body.lanes(0, 0, 0, 0))
    })
  }

  /** Takes the vector that `value` puts on the stack. */
  add(place: Place, value: () => void): void {
    const vector = this.vectors.at(place)
    vector.set('present', () => {
      value()
      vector.get('present')
      this.body.vector(TAKE[this.fold])
    })
  }

  endRows(rows: number): void {
    if (!this.inBlocks) return
    const { body, count } = this
    body.get(count).i32(rows).plain('i32.add').tee(count)
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
    if (this.inBlocks) this.endBlock()
    this.vectors.each(vector =>
      this.code.store(
        () => vector.address(pointer),
        () => this.result(vector),
        vector.lanes,
      ),
    )
  }

  private result(vector: Vector): void {
    if (!this.inBlocks) {
      vector.get('present')
      return
    }
    for (const half of ['low', 'high'] as const) {
      vector.get(half)
      this.body.vector('f32x4.demote_f64x2_zero')
    }
    this.body.shuffle(0, 1, 4, 5)
  }

  private endBlock(): void {
    const { body } = this
    this.vectors.each(vector => {
      for (const half of ['low', 'high'] as const) {
        vector.set(half, () => {
          vector.get(half)
          vector.get('present')
          if (half === 'high') {
            vector.get('present')
            body.shuffle(2, 3, 2, 3)
          }
          body.vector('f64x2.promote_low_f32x4').vector('f64x2.add')
        })
      }
      vector.set('present', () => body.lanes(0, 0, 0, 0))
    })
  }
}

/** Each vector of a row in locals of its own. */
class Registers implements Vectors {
  private readonly list: readonly Vector[]

  constructor(body: FunctionBody, columns: number, isExact: boolean) {
    const vectors = Math.ceil(columns / LANES)
    this.list = Array.from({ length: vectors }, (_, i): Vector => {
      const present = body.local(V128)
      const locals = isExact
        ? { present, low: body.local(V128), high: body.local(V128) }
        : { present, low: present, high: present }
      return {
        get: part => body.get(locals[part]),
        set(part, value) {
          value()
          body.set(locals[part])
        },
        address(pointer) {
          body.get(pointer)
          return i * VECTOR
        },
        lanes: Math.min(LANES, columns - i * LANES),
      }
    })
  }

  each(work: (vector: Vector) => void): void {
    this.list.forEach(work)
  }

  at({ offset }: Place): Vector {
    return this.list[offset / VECTOR] as Vector
  }
}

/** A row of present results in memory, and behind it one of exact ones, twice as long. */
class Memory implements Vectors {
  private readonly body: FunctionBody
  private readonly code: LaneCode
  private readonly columns: number
  private readonly memory: number
  private readonly start: number
  private readonly index: number

  constructor(
    body: FunctionBody,
    code: LaneCode,
    columns: number,
    { memory, start }: { readonly memory: number; readonly start: number },
  ) {
    this.body = body
    this.code = code
    this.columns = columns
    this.memory = memory
    this.start = start
    this.index = body.local(I32)
  }

  each(work: (vector: Vector) => void): void {
    const { body, index, columns } = this
    const full = Math.floor(columns / LANES)
    body.i32(0).set(index)
    body.loop(index, VECTOR, full * VECTOR, () => work(this.vector(LANES)))
    if (columns % LANES > 0) work(this.vector(columns % LANES))
  }

  at({ offset }: Place): Vector {
    const { body, code, memory, start } = this
    const address = () => code.along(memory, start + offset)
    return {
      get: () => {
        body.memory('v128.load', address())
      },
      set(_, value) {
        const to = address()
        value()
        body.memory('v128.store', to)
      },
      address,
      lanes: LANES,
    }
  }

  /** The one that the loop has come to. */
  private vector(lanes: number): Vector {
    const { body, memory, index, start, columns } = this
    const exact = start + Math.ceil(columns / 16) * 64
    const offsets = { present: start, low: exact, high: exact + VECTOR }
    const here = (part: Part) => {
      body.get(memory).get(index)
      if (part !== 'present') body.i32(1).plain('i32.shl')
      body.plain('i32.add')
      return offsets[part]
    }
    return {
      get: part => {
        body.memory('v128.load', here(part))
      },
      set(part, value) {
        const to = here(part)
        value()
        body.memory('v128.store', to)
      },
      address(pointer) {
        body.get(pointer).get(index).plain('i32.add')
        return 0
      },
      lanes,
    }
  }
}
