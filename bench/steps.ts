/** The time of a training step of each network: gradstream and its peers take turns in one run. */
import { Child } from './child.ts'
import type { Contestant } from './contestants.ts'
import { LAYERED, type LayeredName } from './layered.ts'
import type { AnyNet } from './protocol.ts'
import type { Section } from './report.ts'
import { duration, figures, median, quartiles } from './statistics.ts'

export interface StepsOptions {
  readonly nets: readonly AnyNet[]
  readonly rounds: number
  /** How long a contestant trains in a round, in milliseconds. */
  readonly milliseconds: number
}

/** A contestant whose step is longer than this, in microseconds, takes part in three rounds only. */
const SLOW = 1_000_000

interface Runner {
  readonly contestant: Contestant
  child?: Child
  reason: string | undefined
  readonly times: number[]
  peakMemory: number
}

/** Trains all networks; `versions` collects the versions of the contestants. */
export async function steps(
  contestants: readonly Contestant[],
  { nets, rounds, milliseconds }: StepsOptions,
  versions: Map<string, string>,
): Promise<Section> {
  const rows: string[][] = []
  const absent = new Map<string, Set<string>>()
  const perNet: { net: AnyNet; runners: readonly Runner[] }[] = []
  for (const net of nets) {
    const runners: Runner[] = []
    for (const contestant of contestants) runners.push(await start(contestant, net, versions))
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`\r${net}: round ${round + 1} of ${rounds} `)
      for (const runner of runners) await takeTurn(runner, net, milliseconds)
    }
    process.stderr.write('\r\x1b[K')
    for (const { child } of runners) await child?.end()
    perNet.push({ net, runners: runners.filter(({ times }) => times.length > 0) })
    for (const { contestant, times, reason } of runners) {
      if (times.length > 0) continue
      const why = `${net}: ${reason ?? 'not selected'}`
      absent.set(why, (absent.get(why) ?? new Set()).add(contestant.name))
    }
  }
  const columns = columnsOf(perNet.flatMap(({ runners }) => runners.map(({ contestant }) => contestant)))
  for (const { net, runners } of perNet) {
    rows.push(...runners.map(runner => rowOf(runner, net, runners, columns)))
  }
  return {
    title: 'Training steps',
    head: [
      'net',
      'contestant',
      'step',
      'quartiles',
      ...columns.map(name => `÷ ${name.replace('gradstream ', '')}`),
      'peak',
    ],
    rows,
    notes: [
      `Median and quartiles of ${rounds} rounds, in which the contestants take turns, ${milliseconds} ms each after an uncounted quarter of that; the time of a round is its whole training time divided by its steps. A step longer than a second is measured in three rounds.`,
      '÷ is the median over the rounds of the time of the row divided by the time of that column in the same round: above 1 means that the column is faster.',
      'One thread, unless noted; jax-js and TensorFlow.js have no more in Node. gradstream trains through createTrainer on arrays, with shuffling; its peers use prepared batches.',
      ...nets.flatMap(net => (net in LAYERED ? `${net}: ${LAYERED[net as LayeredName].about}.` : [])),
      'Peak is the peak memory of the process, with 50 batches of data and its runtime.',
      ...[...absent].map(([why, names]) => `Not here: ${[...names].join('; ')}. ${why}`),
    ],
  }
}

/** The contestants to compare with: gradstream on its fast kernels, if they ran. */
function columnsOf(present: readonly Contestant[]): string[] {
  const ours = [...new Set(present.filter(({ ours }) => ours).map(({ name }) => name))]
  const fast = ours.filter(name => !name.includes('reference'))
  return fast.length > 0 ? fast : ours
}

/** Starts a contestant, with the variant that is fastest in a trial of this net. */
async function start(contestant: Contestant, net: AnyNet, versions: Map<string, string>): Promise<Runner> {
  const runner: Runner = { contestant, reason: contestant.unavailable, times: [], peakMemory: 0 }
  const children: Child[] = []
  for (const variant of contestant.variants) {
    try {
      const { child, hello } = await Child.start(variant)
      children.push(child)
      for (const [name, version] of Object.entries(hello.versions ?? {})) versions.set(name, version)
    } catch (error) {
      runner.reason = (error as Error).message
    }
  }
  const best = children.length > 1 ? await fastest(children, net) : children[0]
  for (const child of children) if (child !== best) await child.end()
  if (best) runner.child = best
  return runner
}

/** The variants also take turns, and each counts by its best time. */
async function fastest(children: readonly Child[], net: AnyNet): Promise<Child> {
  const times = children.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < 4; round++) {
    for (const [i, child] of children.entries()) {
      const { microseconds } = await child.ask({ net, milliseconds: 300 })
      times[i] = Math.min(times[i] as number, microseconds)
    }
  }
  return children[times.indexOf(Math.min(...times))] as Child
}

async function takeTurn(runner: Runner, net: AnyNet, milliseconds: number): Promise<void> {
  const { child, times } = runner
  if (!child || (times.length >= 3 && median(times) > SLOW)) return
  try {
    const { microseconds, peakMemory } = await child.ask({ net, milliseconds })
    times.push(microseconds)
    runner.peakMemory = peakMemory
  } catch (error) {
    await child.end()
    delete runner.child
    times.length = 0
    runner.reason = (error as Error).message
  }
}

function rowOf(
  { contestant, child, times, peakMemory }: Runner,
  net: AnyNet,
  all: readonly Runner[],
  columns: readonly string[],
): string[] {
  const { name, variants } = contestant
  const label = variants.length > 1 && child ? `${name} (${child.label})` : name
  const ratios = columns.map(column => {
    const other = all.find(each => each.contestant.name === column)
    return column === name || !other ? '' : figures(ratio(times, other.times))
  })
  const middle = duration(median(times))
  return [net, label, middle, quartiles(times, duration), ...ratios, `${figures(peakMemory)} MiB`]
}

/** Compares round by round, so that a slow round slows both. */
function ratio(times: readonly number[], others: readonly number[]): number {
  const both = Math.min(times.length, others.length)
  return median(times.slice(0, both).map((time, i) => time / (others[i] as number)))
}
