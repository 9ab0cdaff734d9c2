/** Recording a run: what it costs M. Run with `npm run bench:runs`, or with `-- --quick` to try it. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gradstream, trainerOf } from './gradstream.ts'
import { machine } from './machine.ts'
import { NETS } from './nets.ts'
import { append, type Section, show } from './report.ts'
import { figures, median, quartiles } from './statistics.ts'

const quick = process.argv.includes('--quick')
const root = await fs.mkdtemp(join(tmpdir(), 'gradstream-bench-'))
const rounds = quick ? 3 : 25

/** M as it is and recorded, by turns. */
async function cost(): Promise<Section> {
  const { trainer } = trainerOf(NETS.M, { threads: 1 })
  let spent = 0
  const eachLoss = trainer.eachLoss.bind(trainer)
  trainer.eachLoss = take =>
    eachLoss((step, loss) => {
      const start = performance.now()
      take(step, loss)
      spent += performance.now() - start
    })
  /** Steps per second, and microseconds per step: of the processor, and within the recorder. */
  const measured = async (isRecorded: boolean) => {
    const recording = isRecorded ? gradstream.recordRun(trainer, root) : undefined
    void trainer.run()
    // Files are made and code is compiled in the beginning, which a long run does not notice.
    await wait(500)
    spent = 0
    const { step } = trainer.state
    const [start, before] = [performance.now(), process.cpuUsage()]
    await wait(1500)
    const steps = trainer.state.step - step
    const { user, system } = process.cpuUsage(before)
    const rate = (1000 * steps) / (performance.now() - start)
    await trainer.pause()
    recording?.unsubscribe()
    return { rate, time: (user + system) / steps, own: (1000 * spent) / steps }
  }
  type Measured = Awaited<ReturnType<typeof measured>>
  const [without, recorded]: [Measured[], Measured[]] = [[], []]
  for (let round = -1; round < rounds; round++) {
    const isFirst = Math.abs(round) % 2 === 0
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
      `Within the recorder, which is called with each loss and writes twice a second, it was ${figures(median(recorded.map(({ own }) => own)))} µs per step.`,
      `${rounds} rounds of one and a half seconds of each, in changing order, each half a second after its beginning; the processor time is that of the process, so that others on the machine have little part in it.`,
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
