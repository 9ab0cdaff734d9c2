/**
 * What viewers cost a run, and what they get: `npm run bench:bridge`. Each run is a process of its own, as are its
 * viewers. With `--quick`, a tenth of the time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order, Report } from './bridge-child.ts'
import { machine } from './machine.ts'
import { append, type Section, show } from './report.ts'
import { figures, mebibytes, median, quantile } from './statistics.ts'

const quick = process.argv.includes('--quick')
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

/** Two slow viewers beside M: what they cost, and what they get. */
async function slowViewers(): Promise<Section> {
  const [run, viewers] = [new Child('run', 'M'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open' })) as { url: string }
  await run.ask({ do: 'measure', seconds: seconds(10) })
  const rates: { none: number[]; slow: number[] } = { none: [], slow: [] }
  const memory: number[] = []
  const rounds = quick ? 1 : 2
  let counted = ''
  for (let round = 0; round < rounds; round++) {
    rates.none.push(...((await run.ask({ do: 'measure', seconds: seconds(30) })).rates ?? []))
    await viewers.ask({ do: 'slow', url })
    const measured = await run.ask({ do: 'measure', seconds: seconds(60) })
    rates.slow.push(...(measured.rates ?? []))
    memory.push(...(measured.memory ?? []))
    // The run holds, and the slow one reads all that is on its way, so that the counts can be compared.
    await run.ask({ do: 'hold' })
    const { received = 0 } = await viewers.ask({ do: 'catch up' })
    const { clients = [] } = await run.ask({ do: 'clients' })
    counted = clients
      .map(({ author, made, dropped }) => `${author}: made ${made}, dropped ${dropped}, received ${received}`)
      .join('; ')
    await viewers.ask({ do: 'leave' })
    await run.ask({ do: 'go on' })
    rates.none.push(...((await run.ask({ do: 'measure', seconds: seconds(30) })).rates ?? []))
  }
  run.end()
  viewers.end()
  const ratio = median(rates.slow) / median(rates.none)
  const row = (name: string, values: number[]) => [
    name,
    `${figures(median(values))} steps/s`,
    `${figures(quantile(values, 0.25))} to ${figures(quantile(values, 0.75))}`,
  ]
  return {
    title: 'M beside a viewer that reads 1 KB/s and one that never reads',
    head: ['viewers', 'median of the seconds', 'quartiles'],
    rows: [row('none', rates.none), row('both', rates.slow)],
    notes: [
      `Ratio ${ratio.toFixed(4)}. Both are connected for ${seconds(60)} s, between two times of ${seconds(30)} s without, ${rounds} times over. They watch statistics ten times a second and the whole kernel of the first layer twice a second.`,
      `Memory of the process while they are connected: ${mebibytes(Math.min(...memory))} to ${mebibytes(Math.max(...memory))} (heap and buffers, each second).`,
      `Counts of those that are still there, when the run held and the slow viewer had read on: ${counted}.`,
    ],
  }
}

/** Many viewers of a run that publishes 20 times a second. */
async function manyViewers(count: number): Promise<Section> {
  const [run, viewers] = [new Child('run', 'M'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open', connections: count + 10 })) as { url: string }
  const alone = (await run.ask({ do: 'measure', seconds: seconds(10) })).rates ?? []
  await viewers.ask({ do: 'many', url, count })
  await wait(2)
  const beside = (await run.ask({ do: 'measure', seconds: seconds(20) })).rates ?? []
  const { received: arrivals = 0, delays = [] } = await viewers.ask({ do: 'delays' })
  run.end()
  viewers.end()
  return {
    title: `${count} viewers of M, 20 publications a second`,
    head: ['', 'median', '99 %', 'largest'],
    rows: [
      [
        'from publication to receipt',
        `${figures(median(delays))} ms`,
        `${figures(quantile(delays, 0.99))} ms`,
        `${figures(Math.max(...delays))} ms`,
      ],
      ['steps of the run a second', figures(median(beside)), '', ''],
      ['the same without viewers', figures(median(alone)), '', ''],
    ],
    notes: [
      `${arrivals} patches in ${seconds(20)} s. Publication is the moment in which the bridge begins to send to all; receipt is when a viewer has the message. The run, its bridge and all sending have one thread.`,
    ],
  }
}

/** A ping beside L, whose steps are long. */
async function pings(): Promise<Section> {
  const [run, viewers] = [new Child('run', 'L'), new Child('viewers')]
  const { url } = (await run.ask({ do: 'open' })) as { url: string }
  const { rates = [] } = await run.ask({ do: 'measure', seconds: seconds(10) })
  const { delays = [] } = await viewers.ask({ do: 'ping', url, count: quick ? 50 : 500 })
  run.end()
  viewers.end()
  return {
    title: 'A ping beside L',
    head: ['a step', 'median', '99 %', 'largest'],
    rows: [
      [
        `${figures(1000 / median(rates))} ms`,
        ...[median(delays), quantile(delays, 0.99), Math.max(...delays)].map(time => `${figures(time)} ms`),
      ],
    ],
    notes: [`${delays.length} pings, each when the last one was answered and 20 ms have passed.`],
  }
}

const sections: Section[] = []
for (const measure of [slowViewers, () => manyViewers(500), pings]) {
  const section = await measure()
  show(section)
  sections.push(section)
}
const facts = [...machine(), 'Command: `npm run bench:bridge`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, sections)
process.exit()
