/** What it costs that passes of several kinds take turns: short last batches, validation, taps that come and go. */
import type { Trainer } from 'gradstream'
import { ENDLESS, fastKernels, gradstream, type KernelsName, trainerOf } from './gradstream.ts'
import { inputsOf, NETS, type NetName, outputsOf, samplesOf } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, median, quartiles } from './statistics.ts'

/** The batches of an epoch, and how long a trainer runs at a stretch, in milliseconds. */
const [BATCHES, STRETCH] = [10, 100]

/** A trainer, and how many passes it makes for each training step. */
interface Kind {
  readonly trainer: Trainer
  readonly passes: number
}

const KINDS: Readonly<Record<string, (net: NetName, kernels: KernelsName) => Kind>> = {
  'batches of one size': (net, kernels) => ({ ...epochsOf(net, kernels, 0), passes: 1 }),
  'a shorter last batch': (net, kernels) => ({ ...epochsOf(net, kernels, 7), passes: 1 }),
  'validation on as many': (net, kernels) => ({ ...epochsOf(net, kernels, 0, true), passes: 2 }),
  'a tap for one step': (net, kernels) => {
    const { model, trainer } = epochsOf(net, kernels, 0)
    const { forward$ } = model.node('dense1')
    trainer.milestones$.subscribe(({ type }) => {
      if (type !== 'epoch') return
      const tap = forward$.subscribe(() => tap.unsubscribe())
    })
    return { trainer, passes: 1 }
  },
}

/** Trains on some batches of a net, the last of which lacks samples. */
function epochsOf(net: NetName, kernels: KernelsName, lacking: number, isValidated = false) {
  const { batch } = NETS[net]
  const { x, target } = samplesOf(NETS[net])
  const rows = BATCHES * batch - lacking
  const [first, last] = [inputsOf(NETS[net]), outputsOf(NETS[net])]
  const data = gradstream.fromArrays({
    x: { shape: [rows, first], data: x.subarray(0, rows * first) },
    target: { shape: [rows, last], data: target.subarray(0, rows * last) },
  })
  const settings = { data, epochs: ENDLESS, ...(isValidated && { validation: data }) }
  return trainerOf(NETS[net], { kernels }, settings)
}

export async function kinds({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 4 : 40
  const rows: string[][] = []
  for (const kernels of fastKernels())
    for (const net of ['S', 'M'] as const) rows.push(...(await compared(net, kernels, rounds)))
  return {
    title: 'Passes of several kinds in turns',
    head: ['net and kernels', 'epochs', 'pass', 'ratio to batches of one size', 'quartiles'],
    rows,
    notes: [
      `${rounds} rounds; in each, every trainer runs for ${STRETCH} ms, in changing order. Ratios are computed in each round. An epoch has ${BATCHES} batches. A pass of validation computes no gradients.`,
      'The tap is an empty subscriber of forward$ of the first dense layer, which comes once in an epoch and leaves after one step.',
    ],
  }
}

async function compared(net: NetName, kernels: KernelsName, rounds: number): Promise<string[][]> {
  const names = Object.keys(KINDS)
  const all = names.map(name => (KINDS[name] as (typeof KINDS)[string])(net, kernels))
  const times = names.map(() => [] as number[])
  const counts: number[] = []
  for (const { trainer } of all) counts.push(await stretch(trainer))
  for (let round = -3; round < rounds; round++)
    for (let i = 0; i < all.length; i++) {
      const at = (i + Math.abs(round)) % all.length
      const { trainer, passes } = all[at] as Kind
      const time = (await timeOf(trainer, counts[at] as number)) / passes
      // The first rounds warm up.
      if (round >= 0) times[at]?.push(time)
    }
  return names.map((name, at) => {
    const own = times[at] as number[]
    const row = [`${net}, ${kernels}`, name, duration(median(own))]
    if (at === 0) return [...row, '', '']
    const ratios = own.map((time, i) => time / (times[0]?.[i] as number))
    const text = (ratio: number) => ratio.toFixed(3)
    return [...row, text(median(ratios)), quartiles(ratios, text)]
  })
}

/** How many steps fill a stretch, in whole epochs. */
async function stretch(trainer: Trainer): Promise<number> {
  for (let epochs = 2; ; epochs *= 2) {
    const count = epochs * BATCHES
    const elapsed = ((await timeOf(trainer, count)) * count) / 1000
    if (elapsed > 2 * STRETCH) return Math.ceil((epochs * STRETCH) / elapsed) * BATCHES
  }
}

/** The microseconds of a step. */
async function timeOf(trainer: Trainer, count: number): Promise<number> {
  const start = performance.now()
  await trainer.step(count)
  return ((performance.now() - start) / count) * 1000
}

await runnable(import.meta.url, kinds)
