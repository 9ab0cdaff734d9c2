/** The body of a function in WebAssembly: its locals, and its instructions one after another. */
import { Bytes } from './bytes.ts'
import {
  EXTRACT,
  type Extract,
  MEMORY,
  type Memory,
  PLAIN,
  type Plain,
  V128,
  type ValueType,
  VECTOR,
  type Vector,
} from './instructions.ts'

const VOID = 0x40
const SIMD = 0xfd
/** Addresses are multiples of 2² at least. */
const ALIGNMENT = 2

const words = new DataView(new ArrayBuffer(4))
const doubles = new DataView(new ArrayBuffer(16))

export class FunctionBody {
  readonly parameters: readonly ValueType[]
  readonly locals: ValueType[] = []
  readonly code = new Bytes()

  constructor(parameters: readonly ValueType[]) {
    this.parameters = parameters
  }

  /** A new local, by its index. */
  local(type: ValueType): number {
    this.locals.push(type)
    return this.parameters.length + this.locals.length - 1
  }

  get(local: number): this {
    this.code.byte(0x20).unsigned(local)
    return this
  }

  set(local: number): this {
    this.code.byte(0x21).unsigned(local)
    return this
  }

  tee(local: number): this {
    this.code.byte(0x22).unsigned(local)
    return this
  }

  call(index: number): this {
    this.code.byte(0x10).unsigned(index)
    return this
  }

  i32(value: number): this {
    this.code.byte(0x41).signed(value)
    return this
  }

  f32(value: number): this {
    words.setFloat32(0, value)
    this.code.byte(0x43).word(words.getInt32(0))
    return this
  }

  plain(name: Plain): this {
    this.code.byte(PLAIN[name])
    return this
  }

  vector(name: Vector): this {
    this.code.byte(SIMD).unsigned(VECTOR[name])
    return this
  }

  /** Goes to memory at the address on the stack plus an offset in bytes. */
  memory(name: Memory, offset: number, lane = 0): this {
    const { code, ...kind } = MEMORY[name]
    if ('isVector' in kind) this.code.byte(SIMD).unsigned(code)
    else this.code.byte(code)
    this.code.unsigned(ALIGNMENT).unsigned(offset)
    if ('hasLane' in kind) this.code.byte(lane)
    return this
  }

  /** A constant of two float64. */
  doubles(a: number, b: number): this {
    doubles.setFloat64(0, a)
    doubles.setFloat64(8, b)
    const word = (at: number) => doubles.getInt32(at)
    return this.lanes(word(4), word(0), word(12), word(8))
  }

  /** The four lanes of a constant, as bits. */
  lanes(a: number, b: number, c: number, d: number): this {
    this.code.byte(SIMD).unsigned(12).word(a).word(b).word(c).word(d)
    return this
  }

  extract(name: Extract, lane: number): this {
    this.code.byte(SIMD).unsigned(EXTRACT[name]).byte(lane)
    return this
  }

  /** Four of the eight lanes of two vectors. */
  shuffle(...lanes: readonly [number, number, number, number]): this {
    this.code.byte(SIMD).unsigned(13)
    for (const lane of lanes) for (let i = 0; i < 4; i++) this.code.byte(lane * 4 + i)
    return this
  }

  /** The first of the two vectors on the stack where the number above them is not 0, else the second. */
  choose(): this {
    // The typed form: the plain one takes no vectors.
    this.code.byte(0x1c).unsigned(1).byte(V128)
    return this
  }

  /** `then` is done where the number on the stack is not 0. */
  if(then: () => void, otherwise?: () => void): this {
    this.code.byte(0x04).byte(VOID)
    then()
    if (otherwise) {
      this.code.byte(0x05)
      otherwise()
    }
    return this.plain('end')
  }

  /**
   * Repeats `body` for `local` = its present value, plus `step`, and so on, as long as it is below `end`, a number or a
   * local; not even once where it is not.
   */
  loop(local: number, step: number, end: { readonly local: number } | number, body: () => void): this {
    const below = () => {
      this.get(local)
      if (typeof end === 'number') this.i32(end)
      else this.get(end.local)
      return this.plain('i32.lt_s')
    }
    below().if(() => {
      this.code.byte(0x03).byte(VOID)
      body()
      this.get(local).i32(step).plain('i32.add').set(local)
      below()
      this.code.byte(0x0d).unsigned(0)
      this.plain('end')
    })
    return this
  }

  /** As it stands in a module: its length, its locals in runs of one type, its instructions. */
  encoded(): Bytes {
    const runs: { count: number; type: ValueType }[] = []
    for (const type of this.locals) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ count: 1, type })
    }
    const content = new Bytes().unsigned(runs.length)
    for (const { count, type } of runs) content.unsigned(count).byte(type)
    content.append(this.code).byte(PLAIN.end)
    return new Bytes().unsigned(content.length).append(content)
  }
}
