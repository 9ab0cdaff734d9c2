/** What the kernels ask of the place where they run: here Node. As `#host` it gives way to `host.browser.ts` elsewhere. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** How many threads this machine runs at once. */
export const parallelism = (): number => availableParallelism()

/** Whether the thread that trains may sleep while it waits for others. */
export const maySleep = true

/** Bytes that were written as text. */
export const decoded = (base64: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(base64, 'base64'))

export interface Thread {
  stop(): void
}

/** Starts a thread that calls a function, given by its text, with what can be handed over to threads. */
export function startThread(program: string, work: object): Thread {
  const worker = new Worker(`(${program})(require('node:worker_threads').workerData)`, {
    eval: true,
    workerData: work,
  })
  // It ends with the process, and keeps nothing alive.
  worker.unref()
  worker.on('error', () => undefined)
  return { stop: () => void worker.terminate() }
}
