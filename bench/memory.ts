/** Memory in training S: its peak, the growth of the heap over many steps, and the garbage of a step. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fastKernels, type KernelsName } from './gradstream.ts'
import { BATCHES } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { figures, mebibytes } from './statistics.ts'

/** Room for young objects in MiB, large enough that nothing is collected while counting garbage. */
const ROOM = 256

interface Growth {
  readonly before: number
  readonly heap: number
  readonly buffers: number
  readonly peak: number
}

interface Garbage {
  readonly heap: number
  readonly buffers: number
  readonly steps: number
}

export async function memory({ quick }: Settings): Promise<Section> {
  const steps = quick ? 10_000 : 100_000
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    const growth = await inProcess<Growth>('growth', kernels, [steps, steps / 2], [])
    const room = [`--min-semi-space-size=${ROOM}`, `--max-semi-space-size=${ROOM}`]
    const garbage = await inProcess<Garbage>('garbage', kernels, [steps / 5, steps / 2], room)
    rows.push([
      kernels,
      mebibytes(growth.peak),
      mebibytes(growth.before),
      kibibytes(growth.heap),
      kibibytes(growth.buffers),
      `${garbage.heap.toFixed(0)} B`,
      `${garbage.buffers.toFixed(0)} B`,
      garbage.steps.toLocaleString('en'),
    ])
  }
  return {
    title: 'Memory in training S',
    head: [
      'kernels',
      'peak of the process',
      'heap before',
      'heap growth',
      'growth of buffers',
      'garbage per step, heap',
      'buffers',
      'counted over steps',
    ],
    rows,
    notes: [
      `Growth: what lives after ${steps.toLocaleString('en')} steps more than before them, both after garbage collection, and after half as many steps to warm up. An epoch has ${BATCHES} steps; the state remembers its last 1,000 epochs.`,
      `Garbage: what a stretch of steps adds to the used heap of V8, with ${ROOM} MiB of room for young objects and counted only where V8's own profiler saw no collection in the stretch. Buffers are what ArrayBuffers add outside that heap.`,
    ],
  }
}

const kibibytes = (bytes: number) => `${bytes < 0 ? '-' : '+'}${figures(Math.abs(bytes) / 1024)} KiB`

/** The result of memory-child.ts. */
function inProcess<T>(
  what: string,
  kernels: KernelsName,
  [steps, before]: readonly [number, number],
  flags: readonly string[],
): Promise<T> {
  const file = fileURLToPath(new URL('memory-child.ts', import.meta.url))
  const execArgv = ['--import', 'tsx', '--expose-gc', ...flags]
  return new Promise((resolve, reject) => {
    const child = fork(file, [what, kernels, String(steps), String(before)], { execArgv })
    child.on('message', message => resolve(message as T))
    child.on('exit', code => reject(new Error(`memory-child.ts ended with ${code}`)))
  })
}

await runnable(import.meta.url, memory)
