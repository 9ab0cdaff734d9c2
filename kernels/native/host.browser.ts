/** What the kernels ask of the place where they run: a browser, or whatever is not Node. */
import type { Thread } from './host.ts'

/** The part of a browser's interface that is used here. */
interface BrowserGlobals {
  readonly navigator?: { readonly hardwareConcurrency?: number }
  readonly Worker: new (url: string) => { postMessage(message: object): void; terminate(): void }
  readonly Blob: new (parts: string[], options: { type: string }) => object
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void }
}

const browser = globalThis as unknown as BrowserGlobals

export const parallelism = (): number => browser.navigator?.hardwareConcurrency ?? 1

/** The main thread of a page may not. */
export const maySleep = false

export const decoded = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), character => character.charCodeAt(0))

export function startThread(program: string, work: object): Thread {
  const { Worker, Blob, URL } = browser
  const script = new Blob([`onmessage = ({ data }) => (${program})(data)`], { type: 'text/javascript' })
  const url = URL.createObjectURL(script)
  const worker = new Worker(url)
  URL.revokeObjectURL(url)
  worker.postMessage(work)
  return { stop: () => worker.terminate() }
}
