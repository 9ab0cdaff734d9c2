/// <reference path="./web-assembly.d.ts" />
/** A thread that helps with matrix products. */
import { nodeModule } from '../native/node.ts'
import type { WasmInstance } from './instance.ts'

/** The words that threads share, by their places. */
export const WORDS = {
  /** Counts openings and closings of jobs: odd while pieces may be taken. */
  generation: 0,
  /** The piece that is taken next. */
  next: 1,
  /** How many helpers are at work. */
  working: 2,
  /** From here on: c, a, b, m, n, k, transposition, the number of pieces, whether they are columns, and their size. */
  job: 3,
  count: 16,
} as const

export interface Helper {
  stop(): void
}

/**
 * What a helper does. Having seen an open job it says that it works, and looks again: the job may have been closed
 * meanwhile. After a job it stays awake for a moment, since in a training step the next one comes soon.
 */
const PROGRAM = `
const AWAKE = 20000
function help({ module, memory, words: place, scratch }) {
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
      const [c, a, b, m, n, k, transposition, pieces, columns, size] = words.subarray(${WORDS.job})
      for (let i; (i = Atomics.add(words, ${WORDS.next}, 1)) < pieces; ) {
        const start = i * size
        if (columns) matMul(c, a, b, m, n, k, transposition, scratch, 0, m, start, Math.min(start + size, n))
        else matMul(c, a, b, m, n, k, transposition, scratch, start, Math.min(start + size, m), 0, n)
      }
    }
    Atomics.sub(words, ${WORDS.working}, 1)
    Atomics.notify(words, ${WORDS.working})
    // Whoever takes part in a job once has nothing more to do in it.
    while (Atomics.load(words, ${WORDS.generation}) === generation);
  }
}
`

/** Starts a helper; `undefined` where threads cannot be had. */
export function startHelper(
  { module, memory }: WasmInstance,
  words: number,
  scratch: number,
): Helper | undefined {
  const work = { module, memory: memory.memory, words, scratch }
  try {
    const threads = nodeModule('node:worker_threads')
    return threads ? inNode(threads, work) : inBrowser(work)
  } catch {
    return undefined
  }
}

function inNode({ Worker }: typeof import('node:worker_threads'), work: object): Helper {
  const program = `${PROGRAM}\nhelp(require('node:worker_threads').workerData)`
  const worker = new Worker(program, { eval: true, workerData: work })
  // It ends with the process, and keeps nothing alive.
  worker.unref()
  worker.on('error', () => undefined)
  return { stop: () => void worker.terminate() }
}

/** The part of a browser's interface that is used here. */
interface BrowserGlobals {
  readonly Worker: new (url: string) => { postMessage(message: object): void; terminate(): void }
  readonly Blob: new (parts: string[], options: { type: string }) => object
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void }
}

function inBrowser(work: object): Helper {
  const { Worker, Blob, URL } = globalThis as unknown as BrowserGlobals
  const program = `${PROGRAM}\nonmessage = ({ data }) => help(data)`
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }))
  const worker = new Worker(url)
  URL.revokeObjectURL(url)
  worker.postMessage(work)
  return { stop: () => worker.terminate() }
}
