/** The matrix product by a native BLAS, on the memory of the WebAssembly module. */
import type { Call } from '../wasm/codegen/calls-code.ts'
import type { WasmInstance } from '../wasm/instance.ts'
import { type MatrixProduct, type Multiplication, WasmProduct } from '../wasm/product.ts'
import type { BlasLibrary } from './library.ts'
import { ThreadTrial } from './thread-trial.ts'

// The constants of cblas.h.
const ROW_MAJOR = 101
const AS_IT_IS = 111
const TRANSPOSED = 112

/** Products of fewer multiplications than this are done before the library has been called. */
const WORTH_LIBRARY = 10_000
/** Products of fewer multiplications than this are done by one thread, without a trial of more. */
const WORTH_THREADS = 400_000
/** How many products are remembered, and up to which length of an axis. Others use all threads. */
const REMEMBERED = 1024
const LENGTHS = 2 ** 16

export class BlasProduct implements MatrixProduct {
  readonly description: string
  private readonly instance: WasmInstance
  private readonly library: BlasLibrary
  private readonly threads: number
  private readonly small: WasmProduct
  /** By their lengths and transposition. */
  private readonly trials = new Map<number, ThreadTrial>()
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

  call(product: Multiplication): Call {
    const { instance, threads } = this
    const [c, , , m, n, k, transposition] = product
    const multiplications = m * n * k
    if (multiplications < WORTH_LIBRARY) return this.small.call(product)
    const trial =
      threads > 1 && multiplications >= WORTH_THREADS ? this.trialOf(m, n, k, transposition) : undefined
    const usual = multiplications < WORTH_THREADS ? 1 : threads
    const multiply = () => {
      if (instance.memory.pages !== this.pages) this.locate()
      if (trial === undefined || trial.threads !== undefined) this.ask(trial?.threads ?? usual, product)
      else {
        trial.run(
          count => this.ask(count, product),
          () => new Float32Array(instance.memory.memory.buffer, c, m * n),
        )
      }
    }
    return { call: multiply, values: [] }
  }

  private trialOf(m: number, n: number, k: number, transposition: number): ThreadTrial | undefined {
    if (m >= LENGTHS || n >= LENGTHS || k >= LENGTHS) return undefined
    const key = ((m * LENGTHS + n) * LENGTHS + k) * 4 + transposition
    const known = this.trials.get(key)
    if (known || this.trials.size === REMEMBERED) return known
    const trial = new ThreadTrial(this.threads)
    this.trials.set(key, trial)
    return trial
  }

  private ask(threads: number, [c, a, b, m, n, k, transposition, aWidth, bWidth]: Multiplication): void {
    const { library, base } = this
    library.setThreads(threads)
    library.sgemm(
      ROW_MAJOR,
      transposition === 2 ? TRANSPOSED : AS_IT_IS,
      transposition === 1 ? TRANSPOSED : AS_IT_IS,
      m,
      n,
      k,
      1,
      base + a,
      aWidth,
      base + b,
      bWidth,
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
