/** Writing down the calls of a module, so that they can be made again. */
import type { Recording } from '../../core/index.ts'
import type { WasmMemory } from './memory.ts'
import type { Exports } from './module.ts'

type Export = (...values: readonly number[]) => number | undefined

/** The most values that a call may have to be made again. */
const MOST = 11

type Values = [number, number, number, number, number, number, number, number, number, number, number]

/** Stands where the module stands while something is recorded, and passes all calls on. */
export class Recorder {
  readonly exports: Exports
  private readonly memory: WasmMemory
  private calls: (() => void)[] = []
  /** Whether something is recorded, and whether calls are written down at present. */
  private isOpen = false
  private isOn = false
  /** Whether a number came out of the module, or something else cannot be written down. */
  private isUnrepeatable = false

  constructor(exports: Exports, memory: WasmMemory) {
    this.memory = memory
    const entries = Object.entries(exports as unknown as Record<string, Export>)
    this.exports = Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'function' ? this.passing(value) : value]),
    ) as unknown as Exports
  }

  /** Writes a call down that has been made; one that others rely on, also within what is not written down. */
  note(call: () => void, isReliedOn = false): void {
    if (this.isOn || (isReliedOn && this.isOpen)) this.calls.push(call)
  }

  private passing(call: Export): (...values: readonly number[]) => never {
    return (...values: readonly number[]) => {
      const result = call(...values)
      if (result !== undefined || values.length > MOST) this.isUnrepeatable = true
      this.calls.push(again(call, values))
      return result as never
    }
  }

  /** `direct` and `recording` put the module itself or this in its place. */
  start(direct: () => void, recording: () => void): Recording {
    const { memory } = this
    this.calls = []
    this.isUnrepeatable = false
    memory.read = false
    const on = (isOn: boolean) => {
      this.isOn = isOn
      if (isOn) recording()
      else direct()
    }
    on(true)
    this.isOpen = true
    return {
      unrecorded: work => {
        const { read } = memory
        on(false)
        try {
          work()
        } finally {
          on(true)
          memory.read = read
        }
        this.calls.push(work)
      },
      end: () => {
        on(false)
        this.isOpen = false
        const { calls } = this
        this.calls = []
        return this.isUnrepeatable || memory.read ? undefined : calls
      },
    }
  }
}

/** To spread the values would take longer, and the module ignores those beyond what a function takes. */
function again(call: Export, values: readonly number[]): () => void {
  const [a, b, c, d, e, f, g, h, i, j, k] = values as Values
  return () => call(a, b, c, d, e, f, g, h, i, j, k)
}
