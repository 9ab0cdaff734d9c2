/** One memory measurement in a separate process; see memory.ts. Arguments: what, kernels, steps, steps before. */
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { type KernelsName, trainerOf } from './gradstream.ts'
import { NETS } from './nets.ts'

const [what, kernels, count, before] = process.argv.slice(2)
const steps = Number(count)
const { trainer } = trainerOf(NETS.S, { kernels: kernels as KernelsName })
const collect = globalThis.gc as () => void

const used = () => ({
  heap: getHeapStatistics().used_heap_size,
  buffers: process.memoryUsage().arrayBuffers,
})

/** The live heap after garbage collection. */
async function living() {
  // In turns of the event loop, so that finalizers run too.
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return used()
}

/** The heap before and after many steps, and the memory of the process. */
async function growth() {
  const before = await living()
  await trainer.step(steps)
  const after = await living()
  return {
    before: before.heap,
    heap: after.heap - before.heap,
    buffers: after.buffers - before.buffers,
    peak: process.resourceUsage().maxRSS * 1024,
  }
}

/**
 * What a stretch of steps adds to a heap without collections. (Checked with arrays of known size: exact to a
 * byte each over 10,000 of them, and to 40 bytes over 1,000.)
 */
async function garbage() {
  for (let stretch = steps; ; stretch = Math.ceil(stretch / 2)) {
    await living()
    const profiler = new GCProfiler()
    profiler.start()
    const before = used()
    await trainer.step(stretch)
    const after = used()
    if (profiler.stop().statistics.length > 0 && stretch > 1) continue
    return {
      heap: (after.heap - before.heap) / stretch,
      buffers: (after.buffers - before.buffers) / stretch,
      steps: stretch,
    }
  }
}

await trainer.step(Number(before))
process.send?.(what === 'growth' ? await growth() : await garbage())
process.disconnect()
setImmediate(() => process.exit())
