/** Recorded runs: what recording costs M, and how long a list of many takes. Run with `npm run bench:runs`, or with `-- --quick` to try it. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gradstream, inside, trainerOf } from './gradstream.ts'
import { machine } from './machine.ts'
import { NETS } from './nets.ts'
import { append, type Section, show } from './report.ts'
import { figures, median, quartiles } from './statistics.ts'

const quick = process.argv.includes('--quick')
const root = await fs.mkdtemp(join(tmpdir(), 'gradstream-bench-'))
const rounds = quick ? 2 : 15
/** Milliseconds of a measurement: in each, parameters and gradients are looked at once. */
const window = 5000

/** M as it is and recorded, by turns. */
async function cost(): Promise<Section> {
  const { trainer } = trainerOf(NETS.M, { threads: 1 })
  const within = timeWithin(inside.RunRecorder.prototype, ['loss', 'event', 'state', 'write'])
  /** Steps per second, and microseconds per step: of the processor, and within the recorder. */
  const measured = async (isRecorded: boolean) => {
    const recording = isRecorded ? gradstream.recordRun(trainer, root) : undefined
    void trainer.run()
    // Files are made and code is compiled in the beginning, which a long run does not notice.
    await wait(500)
    const spent = within()
    const { step } = trainer.state
    const [start, before] = [performance.now(), process.cpuUsage()]
    await wait(window)
    const steps = trainer.state.step - step
    const { user, system } = process.cpuUsage(before)
    const rate = (1000 * steps) / (performance.now() - start)
    await trainer.pause()
    recording?.unsubscribe()
    return { rate, time: (user + system) / steps, own: (within() - spent) / window }
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
  const least = (values: Measured[]) => Math.min(...values.map(({ time }) => time))
  const spread = (shares: number[]) => [percent(median(shares)), quartiles(shares, percent)]
  return {
    title: 'M, recorded',
    head: [
      '',
      'steps/s',
      'fewer',
      'quartiles',
      'µs of the processor per step',
      'more',
      'quartiles',
      'least',
      'more',
    ],
    rows: [
      ['as it is', rate(without), '', '', time(without), '', '', figures(least(without)), ''],
      [
        'recorded',
        rate(recorded),
        ...spread(rates),
        time(recorded),
        ...spread(more),
        figures(least(recorded)),
        percent(least(recorded) / least(without) - 1),
      ],
    ],
    notes: [
      `Within the recorder, which is called with each loss and writes twice a second, it was ${percent(median(recorded.map(({ own }) => own)))} of the time (${quartiles(
        recorded.map(({ own }) => own),
        percent,
      )}).`,
      `${rounds} rounds of five seconds of each, in changing order, each half a second after its beginning, with one look at the histograms of parameters and gradients in each; the processor time is that of the process, so that others on the machine have little part in it.`,
    ],
  }
}

/** How many milliseconds were spent within these methods so far; one that another one calls counts once. */
function timeWithin(methods: object, names: readonly string[]): () => number {
  let [spent, depth] = [0, 0]
  const own = methods as Record<string, (...args: unknown[]) => unknown>
  for (const name of names) {
    const method = own[name]
    if (method === undefined) throw new Error(`There is no ${name} any more.`)
    own[name] = function (this: unknown, ...args) {
      const start = performance.now()
      depth++
      try {
        return method.apply(this, args)
      } finally {
        depth--
        if (depth === 0) spent += performance.now() - start
      }
    }
  }
  return () => spent
}

/** 100 runs of 1,000,000 steps and 1000 epochs each, listed by their summaries, and by all of their files. */
async function list(): Promise<Section> {
  const steps = 1_000_000
  const directory = join(root, 'many')
  const { trainer } = trainerOf(NETS.S, {})
  const recording = gradstream.recordRun(trainer, join(root, 'one'))
  const bytes = await fs.readFile(join(recording.folder, 'run.json'))
  const folder = new inside.RunFolder(directory, 'run', bytes)
  let now = 0
  const clock = {
    scheduler: { now: () => now, schedule: () => undefined },
    state: trainer.state,
    model: trainer.model,
  }
  const recorder = new inside.RunRecorder(clock as never, folder, JSON.parse(bytes.toString()))
  const names = ['loss', 'accuracy', 'validationLoss', 'validationAccuracy']
  recorder.event({ type: 'started', time: 0, epoch: 0, step: 0 })
  for (let step = 1; step <= steps; step++) {
    now += 0.1
    recorder.loss(step, 1 / Math.sqrt(step) + 0.1 * Math.sin(step))
    if (step % 1000 > 0) continue
    const metrics = Object.fromEntries(names.map((name, i) => [name, Math.cos(i + step / 1e5)]))
    const epoch = { epoch: step / 1000, seconds: 0.1, samplesPerSecond: 320_000 }
    recorder.event({ type: 'epoch', time: now, step, metrics, ...epoch })
  }
  recorder.event({ type: 'finished', time: now, epoch: 1000, step: steps, metrics: {} })
  recorder.close()
  trainer.dispose()
  for (let i = 1; i < 100; i++) await fs.cp(folder.path, join(directory, `run${i}`), { recursive: true })
  const measured = async () => {
    const [start, before] = [performance.now(), process.cpuUsage()]
    const { runs } = await gradstream.listRuns(directory)
    const { user, system } = process.cpuUsage(before)
    if (runs.length !== 100 || runs[50]?.step !== steps) throw new Error('not all of them')
    return { wall: performance.now() - start, time: (user + system) / 1000 }
  }
  const row = async (name: string) => {
    const times: Awaited<ReturnType<typeof measured>>[] = []
    for (let i = 0; i < 5; i++) times.push(await measured())
    const of = (what: 'wall' | 'time') => `${figures(median(times.map(time => time[what])))} ms`
    const [first] = times
    return [name, of('wall'), of('time'), `${figures(first?.wall ?? 0)} ms`]
  }
  const bySummaries = await row('by their summaries')
  for (const name of await fs.readdir(directory)) await fs.rm(join(directory, name, 'summary.json'))
  return {
    title: 'A list of 100 runs of 1,000,000 steps',
    head: ['', 'time', 'of the processor', 'the first time'],
    rows: [bySummaries, await row('without them')],
    notes: [
      '`listRuns`, the median of five calls in a row; what is read is in the memory of the system already.',
    ],
  }
}

const sections = [await list(), await cost()]
await fs.rm(root, { recursive: true })
for (const section of sections) show(section)
const facts = [...machine(), 'Command: `npm run bench:runs`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, sections)
process.exit()
