/** Recording a run: what it costs M. Run with `npm run bench:runs`, or with `-- --quick` to try it. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gradstream, trainerOf } from './gradstream.ts'
import { machine } from './machine.ts'
import { NETS } from './nets.ts'
import { append, type Section, show } from './report.ts'
import { figures, median, quartiles } from './statistics.ts'

const quick = process.argv.includes('--quick')
const root = await fs.mkdtemp(join(tmpdir(), 'gradstream-bench-'))
const rounds = quick ? 6 : 80

/** M, half a second as it is and half a second recorded, by turns. */
async function cost(): Promise<Section> {
  const { trainer } = trainerOf(NETS.M, { threads: 1 })
  /** Steps per second, and microseconds of processor time per step. */
  const measured = async (isRecorded: boolean) => {
    const recording = isRecorded ? gradstream.recordRun(trainer, root) : undefined
    const { step } = trainer.state
    const [start, before] = [performance.now(), process.cpuUsage()]
    void trainer.run()
    await new Promise(resolve => setTimeout(resolve, 500))
    const { step: now } = await trainer.pause()
    const { user, system } = process.cpuUsage(before)
    const rate = (1000 * (now - step)) / (performance.now() - start)
    recording?.unsubscribe()
    return { rate, time: (user + system) / (now - step) }
  }
  type Measured = Awaited<ReturnType<typeof measured>>
  const [without, recorded]: [Measured[], Measured[]] = [[], []]
  for (let round = -2; round < rounds; round++) {
    const isFirst = round % 2 === 0
    const [a, b] = [await measured(isFirst), await measured(!isFirst)]
    if (round < 0) continue
    without.push(isFirst ? b : a)
    recorded.push(isFirst ? a : b)
  }
  trainer.dispose()
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  const rates = recorded.map(({ rate }, i) => 1 - rate / (without[i] as Measured).rate)
  const more = recorded.map(({ time }, i) => time / (without[i] as Measured).time - 1)
  const rate = (values: Measured[]) => figures(median(values.map(({ rate }) => rate)))
  const time = (values: Measured[]) => figures(median(values.map(({ time }) => time)))
  const spread = (shares: number[]) => [percent(median(shares)), quartiles(shares, percent)]
  return {
    title: 'M, recorded',
    head: ['', 'steps/s', 'fewer', 'quartiles', 'µs of the processor per step', 'more', 'quartiles'],
    rows: [
      ['as it is', rate(without), '', '', time(without), '', ''],
      ['recorded', rate(recorded), ...spread(rates), time(recorded), ...spread(more)],
    ],
    notes: [
      `${rounds} rounds of half a second of each, in changing order; the processor time is that of the process, so that others on the machine have little part in it.`,
    ],
  }
}

const section = await cost()
await fs.rm(root, { recursive: true })
show(section)
const facts = [...machine(), 'Command: `npm run bench:runs`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, [section])
process.exit()
