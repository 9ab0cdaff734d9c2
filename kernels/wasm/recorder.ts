/** Writing down the calls of a module, so that they can be made again. */
import type { Recording, Renewal } from '../../core/index.ts'
import { type WasmMemory, WasmTensor } from './memory.ts'
import type { Exports } from './module.ts'
import type { MatrixProduct, TranspositionCode } from './product.ts'

type Export = (...values: readonly number[]) => number | undefined

/** A call as it was made; for what was done aside, `module` is false. */
interface Call {
  readonly name: string
  readonly call: Export
  readonly values: readonly number[]
  readonly module: boolean
}

/** The most values that a call may have to be made again. */
const MOST = 10

type Values = [number, number, number, number, number, number, number, number, number, number]

/**
 * The updates that read an entry of each operand before they write that entry, so that a result may lie where its operand
 * does: how many results they have, in front, and how many addresses, results included.
 */
const UPDATES: Readonly<Record<string, readonly [results: number, addresses: number]>> = {
  addScaled: [1, 3],
  sgdMomentum: [2, 5],
}

/** Stands where the module and its product stand while something is recorded, and passes all calls on. */
export class Recorder {
  readonly exports: Exports
  readonly product: MatrixProduct
  private readonly memory: WasmMemory
  private calls: Call[] = []
  /** Whether a number came out of the module, or something else cannot be written down. */
  private told = false

  constructor(exports: Exports, product: MatrixProduct, memory: WasmMemory) {
    this.memory = memory
    const entries = Object.entries(exports as unknown as Record<string, Export>)
    this.exports = Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'function' ? this.passing(name, value) : value]),
    ) as unknown as Exports
    const multiply = (c: number, a: number, b: number, m: number, n: number, k: number, code: number) =>
      product.multiply(c, a, b, m, n, k, code as TranspositionCode)
    this.product = {
      description: product.description,
      multiply: this.passing('product', multiply as Export),
      dispose: () => product.dispose(),
    }
  }

  private passing(name: string, call: Export): (...values: readonly number[]) => never {
    return (...values: readonly number[]) => {
      const result = call(...values)
      if (result !== undefined || values.length > MOST) this.told = true
      this.calls.push({ name, call, values, module: true })
      return result as never
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
        this.calls.push({ name: '', call: work as Export, values: [], module: false })
      },
      end: (renewals = []) => {
        direct()
        const { calls } = this
        this.calls = []
        if (this.told || memory.read) return undefined
        const renewing = inPlace(calls, renewals)
        return { calls: (renewing ?? calls).map(again), inPlace: renewing !== undefined }
      },
    }
  }
}

/** To spread the values would take longer, and the module ignores those beyond what a function takes. */
function again({ call, values }: Call): () => void {
  const [a, b, c, d, e, f, g, h, i, j] = values as Values
  return () => call(a, b, c, d, e, f, g, h, i, j)
}

/**
 * The calls with what is renewed written over what it renews; undefined where that cannot be. It can where updates write each
 * of the results once, behind all that is done aside, so that nothing fails after the first, and where nobody asks for
 * the old values or the new ones after that.
 */
function inPlace(calls: readonly Call[], renewals: readonly Renewal[]): readonly Call[] | undefined {
  const places = new Map<number, number>()
  for (const { present, next } of renewals) {
    if (!(present instanceof WasmTensor && next instanceof WasmTensor)) return undefined
    places.set(next.pointer, present.pointer)
  }
  const first = calls.findIndex(({ values }) => values.some(value => places.has(value)))
  if (first < 0) return undefined
  const written = new Set<number>()
  const updates = calls.slice(first).map((call): Call | undefined => {
    const [results, addresses] = UPDATES[call.name] ?? [0, call.values.length]
    const used = call.values.slice(0, addresses)
    const renewed = used.slice(0, results).filter(value => places.has(value))
    const isLate = used.some(value => written.has(value))
    const isRead = used.slice(results).some(value => places.has(value))
    if (!call.module || isLate || isRead) return undefined
    for (const value of renewed) written.add(value).add(places.get(value) as number)
    const values = call.values.map((value, i) => (i < results ? (places.get(value) ?? value) : value))
    return { ...call, values }
  })
  const isWhole = written.size === 2 * places.size && updates.every(call => call !== undefined)
  return isWhole ? [...calls.slice(0, first), ...(updates as Call[])] : undefined
}
