/// <reference path="./web-assembly.d.ts" />
/** A thread that helps with matrix products. */
import { startThread } from '#host'
import type { Thread } from '../native/host.ts'
import type { WasmInstance } from './instance.ts'

/** The words that threads share, by their places. */
export const WORDS = {
  /** Counts openings and closings of jobs: odd while pieces may be taken. */
  generation: 0,
  /** The piece that is taken next. */
  next: 1,
  /** How many helpers are at work. */
  working: 2,
  /** From here on: c, a, b, m, n, k, transposition, both widths, the number of pieces, whether they are columns, and their size. */
  job: 3,
  count: 16,
} as const

/**
 * What a helper does. Having seen an open job it says that it works, and looks again: the job may have been closed
 * meanwhile. After a job it stays awake for a moment, since in a training step the next one comes soon.
 */
const PROGRAM = `function help({ module, memory, words: place, scratch }) {
  const AWAKE = 20000
  const { matMul } = new WebAssembly.Instance(module, { env: { memory } }).exports
  const words = new Int32Array(memory.buffer, place, ${WORDS.count})
  for (let idle = 0; ; idle++) {
    const generation = Atomics.load(words, ${WORDS.generation})
    if ((generation & 1) === 0) {
      if (idle > AWAKE) Atomics.wait(words, ${WORDS.generation}, generation)
      continue
    }
    idle = 0
    Atomics.add(words, ${WORDS.working}, 1)
    if (Atomics.load(words, ${WORDS.generation}) === generation) {
      const [c, a, b, m, n, k, transposition, aWidth, bWidth, pieces, columns, size] = words.subarray(${WORDS.job})
      for (let i; (i = Atomics.add(words, ${WORDS.next}, 1)) < pieces; ) {
        const start = i * size
        if (columns) matMul(c, a, b, m, n, k, transposition, aWidth, bWidth, scratch, 0, m, start, Math.min(start + size, n))
        else matMul(c, a, b, m, n, k, transposition, aWidth, bWidth, scratch, start, Math.min(start + size, m), 0, n)
      }
    }
    Atomics.sub(words, ${WORDS.working}, 1)
    Atomics.notify(words, ${WORDS.working})
    // Whoever takes part in a job once has nothing more to do in it.
    while (Atomics.load(words, ${WORDS.generation}) === generation);
  }
}`

/** Starts a helper; `undefined` where threads cannot be had. */
export function startHelper(
  { module, memory }: WasmInstance,
  words: number,
  scratch: number,
): Thread | undefined {
  try {
    return startThread(PROGRAM, { module, memory: memory.memory, words, scratch })
  } catch {
    return undefined
  }
}
