/**
 * What viewers cost a run, and what they receive: `npm run bench:bridge`. Each run is a separate process, and
 * so are its viewers. `--quick` takes a tenth of the time; `--only` takes some of slow,many,pings,
 * watched.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Order, Report } from './bridge-child.ts'
import { machine } from './machine.ts'
import { append, type Section, show } from './report.ts'
import { figures, mebibytes, median, quantile } from './statistics.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const { quick, only } = options
const seconds = (long: number) => (quick ? Math.ceil(long / 10) : long)
const file = fileURLToPath(new URL('bridge-child.ts', import.meta.url))

class Child {
  private readonly process: ChildProcess

  constructor(role: string, ...words: string[]) {
    const execArgv = ['--import', 'tsx', '--expose-gc']
    this.process = fork(file, [role, ...words], { execArgv })
  }

  /** Gives an order and waits for its report. */
  async ask(order: Order): Promise<Report> {
    this.process.send(order)
    const [report] = (await once(this.process, 'message')) as [Report]
    return report
  }

  end(): void {
    this.process.kill()
  }
}

const wait = (time: number) => new Promise(resolve => setTimeout(resolve, time * 1000))

/** A promised limit and the result. */
interface Limit {
  readonly what: string
  readonly limit: string
  readonly measured: string
  readonly isHeld: boolean
}

interface Outcome {
  readonly section: Section
  readonly limits: readonly Limit[]
}

