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
  /** Whether calls are written down at present, and whether they are but for what is done unrecorded. */
  isOn = false
  private isUnderWay = false
  /** Whether a number came out of the module, or something else cannot be written down. */
  private isUnrepeatable = false

  constructor(exports: Exports, memory: WasmMemory) {
    this.memory = memory
    const entries = Object.entries(exports as unknown as Record<string, Export>)
    this.exports = Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'function' ? this.passing(value) : value]),
    ) as unknown as Exports
  }

  /** Writes a call down that has been made. */
  note(call: () => void): void {
    if (this.isOn) this.calls.push(call)
  }

  /** Writes a call down, also while something is done unrecorded. */
  noteLate(call: () => void): void {
    if (this.isUnderWay) this.calls.push(call)
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
    this.isUnderWay = true
    let wasRead = false
    return {
      // What was put off is still noted, whoever has it done.
      pause: () => {
        wasRead = memory.read
        direct()
      },
      resume: () => {
        memory.read = wasRead
        recording()
      },
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
        this.isUnderWay = false
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
