/** Where the time of a step goes: loops and matrix products with the nodes that they came from, as `model.explain()` tells. */
import type { ExplainedPart } from 'gradstream'
import { fastKernels, type KernelsName, trainerOf } from './gradstream.ts'
import { NETS, type NetName } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, median } from './statistics.ts'

const NAMES = ['S', 'M', 'L'] as const
const ROUNDS = 9
/** One step in 512 is timed, so that it takes many to know the shares. */
const STEPS = 5 * 512

interface Shares {
  /** Microseconds of a step. */
  readonly step: number
  readonly parts: readonly ExplainedPart[]
}

export async function shares({ quick }: Settings): Promise<Section> {
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    const found = new Map<NetName, Shares>()
    for (const name of NAMES) found.set(name, await sharesOf(name, kernels, quick))
    const labels = new Set([...found.values()].flatMap(({ parts }) => parts.map(labelOf)))
    const row = (label: string, of: (parts: readonly ExplainedPart[]) => readonly ExplainedPart[]) => {
      const cells = NAMES.map(name => {
        const own = of((found.get(name) as Shares).parts)
        const share = own.reduce((sum, { share = 0 }) => sum + share, 0)
        return own.length > 0 ? `${(100 * share).toFixed(1)} %` : ''
      })
      rows.push([kernels, label, ...cells])
    }
    for (const label of labels) row(label, parts => parts.filter(part => labelOf(part) === label))
    row('all matrix products', parts => parts.filter(({ kind }) => kind === 'product'))
    rows.push([kernels, 'a step', ...NAMES.map(name => duration((found.get(name) as Shares).step))])
  }
  return {
    title: 'Shares of a step',
    head: ['kernels', 'part', ...NAMES],
    rows,
    notes: [
      'The share of each loop and product in the time that kernels take for a step, with the nodes that it computes for.',
      `A step: the median of ${ROUNDS} rounds, with all that the trainer does, one thread.`,
    ],
  }
}

const labelOf = ({ kind, owners }: ExplainedPart) => `${kind}: ${owners.join(', ')}`

async function sharesOf(name: NetName, kernels: KernelsName, quick: boolean): Promise<Shares> {
  const { model, trainer } = trainerOf(NETS[name], { kernels, threads: 1 })
  const count = Math.ceil((quick || name === 'L' ? STEPS / 5 : STEPS) / ROUNDS)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await trainer.step(count)
    times.push(((performance.now() - start) / count) * 1000)
  }
  const { parts } = model.explain({ format: 'json' })
  return { step: median(times), parts }
}

await runnable(import.meta.url, shares)