/** Two slow viewers beside M: what they cost, and what they receive. */
async function slowViewers(): Promise<Outcome> {
  const [run, viewers] = [new Child('run', 'M'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open' })) as { url: string }
  await run.ask({ do: 'measure', seconds: seconds(10) })
  const all: { none: number[]; slow: number[] } = { none: [], slow: [] }
  const ratios: number[] = []
  const memory: number[] = []
  const counts: { text: string; isRight: boolean }[] = []
  const rounds = quick ? 1 : 5
  for (let round = 0; round < rounds; round++) {
    const none = await measured(run, 30)
    await viewers.ask({ do: 'slow', url })
    // A viewer that never reads is closed after 30 seconds, so ask for its counts before that.
    const first = await measured(run, 25)
    counts.push(...(await compared(run, viewers)))
    await viewers.ask({ do: 'slow down' })
    const second = await measured(run, 35)
    await viewers.ask({ do: 'leave' })
    none.rates.push(...(await measured(run, 30)).rates)
    const slow = [...first.rates, ...second.rates]
    all.none.push(...none.rates)
    all.slow.push(...slow)
    ratios.push(median(slow) / median(none.rates))
    memory.push(...first.memory, ...second.memory)
  }
  run.end()
  viewers.end()
  const [least, most, ratio] = [Math.min(...memory), Math.max(...memory), median(ratios)]
  const row = (name: string, values: number[]) => [
    name,
    `${figures(median(values))} steps/s`,
    `${figures(quantile(values, 0.25))} to ${figures(quantile(values, 0.75))}`,
  ]
  return {
    section: {
      title: 'M beside a viewer that reads 1 KB/s and one that never reads',
      head: ['viewers', 'median over the seconds', 'quartiles'],
      rows: [row('none', all.none), row('both', all.slow)],
      notes: [
        `${rounds} rounds: ${seconds(30)} s without, ${seconds(60)} s with both, ${seconds(30)} s without. Ratio of the medians in each: ${ratios.map(value => value.toFixed(4)).join(', ')}. Both watch statistics ten times a second; the one that never reads also the whole kernel of the first layer, twice a second, until it is closed after 30 s.`,
        `Memory of the process while they are connected: ${mebibytes(least)} to ${mebibytes(most)} (heap and buffers, after a collection in each second).`,
        `Counts after ${seconds(25)} s, when the run was paused and both had read everything in flight: ${counts.map(({ text }) => text).join('; ')}.`,
      ],
    },
    limits: [
      {
        what: 'step rate beside both, to that without',
        limit: 'within 3 %',
        measured: `${figures(100 * (ratio - 1))} %`,
        isHeld: ratio >= 0.97,
      },
      {
        what: 'memory beside both',
        limit: 'flat within ± 16 MiB',
        measured: `± ${mebibytes((most - least) / 2)}`,
        isHeld: (most - least) / 2 <= 16 * 2 ** 20,
      },
      {
        what: 'received = made − dropped',
        limit: 'for both, each time',
        measured: `${counts.filter(({ isRight }) => isRight).length} of ${2 * rounds}`,
        isHeld: counts.filter(({ isRight }) => isRight).length === 2 * rounds,
      },
    ],
  }
}

async function measured(run: Child, long: number): Promise<{ rates: number[]; memory: number[] }> {
  const { rates = [], memory = [] } = await run.ask({ do: 'measure', seconds: seconds(long) })
  return { rates, memory }
}

/** Pauses the run, lets the viewers read everything in flight, and compares the counts of both sides. */
async function compared(run: Child, viewers: Child): Promise<{ text: string; isRight: boolean }[]> {
  await run.ask({ do: 'hold' })
  const { received = {} } = await viewers.ask({ do: 'catch up' })
  const { clients = [] } = await run.ask({ do: 'clients' })
  await run.ask({ do: 'go on' })
  return clients.map(({ author, made, dropped }) => {
    const own = received[author.split(' ')[0] as string]
    const text = `${author}: made ${made}, dropped ${dropped}, received ${own}`
    return { text, isRight: made - dropped === own }
  })
}

/** Many viewers of a run that publishes 20 times a second. */
async function manyViewers(count: number): Promise<Outcome> {
  const [run, viewers] = [new Child('run', 'M'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open', connections: count + 10 })) as { url: string }
  const alone = (await run.ask({ do: 'measure', seconds: seconds(10) })).rates ?? []
  await viewers.ask({ do: 'many', url, count })
  await wait(3)
  await viewers.ask({ do: 'delays' })
  const beside = (await run.ask({ do: 'measure', seconds: seconds(20) })).rates ?? []
  const { delays = [] } = await viewers.ask({ do: 'delays' })
  run.end()
  viewers.end()
  const late = quantile(delays, 0.99)
  return {
    section: {
      title: `${count} viewers of M, 20 publications a second`,
      head: ['', 'median', '99 %', 'largest'],
      rows: [
        [
          'from publication to receipt',
          ...[median(delays), late, quantile(delays, 1)].map(time => `${figures(time)} ms`),
        ],
        ['steps of the run per second', figures(median(beside)), '', ''],
        ['the same without viewers', figures(median(alone)), '', ''],
      ],
      notes: [
        `${delays.length} patches in ${seconds(20)} s: ${figures(delays.length / seconds(20) / count)} per second for each. Publication is the moment when the bridge takes the state that it sends to all; receipt is when a viewer has the message. The run, its bridge and all sending share one thread, all viewers another.`,
      ],
    },
    limits: [
      {
        what: `99 % from publication to receipt, ${count} viewers`,
        limit: 'under 250 ms',
        measured: `${figures(late)} ms`,
        isHeld: late < 250,
      },
    ],
  }
}

/** A ping beside L, whose steps are long. */
async function pings(): Promise<Outcome> {
  const [run, viewers] = [new Child('run', 'L'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open' })) as { url: string }
  const { rates = [] } = await run.ask({ do: 'measure', seconds: seconds(10) })
  const { delays = [] } = await viewers.ask({ do: 'ping', url, count: quick ? 50 : 500 })
  run.end()
  viewers.end()
  const step = 1000 / median(rates)
  const late = quantile(delays, 0.99)
  return {
    section: {
      title: 'A ping beside L',
      head: ['a step', 'median', '99 %', 'largest'],
      rows: [[step, median(delays), late, quantile(delays, 1)].map(time => `${figures(time)} ms`)],
      notes: [`${delays.length} pings, each sent 20 ms after the answer to the last one.`],
    },
    limits: [
      {
        what: '99 % of the pings beside L',
        limit: `one step and 50 ms: ${figures(step + 50)} ms`,
        measured: `${figures(late)} ms`,
        isHeld: late <= step + 50,
      },
    ],
  }
}

/** What one viewer costs M, who asks for what the page asks for. By CPU time as well, which counts no time of other processes. */
async function watched(): Promise<Outcome> {
  const [run, viewers] = [new Child('run', 'M'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open' })) as { url: string }
  const spent = async () =>
    (await run.ask({ do: 'spend', seconds: 1 })).spent as { cpu: number; time: number }
  await run.ask({ do: 'spend', seconds: 5 })
  const rounds = quick ? 4 : 28
  const all = { alone: [] as { cpu: number; time: number }[], watched: [] as { cpu: number; time: number }[] }
  for (let round = -1; round < rounds; round++) {
    const alone = await spent()
    await viewers.ask({ do: 'watch', url })
    // It is welcomed, and what it watches is planned.
    await wait(0.5)
    const beside = await spent()
    await viewers.ask({ do: 'leave' })
    await wait(0.1)
    // The first round warms up.
    if (round < 0) continue
    all.alone.push(alone)
    all.watched.push(beside)
  }
  run.end()
  viewers.end()
  const more = (name: 'cpu' | 'time') =>
    all.alone.map((alone, i) => 100 * ((all.watched[i]?.[name] as number) / alone[name] - 1))
  const of = (spent: typeof all.alone, name: 'cpu' | 'time') => median(spent.map(each => each[name]))
  const row = (title: string, name: 'cpu' | 'time') => [
    title,
    `${figures(of(all.alone, name))} µs`,
    `${figures(of(all.watched, name))} µs`,
    `${figures(median(more(name)))} %`,
    `${figures(quantile(more(name), 0.25))} to ${figures(quantile(more(name), 0.75))} %`,
  ]
  return {
    section: {
      title: 'M beside a viewer that asks for what the page asks for',
      head: ['of a step', 'alone', 'watched', 'more, median of the rounds', 'quartiles'],
      rows: [row('CPU time of the process', 'cpu'), row('time', 'time')],
      notes: [
        `${rounds} rounds: a second without, a second with the viewer, which runs in a process of its own. It has the state and the events, statistics of all nodes three times a second, and two curves each second.`,
      ],
    },
    limits: [
      {
        what: 'CPU time of a step beside a viewer, to that without',
        limit: 'at most 3 % more',
        measured: `${figures(median(more('cpu')))} %`,
        isHeld: median(more('cpu')) <= 3,
      },
    ],
  }
}

const MEASUREMENTS = { slow: slowViewers, many: () => manyViewers(500), pings, watched }
const chosen = (only?.split(',') ?? Object.keys(MEASUREMENTS)) as (keyof typeof MEASUREMENTS)[]
if (!chosen.every(name => name in MEASUREMENTS)) {
  console.error(`--only takes some of ${Object.keys(MEASUREMENTS).join(',')}, not ${only}`)
  process.exit(1)
}
const words = only === undefined ? '' : ` -- --only ${only}`
const sections: Section[] = []
const limits: Limit[] = []
const publish = (section: Section) => {
  show(section)
  sections.push(section)
}
for (const name of chosen) {
  const outcome = await MEASUREMENTS[name]()
  publish(outcome.section)
  limits.push(...outcome.limits)
}
publish({
  title: 'Limits of the bridge',
  head: ['what', 'limit', 'measured', ''],
  rows: limits.map(({ what, limit, measured, isHeld }) => [
    what,
    limit,
    measured,
    isHeld ? 'held' : 'not held',
  ]),
  notes: [],
})
const facts = [...machine(), `Command: \`npm run bench:bridge${words}\``]
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, sections)
process.exit(limits.every(({ isHeld }) => isHeld) ? 0 : 1)
