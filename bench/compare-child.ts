/** Serves the page over the runs of a directory, and tells its memory when it is asked. */
import { serveRuns } from '../runtime/runs-page/serve-runs.ts'

const { url } = await serveRuns(process.argv[2] as string, { port: 0, print: () => undefined })
process.on('message', () => {
  globalThis.gc?.()
  process.send?.(process.memoryUsage().rss)
})
process.send?.(url)
