/** The memory of kernels in WebAssembly: leases over one arena, and what lies elsewhere brought in. */
import { type Lease, type Recording, type Shape, sizeOf, type Tensor } from '../../core/index.ts'
import { type BlockSource, SlotLease } from '../lease.ts'
import { mismatch } from '../shapes.ts'
import type { WasmInstance } from './instance.ts'
import { MEMORY_LIMIT, type WasmMemory, WasmTensor } from './memory.ts'
import type { Exports } from './module.ts'
import type { MatrixProduct } from './product.ts'
import { Recorder } from './recorder.ts'
import type { Block } from './spare-blocks.ts'

/** Bytes of a number. */
export const NUMBER = Float32Array.BYTES_PER_ELEMENT

const NOTHING: readonly Tensor[] = []

export class ArenaKernels implements BlockSource<Block, WasmTensor> {
  readonly name: 'wasm' | 'blas'
  readonly precision = 'float32'
  readonly limit = MEMORY_LIMIT
  protected readonly memory: WasmMemory
  /** The module and its product; while something is recorded, what passes their calls on. */
  protected wasm: Exports
  protected product: MatrixProduct
  private recorder: Recorder | undefined
  protected readonly reason: string | undefined
  protected current: SlotLease<Block, WasmTensor>
  /** The word that is set where a number that is looked at is not finite. */
  protected readonly flag: number
  /** What the last update made: it was looked at when it was written. */
  protected checked: readonly Tensor[] = NOTHING

  /** `reason` says why nothing faster runs. */
  constructor(
    name: 'wasm' | 'blas',
    { memory, exports }: WasmInstance,
    product: MatrixProduct,
    reason?: string,
  ) {
    this.name = name
    this.reason = reason
    this.memory = memory
    this.wasm = exports
    this.product = product
    this.current = this.lease()
    this.flag = this.allocate(1).pointer
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

  lease(): SlotLease<Block, WasmTensor> {
    return new SlotLease(this)
  }

  lend(lease: Lease): void {
    this.current = lease as SlotLease<Block, WasmTensor>
    this.current.open()
    this.checked = NOTHING
  }

  owns(lease: Lease, tensor: Tensor): boolean {
    return (lease as SlotLease<Block, WasmTensor>).holds(tensor)
  }

  free(memory: Lease | Tensor): void {
    if (memory instanceof SlotLease) memory.free()
    else if (memory instanceof WasmTensor) this.memory.release(memory.pointer, memory.bytes)
  }

  empty(shape: Shape): WasmTensor {
    return this.current.take(shape)
  }

  record(): Recording {
    const { wasm, product, memory } = this
    this.recorder ??= new Recorder(wasm, product, memory)
    const { recorder } = this
    const put = (stand: { exports: Exports; product: MatrixProduct }) => {
      this.wasm = stand.exports
      this.product = stand.product
    }
    return recorder.start(
      () => put({ exports: wasm, product }),
      () => put(recorder),
    )
  }

  dispose(): void {
    this.product.dispose()
  }

  /** A result of the shape of `x` but for its last axis. */
  protected emptyRows({ shape }: Tensor, columns: number): WasmTensor {
    if (shape.length === 2) return this.current.takeMatrix(shape[0] as number, columns)
    return this.current.take(shape.with(-1, columns))
  }

  /** Where a tensor lies in the memory; one from elsewhere is copied there. */
  protected at(x: Tensor): number {
    if (x instanceof WasmTensor && x.memory === this.memory) return x.pointer
    const copy = this.empty(x.shape)
    copy.data.set(x.data)
    return copy.pointer
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

  view(shape: Shape, { pointer }: Block): WasmTensor {
    return new WasmTensor(shape, this.memory, pointer, sizeOf(shape))
  }
}
