/**
 * Checkpoints: how fast 100 MB are written and read beside what the disk itself does, and what a checkpoint every second costs M. Run with
 * `npm run bench:checkpoint`, or with `-- --quick` to try it.
 */
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gradstream, inside, trainerOf } from './gradstream.ts'
import { machine } from './machine.ts'
import { NETS } from './nets.ts'
import { append, type Section, show } from './report.ts'
import { duration, figures, median, quartiles } from './statistics.ts'

const quick = process.argv.includes('--quick')
const root = await fs.mkdtemp(join(tmpdir(), 'gradstream-bench-'))
const speed = (bytes: number) => (milliseconds: number) => `${figures(bytes / 1e3 / milliseconds)} MB/s`

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Takes a file out of the memory of the system, so that it is read from the disk. */
function forget(file: string): void {
  spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'])
}

/** What the disk does with so many bytes in one file, brought to it and read from it. */
async function writePlain(path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(path, 'w')
  await file.writeFile(bytes)
  await file.sync()
  await file.close()
}

/** A layer of 13 million weights and their velocity: 104 MB. */
async function throughput(): Promise<Section> {
  const { compile, createTrainer, dense, fromArrays, graph, input, loadModel, meanSquaredError, sgd } =
    gradstream
  const units = 3600
  const prediction = input({ name: 'x', shape: [units] }).pipe(dense({ units }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [units] }))
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01, momentum: 0.9 })) })
  const model = compile(net, { seed: 7 })
  const ones = { shape: [1, units], data: new Float32Array(units).fill(1) }
  const data = fromArrays({ x: ones, target: ones })
  const directory = join(root, 'large')
  const checkpoints = { directory, keep: 1, everyEpochs: 1e9 }
  const trainer = createTrainer(model, { data, epochs: 1e9, batchSize: 1, checkpoints })
  await trainer.step()
  const path = await trainer.checkpoint()
  const files = await fs.readdir(path)
  const tensors = await fs.readFile(join(path, 'model.safetensors'))
  const times = { plainWrite: [], write: [], stop: [], plainRead: [], read: [], load: [] } as Record<
    string,
    number[]
  >
  const rounds = quick ? 3 : 15
  const plain = join(root, 'plain')
  const add = (name: string, time: number) => times[name]?.push(time)
  let latest = path
  for (let round = -1; round < rounds; round++) {
    add('plainWrite', await timed(() => writePlain(plain, tensors)))
    const start = performance.now()
    const written = trainer.checkpoint()
    add('stop', performance.now() - start)
    latest = await written
    add('write', performance.now() - start)
    // The older one is taken away meanwhile.
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  for (let round = -1; round < rounds; round++) {
    forget(plain)
    add('plainRead', await timed(() => fs.readFile(plain)))
    for (const file of files) forget(join(latest, file))
    add('read', await timed(() => inside.latestIn(directory)))
  }
  for (let round = -1; round < rounds; round++) {
    let loaded: { dispose(): void } | undefined
    add(
      'load',
      await timed(async () => {
        loaded = await loadModel(latest)
      }),
    )
    loaded?.dispose()
  }
  // The first rounds warm up.
  for (const list of Object.values(times)) list.shift()
  trainer.dispose()
  model.dispose()
  const row = (what: string, own: readonly number[], base?: readonly number[]) => [
    what,
    duration(1000 * median(own)),
    speed(tensors.length)(median(own)),
    base ? `${figures(100 * (median(base) / median(own)))} %` : '',
    base
      ? quartiles(
          own.map((time, i) => 100 * ((base[i] as number) / time)),
          figures,
        )
      : '',
  ]
  const { plainWrite, write, stop, plainRead, read, load } = times as Record<keyof typeof times, number[]>
  return {
    title: `A checkpoint of ${figures(tensors.length / 1e6)} MB`,
    head: ['', 'time', 'speed', 'of the disk', 'quartiles'],
    rows: [
      row('the disk, written', plainWrite as number[]),
      row('a checkpoint, written', write as number[], plainWrite),
      row('of that, training waits', stop as number[]),
      row('the disk, read', plainRead as number[]),
      row('a checkpoint, read and checked', read as number[], plainRead),
      row('a model made of it', load as number[]),
    ],
    notes: [
      `${rounds} rounds; in each, the same bytes are written by one writeFile and fsync, and as a checkpoint; then read by one readFile, and as resume reads them, after dd took them out of the memory of the system.`,
      'A checkpoint is copied, hashed, written and brought to the disk with its folder; to read it is to compare its hash as well. Then loadModel reads it again, from the memory of the system, and makes a model.',
    ],
  }
}

/** M, a second without a checkpoint and one with a checkpoint, by turns. */
async function cost(): Promise<Section> {
  const rounds = quick ? 6 : 60
  const directory = join(root, 'M')
  const { trainer } = trainerOf(NETS.M, {}, { checkpoints: { directory, everyEpochs: 1e9 } })
  const rate = async (isChecked: boolean) => {
    const { step } = trainer.state
    const start = performance.now()
    void trainer.run()
    if (isChecked) void trainer.checkpoint()
    await new Promise(resolve => setTimeout(resolve, 1000))
    const { step: now } = await trainer.pause()
    return ((now - step) * 1000) / (performance.now() - start)
  }
  const [without, withOne]: [number[], number[]] = [[], []]
  for (let round = -2; round < rounds; round++) {
    const isFirst = round % 2 === 0
    const [a, b] = [await rate(isFirst), await rate(!isFirst)]
    if (round < 0) continue
    without.push(isFirst ? b : a)
    withOne.push(isFirst ? a : b)
  }
  const { length } = trainer.state.checkpoints ?? []
  trainer.dispose()
  const ratios = withOne.map((rate, i) => rate / (without[i] as number))
  const fewer = (ratio: number) => `${(100 * (1 - ratio)).toFixed(2)} %`
  return {
    title: 'M with a checkpoint every second',
    head: ['', 'steps/s', 'fewer steps', 'quartiles'],
    rows: [
      ['without', figures(median(without)), '', ''],
      ['with', figures(median(withOne)), fewer(median(ratios)), quartiles(ratios, fewer)],
    ],
    notes: [
      `${rounds} rounds of a second without and a second with a checkpoint, in changing order; ${length} checkpoints are kept.`,
    ],
  }
}

const sections = [await throughput(), await cost()]
await fs.rm(root, { recursive: true })
for (const section of sections) show(section)
const facts = [...machine(), 'Command: `npm run bench:checkpoint`']
console.log(`\n${facts.join('\n')}`)
if (!quick) append(new Date().toISOString().slice(0, 16).replace('T', ' '), facts, sections)
process.exit()
