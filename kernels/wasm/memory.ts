/// <reference path="./web-assembly.d.ts" />
/** One WebAssembly memory for all tensors of a model: an arena of blocks that are given out, taken back and used again. */
import { GradstreamError, type Numbers, type Shape, showBytes, Tensor } from '../../core/index.ts'
import { type Block, SpareBlocks } from './spare-blocks.ts'

/** Bytes of a page of WebAssembly memory, and how many there may be: 4 GiB, as far as 32 bits reach. */
const PAGE = 65_536
const MAXIMUM_PAGES = 65_536
export const MEMORY_LIMIT = PAGE * MAXIMUM_PAGES

/** Blocks begin and end at cache lines. */
const LINE = 64

export class WasmMemory {
  readonly memory: WebAssembly.Memory
  readonly shared: boolean
  /** Where the first block begins, and where the memory begins that is in no block. */
  private start = 0
  private top = 0
  private readonly spare = new SpareBlocks()
  /** How many pages it has at present. */
  pages = 1
  /** Set when somebody asks for the numbers of a tensor. */
  read = false
  /** Does what was asked for and put off, before somebody looks at numbers. */
  flush: () => void = () => undefined

  constructor(shared: boolean) {
    this.shared = shared
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared })
  }

  /** Leaves the bytes below `end` to the module. */
  startAt(end: number): void {
    this.start = Math.ceil(end / LINE) * LINE
    this.top = this.start
  }

  /** How many bytes are given out at present. */
  get used(): number {
    return this.top - this.start - this.spare.bytes
  }

  /** @throws GradstreamError `OUT_OF_MEMORY` beyond 4 GiB. */
  allocate(bytes: number): Block {
    const rounded = roundedUp(bytes)
    const again = this.spare.take(rounded)
    if (again) return again
    // A vector that begins in the last block may read a little further.
    this.reserve(this.top + rounded + LINE)
    const block = { pointer: this.top, bytes: rounded }
    this.top += rounded
    return block
  }

  /** Takes back what was given out for so many bytes. */
  release(pointer: number, bytes: number): void {
    const whole = this.spare.give({ pointer, bytes: roundedUp(bytes) })
    if (whole.pointer + whole.bytes < this.top) return
    this.spare.remove(whole)
    this.top = whole.pointer
  }

  private reserve(end: number): void {
    const needed = Math.ceil(end / PAGE)
    if (needed <= this.pages) return
    // By a quarter at least, since each growth makes the views of all tensors anew.
    const pages = Math.min(Math.max(needed, Math.ceil(this.pages * 1.25), 16), MAXIMUM_PAGES)
    try {
      if (needed > MAXIMUM_PAGES) throw new RangeError('beyond what 32 bits can address')
      this.memory.grow(pages - this.pages)
    } catch (cause) {
      throw tooMuch(end, cause)
    }
    this.pages = pages
  }

  /** @throws GradstreamError `OUT_OF_MEMORY` where so many bytes never find room. */
  demandRoom(bytes: number): void {
    if (this.top + bytes - this.spare.bytes > MEMORY_LIMIT) throw tooMuch(this.top + bytes)
  }
}

function tooMuch(bytes: number, cause?: unknown): GradstreamError {
  return new GradstreamError('OUT_OF_MEMORY', {
    place: 'kernels: memory',
    expected: `at most ${showBytes(MEMORY_LIMIT)} for all tensors of a model`,
    got: showBytes(bytes),
    cause,
  })
}

const roundedUp = (bytes: number): number => Math.max(Math.ceil(bytes / LINE), 1) * LINE

/** A tensor in WebAssembly memory. Its view is made when somebody looks, and anew after the memory has grown. */
export class WasmTensor extends Tensor {
  readonly memory: WasmMemory
  /** The lease that it was lent from. */
  lease: { turn: number } | undefined
  /** The program that it was written down in last, and the number of its value there. */
  turn = 0
  id = -1
  /** Where its numbers begin; undefined as long as they are not known. */
  protected address: number | undefined
  private readonly count: number
  private readonly view: Float32ArrayConstructor | Float64ArrayConstructor

  constructor(
    shape: Shape,
    memory: WasmMemory,
    pointer: number | undefined,
    size: number,
    view: Float32ArrayConstructor | Float64ArrayConstructor = Float32Array,
  ) {
    super(shape, NO_NUMBERS)
    this.memory = memory
    this.address = pointer
    this.count = size
    this.view = view
  }

  /** Where its numbers begin. */
  get pointer(): number {
    return this.address as number
  }

  override get data(): Numbers {
    const { memory, pointer } = this
    memory.read = true
    // What was asked for before reads what lies there now, and not what the caller may write.
    memory.flush()
    // Memory that grows leaves its old views empty, unless it is shared.
    if (this.numbers.length !== this.count || this.numbers.byteOffset !== pointer) {
      this.numbers = new this.view(memory.memory.buffer, pointer, this.count)
    }
    return this.numbers
  }

  override get size(): number {
    return this.count
  }

  get bytes(): number {
    return this.count * this.view.BYTES_PER_ELEMENT
  }
}

const NO_NUMBERS = new Float32Array(0)
