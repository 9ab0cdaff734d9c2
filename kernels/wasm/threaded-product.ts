/** The matrix product in WebAssembly, by several threads. */
import { maySleep } from '#host'
import type { Thread } from '../native/host.ts'
import type { Call } from './codegen/calls-code.ts'
import { startHelper, WORDS } from './helper.ts'
import type { WasmInstance } from './instance.ts'
import { describe, type MatrixProduct, type Multiplication, WasmProduct } from './product.ts'
import type { Block } from './spare-blocks.ts'

/** Products of fewer multiplications than this are done by one thread: to wake a second one would take longer. */
const WORTH_THREADS = 400_000
const PIECES_PER_THREAD = 4
/** Pieces begin at whole tiles. */
const TILE_ROWS = 4
const TILE_COLUMNS = 8
/** How often it looks whether the helpers are done before it goes to sleep. */
const AWAKE = 50_000

const stop = (helpers: readonly Thread[]) => {
  for (const helper of helpers) helper.stop()
}

/** Stops the helpers of models that nobody disposed of, and nobody holds any more. */
const abandoned = new FinalizationRegistry(stop)

/**
 * A product is cut into pieces that whoever is free takes, the calling thread first of all: a helper that is late, or
 * has not started yet, costs nothing. Each entry is summed in one order, whoever does it, so the result is the same
 * bytes for every number of threads.
 */
export class ThreadedProduct implements MatrixProduct {
  readonly description: string
  private readonly instance: WasmInstance
  private readonly threads: number
  private readonly alone: WasmProduct
  private readonly shared: Block
  private readonly words: Int32Array
  private readonly scratch: Block
  private helpers: Thread[] | undefined

  constructor(instance: WasmInstance, threads: number) {
    const { memory, exports } = instance
    this.description = describe(instance, threads)
    this.instance = instance
    this.threads = threads
    this.alone = new WasmProduct(instance)
    this.shared = memory.allocate(WORDS.count * Int32Array.BYTES_PER_ELEMENT)
    this.scratch = memory.allocate(exports.matMulScratch())
    this.words = new Int32Array(memory.memory.buffer, this.shared.pointer, WORDS.count)
    this.words.fill(0)
  }

  call(product: Multiplication): Call {
    const alone = this.alone.call(product)
    const [, , , m, n, k] = product
    if (m * n * k < WORTH_THREADS) return alone
    const together = () => {
      if (this.helpers === undefined) {
        this.helpers = this.start()
        abandoned.register(this, this.helpers)
      }
      // There are none where threads cannot be had, and after dispose().
      if (this.helpers.length > 0) this.together(product)
      else alone.call(...alone.values)
    }
    return { call: together, values: [] }
  }

  private start(): Thread[] {
    const { instance, shared } = this
    return Array.from({ length: this.threads - 1 }).flatMap(() => {
      const scratch = instance.memory.allocate(instance.exports.matMulScratch())
      return startHelper(instance, shared.pointer, scratch.pointer) ?? []
    })
  }

  private together(product: Multiplication): void {
    const [, , , m, n, , transposition] = product
    const { words, instance, scratch } = this
    const wanted = this.threads * PIECES_PER_THREAD
    // Each piece reads all of the other operand anew where that is packed: let it be the smaller one.
    const columns = n >= TILE_COLUMNS * wanted && (transposition !== 2 || m <= n)
    const size = columns ? pieceSize(n, wanted, TILE_COLUMNS) : pieceSize(m, wanted, TILE_ROWS)
    const pieces = Math.ceil((columns ? n : m) / size)
    const job = [...product, pieces, columns ? 1 : 0, size]
    for (let i = 0; i < job.length; i++) words[WORDS.job + i] = job[i] as number

    Atomics.store(words, WORDS.next, 0)
    Atomics.add(words, WORDS.generation, 1)
    Atomics.notify(words, WORDS.generation)
    const { matMul } = instance.exports
    for (;;) {
      const piece = Atomics.add(words, WORDS.next, 1)
      if (piece >= pieces) break
      const start = piece * size
      if (columns) matMul(...product, scratch.pointer, 0, m, start, Math.min(start + size, n))
      else matMul(...product, scratch.pointer, start, Math.min(start + size, m), 0, n)
    }
    Atomics.add(words, WORDS.generation, 1)
    this.awaitHelpers()
  }

  private awaitHelpers(): void {
    const { words } = this
    for (let looks = 0; ; looks++) {
      const working = Atomics.load(words, WORDS.working)
      if (working === 0) return
      if (maySleep && looks > AWAKE) Atomics.wait(words, WORDS.working, working)
    }
  }

  dispose(): void {
    stop(this.helpers ?? [])
    this.helpers = []
  }
}

function pieceSize(length: number, pieces: number, multiple: number): number {
  return Math.ceil(length / pieces / multiple) * multiple
}
