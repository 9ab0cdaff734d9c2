/** The first steps of shallow and deep networks: how long until the first one is over, and how long they hold others up. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fastKernels } from './gradstream.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { median, quartiles } from './statistics.ts'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LAYERS = [10, 100, 1000]

interface Start {
  readonly first: number
  readonly pause: number
  readonly later: number
}

export async function pauses({ quick }: Settings): Promise<Section> {
  const runs = quick ? 3 : 9
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    for (const layers of LAYERS) {
      const starts: Start[] = []
      for (let run = 0; run < runs; run++) {
        const args = ['bench/first-steps.js', kernels, String(layers)]
        const { stdout } = await execute(process.execPath, args, { cwd: ROOT })
        starts.push(JSON.parse(stdout) as Start)
      }
      const time = (part: keyof Start) => {
        const times = starts.map(start => start[part])
        return `${median(times).toFixed(1)} ms (${quartiles(times, value => value.toFixed(1))})`
      }
      rows.push([kernels, String(layers), time('first'), time('pause'), time('later')])
    }
  }
  return {
    title: 'First steps',
    head: ['kernels', 'layers', 'first step', 'longest turn in it', 'longest turn in the next 49'],
    rows,
    notes: [
      'Dense layers of 16 units with tanh, batch 32, Adam; the first step compiles its program.',
      'A turn is the time in which nothing else can be done in the process: a run takes slices of 8 ms.',
      `Median and quartiles of ${runs} fresh processes of Node, without tsx.`,
    ],
  }
}

await runnable(import.meta.url, pauses)
