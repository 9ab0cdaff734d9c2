/** Writing down the calls of a module, so that they can be made again. */
import type { Recording } from '../../core/index.ts'
import type { WasmMemory } from './memory.ts'
import type { Exports } from './module.ts'
import type { MatrixProduct } from './product.ts'

type Call = () => void
type Export = (...values: readonly number[]) => number | undefined

/** The most values that a function of the module takes, matrix products apart. */
const MOST = 8

/** Stands where the module and its product stand while something is recorded, and passes all calls on. */
export class Recorder {
  readonly exports: Exports
  readonly product: MatrixProduct
  private readonly memory: WasmMemory
  private calls: Call[] = []
  /** Whether a number came out of the module. */
  private told = false

  constructor(exports: Exports, product: MatrixProduct, memory: WasmMemory) {
    this.memory = memory
    const entries = Object.entries(exports as unknown as Record<string, Export>)
    this.exports = Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'function' ? this.passing(value) : value]),
    ) as unknown as Exports
    this.product = {
      description: product.description,
      multiply: (c, a, b, m, n, k, transposition) => {
        product.multiply(c, a, b, m, n, k, transposition)
        this.calls.push(() => product.multiply(c, a, b, m, n, k, transposition))
      },
      dispose: () => product.dispose(),
    }
  }

  private passing(call: Export): Export {
    if (call.length > MOST) return call
    return (...values) => {
      const result = call(...values)
      if (result !== undefined) this.told = true
      // The module ignores values beyond those that a function takes, and to spread them would take longer.
      const [a, b, c, d, e, f, g, h] = values as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      this.calls.push(() => call(a, b, c, d, e, f, g, h))
      return result
    }
  }

  /** `direct` and `recording` put the module itself or this in its place. */
  start(direct: () => void, recording: () => void): Recording {
    const { memory } = this
    this.calls = []
    this.told = false
    memory.read = false
    recording()
    return {
      aside: work => {
        const { read } = memory
        direct()
        try {
          work()
        } finally {
          recording()
          memory.read = read
        }
        this.calls.push(work)
      },
      end: () => {
        direct()
        const { calls } = this
        this.calls = []
        return this.told || memory.read ? undefined : calls
      },
    }
  }
}
