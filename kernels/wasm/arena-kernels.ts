/** The memory of kernels in WebAssembly: leases over one arena, what lies elsewhere brought in, and what is put off. */
import {
  type ExplainedPart,
  Functions,
  KEY_NUMBERS,
  type Lease,
  type RandomKey,
  type Recording,
  type Shape,
  sizeOf,
  type Tensor,
} from '../../core/index.ts'
import { type BlockSource, SlotLease } from '../lease.ts'
import { mismatch } from '../shapes.ts'
import { Deferred } from './deferred.ts'
import { explained } from './explain.ts'
import type { WasmInstance } from './instance.ts'
import { MEMORY_LIMIT, type WasmMemory, WasmTensor } from './memory.ts'
import type { Exports } from './module.ts'
import type { MatrixProduct } from './product.ts'
import { Programs } from './programs.ts'
import { Recorder } from './recorder.ts'
import { Result } from './result.ts'
import type { Block } from './spare-blocks.ts'

/** Bytes of a number. */
export const NUMBER = Float32Array.BYTES_PER_ELEMENT

export abstract class ArenaKernels extends Functions<Tensor> implements BlockSource<Block, WasmTensor> {
  readonly name: 'wasm' | 'blas'
  readonly precision = 'float32'
  readonly limit = MEMORY_LIMIT
  protected readonly memory: WasmMemory
  /** The module; while something is recorded, what passes its calls on. */
  protected wasm: Exports
  /** The module itself. */
  protected readonly exports: Exports
  private readonly product: MatrixProduct
  private readonly recorder: Recorder
  private readonly reason: string | undefined
  private current: SlotLease<Block, WasmTensor>
  readonly arithmetic: Deferred
  /** The word that is set where a number that is looked at is not finite. */
  protected readonly flag: number
  moves = 0

  /** `reason` says why nothing faster runs. */
  constructor(name: 'wasm' | 'blas', instance: WasmInstance, product: MatrixProduct, reason?: string) {
    super()
    const { memory, exports } = instance
    this.name = name
    this.reason = reason
    this.memory = memory
    this.wasm = exports
    this.exports = exports
    this.product = product
    this.recorder = new Recorder(exports, memory)
    this.current = this.lease()
    const programs = new Programs(instance, product)
    this.arithmetic = new Deferred(memory, programs, this.recorder, this.current, x => this.brought(x))
    this.flag = programs.flag
  }

  get description(): string {
    const { product, reason } = this
    return reason === undefined ? product.description : `${product.description}, since ${reason}`
  }

  // --- memory ---------------------------------------------------------------------------------------------

  tensor(shape: Shape, values?: ArrayLike<number>): Tensor {
    const size = sizeOf(shape)
    if (values !== undefined && values.length !== size)
      throw mismatch('tensor', `${size} values`, values.length)
    const made = this.view(shape, this.allocate(size))
    if (values === undefined) made.data.fill(0)
    else made.data.set(values)
    return made
  }

  lease(owner?: string): SlotLease<Block, WasmTensor> {
    return new SlotLease(this, owner)
  }

  lend(lease: Lease): void {
    this.current = lease as SlotLease<Block, WasmTensor>
    this.arithmetic.lend(this.current)
    this.current.open()
  }

  owns(lease: Lease, tensor: Tensor): boolean {
    if (tensor instanceof Result) return tensor.lease === lease && tensor.opening === tensor.lease.openings
    return (lease as SlotLease<Block, WasmTensor>).holds(tensor)
  }

  free(memory: Lease | Tensor): void {
    this.flush()
    if (memory instanceof SlotLease) memory.free()
    else if (memory instanceof WasmTensor) this.memory.release(memory.pointer, memory.bytes)
  }

  empty(shape: Shape): WasmTensor {
    const tensor = this.current.take(shape)
    tensor.lease = this.current
    return tensor
  }

  dispose(): void {
    this.product.dispose()
  }

  // --- what is put off ------------------------------------------------------------------------------------------

  close(): void {
    this.arithmetic.close()
  }

  keep(result: Tensor, isPassing = false): void {
    this.arithmetic.keep(result, isPassing)
  }

  flush(): void {
    this.arithmetic.flush()
  }

  prepare(isOver: boolean): Iterable<void> {
    return this.arithmetic.prepare(isOver)
  }

  settle(): void {
    this.arithmetic.settle()
  }

  discard(): void {
    this.arithmetic.forget()
  }

  checkFinite(x: Tensor): void {
    if (!this.arithmetic.check(x)) this.wasm.check(this.at(x), x.size, this.flag)
  }

  explain(): () => readonly ExplainedPart[] {
    const { runs } = this.arithmetic
    return () => explained(runs)
  }

  record(): Recording {
    const { recorder } = this
    const [direct, recorded] = [this.wasm, recorder.exports]
    const put = (exports: Exports) => {
      this.wasm = exports
    }
    this.flush()
    const recording = recorder.start(
      () => put(direct),
      () => put(recorded),
    )
    return {
      ...recording,
      unrecorded: work => {
        this.flush()
        recording.unrecorded(() => {
          work()
          this.flush()
        })
      },
      end: () => {
        this.flush()
        return recording.end()
      },
    }
  }

  placeOf(x: Tensor): number {
    return x instanceof WasmTensor ? x.pointer : Number.NaN
  }

  /** They are written anew each time, as the key then is, where this is recorded. */
  protected keyNumbers(key: RandomKey): Tensor {
    const { memory } = this.memory
    const numbers = this.empty([KEY_NUMBERS])
    const { pointer } = numbers
    let view = new Float32Array(0)
    const write = () => {
      // A view of memory that has grown is empty.
      if (view.length === 0) view = new Float32Array(memory.buffer, pointer, KEY_NUMBERS)
      view.set(key.halves)
    }
    write()
    this.recorder.note(write)
    return numbers
  }

  /** Where a tensor lies in the memory; one from elsewhere is copied there. */
  protected at(x: Tensor): number {
    return x instanceof WasmTensor && x.memory === this.memory ? x.pointer : this.brought(x).pointer
  }

  private brought(x: Tensor): WasmTensor {
    const { data } = x
    const copy = this.empty(x.shape)
    copy.data.set(data)
    return copy
  }

  // --- blocks, for leases -------------------------------------------------------------------------------------

  allocate(size: number): Block {
    return this.memory.allocate(size * NUMBER)
  }

  capacity(block: Block): number {
    return block.bytes / NUMBER
  }

  release({ pointer, bytes }: Block): void {
    this.memory.release(pointer, bytes)
  }

  moved(): void {
    this.moves++
  }

  view(shape: Shape, { pointer }: Block): WasmTensor {
    return new WasmTensor(shape, this.memory, pointer, sizeOf(shape))
  }
}
