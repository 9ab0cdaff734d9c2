/** What a list says of a run by its `summary.json` is what the whole of its files says, whenever either was written. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listRuns, type RunSummary, readRun, recordRun } from 'gradstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { summaryOf } from '../../../runtime/runs/stored-run.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { finish, logSpread, samples, trial } from '../support.ts'

const FILES = ['summary.json', 'run.json', 'events.jsonl', 'series.json', 'series.f64'] as const
type Moment = ReadonlyMap<(typeof FILES)[number], Buffer>

let root: string
/** The files of a run at several moments of it, one behind the other. */
const moments: Moment[] = []
/** Puts files there as a run, and gives the directory and the folder. */
function laid(files: Moment): [directory: string, folder: string] {
  const directory = join(root, 'laid')
  const folder = join(directory, 'a run')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
  return [directory, folder]
}

async function listed(files: Moment): Promise<RunSummary | undefined> {
  const { runs, broken } = await listRuns(laid(files)[0])
  expect(broken).toEqual([])
  return runs[0]
}

const wholeOf = async (files: Moment) => summaryOf(await readRun(laid(files)[1]))

beforeAll(async () => {
  root = await scratchFolder('summaries')
  const { trainer, scheduler } = trial({
    validation: samples(5, 2),
    metrics: [logSpread(), 'r2'],
    batchSize: 1,
    epochs: 3,
  })
  const { folder } = recordRun(trainer, root)
  const keep = () => moments.push(new Map(FILES.map(name => [name, readFileSync(join(folder, name))])))
  for (let i = 0; i < 6; i++) {
    // Some of the steps come so long after the last summary that there is a new one.
    if (i % 2 === 0) scheduler.schedule(() => undefined, 6000)
    const stepped = trainer.step(3)
    scheduler.flush()
    await stepped
    if (i === 1) trainer.alarm({ code: 'HOT', message: 'it is' })
    if (i === 3) {
      const sent = trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } }, 'Grace')
      scheduler.flush()
      await sent
    }
    keep()
  }
  const stopped = trainer.stop('enough')
  scheduler.flush()
  await stopped
  keep()
  await finish(trainer, scheduler)
  keep()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a summary of any moment and what came later are as good as everything', async () => {
  expect(new Set(moments.map(moment => moment.get('summary.json')?.toString())).size).toBeGreaterThan(4)
  for (const [i, moment] of moments.entries()) {
    const whole = await wholeOf(moment)
    for (const earlier of moments.slice(0, i + 1)) {
      const files = new Map(moment).set('summary.json', earlier.get('summary.json') as Buffer)
      expect(await listed(files)).toEqual(whole)
    }
  }
})

test('a summary that is missing, damaged, or of another run is not relied on', async () => {
  const last = moments.at(-1) as Moment
  const whole = await wholeOf(last)
  const without = new Map(last)
  without.delete('summary.json')
  expect(await listed(without)).toEqual(whole)
  // Of a later moment than the files: they were put back.
  const first = moments[0] as Moment
  const ahead = new Map(first).set('summary.json', last.get('summary.json') as Buffer)
  expect(await listed(ahead)).toEqual(await wholeOf(first))
  const bytes = last.get('summary.json') as Buffer
  const dice = new QuickDice(5)
  for (let i = 0; i < countOf({ few: 20, usual: 40, full: 500 }); i++) {
    const damaged = Buffer.from(bytes)
    const at = dice.below(bytes.length)
    damaged[at] = (damaged[at] as number) ^ (1 << dice.below(8))
    expect(await listed(new Map(last).set('summary.json', damaged)), `byte ${at}`).toEqual(whole)
    expect(await listed(new Map(last).set('summary.json', bytes.subarray(0, at))), `cut at ${at}`).toEqual(
      whole,
    )
  }
  for (const content of ['', '[]', '{"format":"gradstream-run-summary","version":1}', 'null'])
    expect(await listed(new Map(last).set('summary.json', Buffer.from(content)))).toEqual(whole)
})

test('points that were written anew are known by their bytes', async () => {
  const last = moments.at(-1) as Moment
  const { 'series.f64': points, 'events.jsonl': events } = Object.fromEntries(last)
  // As long as before and longer, but other bytes at the end of what the summary covers.
  for (const [name, bytes] of [
    ['series.f64', points],
    ['events.jsonl', events],
  ] as const) {
    const other = Buffer.from(bytes as Buffer)
    other.reverse()
    const files = new Map(last).set(name, other)
    const { runs } = await listRuns(laid(files)[0])
    expect(runs).toEqual(name === 'series.f64' ? [await wholeOf(files)] : [])
  }
})

test('a list of many runs reads the ends of their files', async () => {
  const last = moments.at(-1) as Moment
  const [directory, folder] = laid(last)
  // Damage in what a summary covers is found by who reads it, and by nobody else.
  const damaged = Buffer.from(last.get('series.f64') as Buffer)
  damaged[9] = (damaged[9] as number) ^ 1
  writeFileSync(join(folder, 'series.f64'), damaged)
  for (const name of ['b', 'c']) cpSync(folder, join(directory, name), { recursive: true })
  const { runs, broken } = await listRuns(directory)
  expect([runs.length, broken.length]).toEqual([3, 0])
  await expect(readRun(folder)).rejects.toMatchObject({ code: 'BAD_FILE' })
})
