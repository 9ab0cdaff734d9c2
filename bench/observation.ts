/** The cost of observation: S and M without subscribers, with one tap, and with `state$` subscribed. */
import type { Model, Trainer } from 'gradstream'
import { fastKernels, type KernelsName, trainerOf } from './gradstream.ts'
import { NETS, type NetName } from './nets.ts'
import { runnable, type Section, type Settings } from './report.ts'
import { duration, figures, median, quantile, quartiles } from './statistics.ts'

/** How long to train a net at a stretch, in milliseconds. */
const STRETCH = 100

type Watch = (model: Model, trainer: Trainer) => { unsubscribe(): void }

const WATCHES: Readonly<Record<string, Watch>> = {
  'no tap': () => ({ unsubscribe: () => undefined }),
  'one tap': model => model.node('dense1').forward$.subscribe(() => undefined),
  'state$ subscribed': (_, trainer) => trainer.state$.subscribe(() => undefined),
}

export async function observation({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 8 : 80
  const rows: string[][] = []
  for (const kernels of fastKernels()) {
    for (const net of ['S', 'M'] as const) rows.push(...(await observe(net, kernels, rounds)))
  }
  return {
    title: 'The cost of observation',
    head: [
      'net and kernels',
      'watched',
      'step',
      'ratio to no tap',
      'quartiles',
      'more per step',
      'quartiles',
    ],
    rows,
    notes: [
      `${rounds} rounds; in each, the same trainer trains ${STRETCH} ms in each of the three ways, in changing order. Ratio and difference are computed in each round, then their median and quartiles.`,
      'One tap is an empty subscriber of forward$ of the first dense layer.',
    ],
  }
}

async function observe(net: NetName, kernels: KernelsName, rounds: number): Promise<string[][]> {
  const { model, trainer } = trainerOf(NETS[net], { kernels })
  const names = Object.keys(WATCHES)
  const times = new Map(names.map(name => [name, [] as number[]]))
  const count = await stretch(trainer)
  for (let round = -3; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + Math.abs(round)) % names.length] as string
      const subscription = (WATCHES[name] as Watch)(model, trainer)
      const time = await timeOf(trainer, count)
      subscription.unsubscribe()
      // The first rounds warm up.
      if (round >= 0) times.get(name)?.push(time)
    }
  }
  const base = times.get('no tap') as number[]
  return names.map(name => {
    const own = times.get(name) as number[]
    const row = [`${net}, ${kernels}`, name, duration(median(own))]
    if (own === base) return [...row, '', '', '', '']
    const ratios = own.map((time, i) => time / (base[i] as number))
    const more = own.map((time, i) => time - (base[i] as number))
    const percent = (ratio: number) => ratio.toFixed(3)
    const signed = (value: number) => `${value < 0 ? '-' : '+'}${figures(Math.abs(value))}`
    return [
      ...row,
      percent(median(ratios)),
      quartiles(ratios, percent),
      `${signed(median(more))} µs`,
      `${signed(quantile(more, 0.25))} to ${signed(quantile(more, 0.75))} µs`,
    ]
  })
}

/** How many steps fill a stretch, measured after warming up. */
async function stretch(trainer: Trainer): Promise<number> {
  for (let count = 4; ; count *= 2) {
    const elapsed = ((await timeOf(trainer, count)) * count) / 1000
    if (elapsed > 2 * STRETCH) return Math.max(1, Math.round((count * STRETCH) / elapsed))
  }
}

/** The microseconds of a step. */
async function timeOf(trainer: Trainer, count: number): Promise<number> {
  const start = performance.now()
  await trainer.step(count)
  return ((performance.now() - start) / count) * 1000
}

await runnable(import.meta.url, observation)
