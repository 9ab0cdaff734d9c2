/** The matrix product by a native BLAS, on the memory of the WebAssembly module. */
import type { WasmInstance } from '../wasm/instance.ts'
import { type MatrixProduct, type TranspositionCode, WasmProduct } from '../wasm/product.ts'
import type { BlasLibrary } from './library.ts'

// The constants of cblas.h.
const ROW_MAJOR = 101
const AS_IT_IS = 111
const TRANSPOSED = 112

/** Products of fewer multiplications than this are done before the library has been called. */
const WORTH_LIBRARY = 10_000
/** Products of fewer multiplications than this are done by one thread: a second one would cost more than it does. */
const WORTH_THREADS = 400_000

export class BlasProduct implements MatrixProduct {
  readonly description: string
  private readonly instance: WasmInstance
  private readonly library: BlasLibrary
  private readonly threads: number
  private readonly small: WasmProduct
  /** Where the memory of the module begins in that of the process, as long as it has the size it had. */
  private base = 0
  private pages = 0

  constructor(instance: WasmInstance, library: BlasLibrary, threads: number) {
    this.description = `${library.description}, ${threads === 1 ? '1 thread' : `${threads} threads`}`
    this.instance = instance
    this.library = library
    this.threads = threads
    this.small = new WasmProduct(instance)
  }

  multiply(
    c: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    transposition: TranspositionCode,
  ): void {
    const { library, instance } = this
    const multiplications = m * n * k
    if (multiplications < WORTH_LIBRARY) {
      this.small.multiply(c, a, b, m, n, k, transposition)
      return
    }
    if (instance.memory.pages !== this.pages) this.locate()
    const { base } = this
    library.setThreads(multiplications < WORTH_THREADS ? 1 : this.threads)
    library.sgemm(
      ROW_MAJOR,
      transposition === 2 ? TRANSPOSED : AS_IT_IS,
      transposition === 1 ? TRANSPOSED : AS_IT_IS,
      m,
      n,
      k,
      1,
      base + a,
      transposition === 2 ? m : k,
      base + b,
      transposition === 1 ? k : n,
      0,
      base + c,
      n,
    )
  }

  private locate(): void {
    const { memory } = this.instance
    this.base = this.library.address(new Uint8Array(memory.memory.buffer))
    this.pages = memory.pages
  }

  dispose(): void {}
}
