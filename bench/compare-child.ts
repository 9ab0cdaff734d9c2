/** Serves the page over the runs of a directory, and tells its memory and the time that it took of the processor when it is asked. */
import { inside } from './gradstream.ts'

export interface Spent {
  /** All that the process has, in bytes. */
  readonly memory: number
  /** Since it was ready to serve, in milliseconds. */
  readonly time: number
}

const before = process.cpuUsage()
const { url } = await inside.serveRuns(process.argv[2] as string, { port: 0, print: () => undefined })
process.on('message', () => {
  const { user, system } = process.cpuUsage(before)
  globalThis.gc?.()
  process.send?.({ memory: process.memoryUsage().rss, time: (user + system) / 1000 } satisfies Spent)
})
process.send?.(url)
