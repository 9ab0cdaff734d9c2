/** Folders of runs that are cut, damaged, foreign or hostile: what is whole is read, and all else is refused in words. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GradstreamError, listRuns, readRun, recordRun, type StoredRun } from 'gradstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealed } from '../../../runtime/runs/run-folder.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { finish, rejectionOf, samples, trial } from '../support.ts'

const FILES = ['run.json', 'events.jsonl', 'series.json', 'series.f64'] as const
/** The bytes of a record. */
const RECORD = 32

let root: string
/** A run that is whole. */
let whole: StoredRun
beforeAll(async () => {
  root = await scratchFolder('broken')
  const { trainer, scheduler } = trial({ validation: samples(5, 2) })
  const { folder } = recordRun(trainer, root)
  await finish(trainer, scheduler)
  await finish(trainer, scheduler)
  trainer.alarm({ code: 'HOT', message: 'so it is' })
  scheduler.flush()
  whole = await readRun(folder)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Reads a copy of the run in which a file is another one. */
async function read(name: string, content: Uint8Array | string): Promise<StoredRun> {
  const folder = join(root, 'copies', 'copy')
  if (!existsSync(folder)) cpSync(whole.folder, folder, { recursive: true })
  try {
    writeFileSync(join(folder, name), content)
    return await readRun(folder)
  } finally {
    writeFileSync(join(folder, name), bytesOf(name))
  }
}

const bytesOf = (name: string) => readFileSync(join(whole.folder, name))

const points = ({ series }: StoredRun) =>
  [...series.values()].reduce((sum, { steps }) => sum + steps.length, 0)

/** Where each batch of points ends. */
function endsOfBatches(): number[] {
  const numbers = new Float64Array(Uint8Array.from(bytesOf('series.f64')).buffer)
  return [...numbers.keys()].filter(i => i % 4 === 0 && numbers[i] === -1).map(i => 8 * i + RECORD)
}

test('points that are cut at any byte are there up to the last batch that is whole', async () => {
  const bytes = bytesOf('series.f64')
  const ends = endsOfBatches()
  expect(ends.length).toBeGreaterThan(2)
  expect(ends.at(-1)).toBe(bytes.length)
  const counts = new Map<number, number>()
  const start = ends.at(-2) as number
  const lengths = [...Array(bytes.length - start + 1).keys()].map(i => start + i)
  for (const length of [0, ...ends, ...lengths]) {
    const end = Math.max(0, ...ends.filter(end => end <= length))
    const count = points(await read('series.f64', bytes.subarray(0, length)))
    expect(count, `cut at ${length}`).toBe(counts.get(end) ?? count)
    counts.set(end, count)
  }
  expect([...counts.values()]).toEqual([...counts.values()].sort((a, b) => a - b))
  expect(counts.get(bytes.length)).toBe(points(whole))
  // What a machine leaves that lost its power.
  expect(points(await read('series.f64', Buffer.concat([bytes, Buffer.alloc(1000)])))).toBe(points(whole))
})

test('events that are cut at any byte are there up to the last line that is whole', async () => {
  const bytes = bytesOf('events.jsonl')
  for (let length = 0; length <= bytes.length; length++) {
    const lines = bytes.toString('utf8', 0, length).split('\n').length - 1
    expect((await read('events.jsonl', bytes.subarray(0, length))).events).toEqual(
      whole.events.slice(0, lines),
    )
  }
})

test('a damaged byte of what is whole is found, or changes nothing that is relied on', async () => {
  const dice = new QuickDice(4)
  for (let i = 0; i < countOf({ few: 50, usual: 200, full: 10_000 }); i++) {
    const name = FILES[dice.below(FILES.length)] as (typeof FILES)[number]
    const bytes = Buffer.from(bytesOf(name))
    // Of points, not the last batch: what is not closed was being written.
    const most = name === 'series.f64' ? (endsOfBatches().at(-2) as number) : bytes.length
    const at = dice.below(most)
    bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8))
    const place = `${name}, byte ${at}`
    const outcome = await read(name, bytes).catch(error => error as unknown)
    if (outcome instanceof GradstreamError) expect(outcome, place).toMatchObject({ code: 'BAD_FILE' })
    else {
      expect(outcome, place).toHaveProperty('series')
      expect(name, place).not.toBe('series.f64')
    }
  }
})

const json = (name: string, change: object) =>
  JSON.stringify({ ...JSON.parse(bytesOf(name).toString()), ...change })

/** A header of three names, and the points of a batch. */
const batch = (...records: number[]) => Buffer.from(sealed(records, 1))

test.each<[string, string, () => string | Uint8Array, RegExp]>([
  ['nothing', 'run.json', () => '', /a damaged one/],
  ['another JSON', 'run.json', () => '{"name":"a package"}', /gradstream-run/],
  ['a list', 'run.json', () => '[]', /gradstream-run/],
  ['bytes', 'run.json', () => Uint8Array.of(0xff, 0xfe), /a damaged one/],
  ['a later version', 'run.json', () => json('run.json', { version: 2 }), /version 1, got 2/],
  ['a run id that is none', 'run.json', () => json('run.json', { runId: 5 }), /runId/],
  ['no graph', 'run.json', () => json('run.json', { graph: undefined }), /graph/],
  ['the process 0', 'run.json', () => json('run.json', { process: { id: 0, host: '' } }), /process/],
  ['all processes', 'run.json', () => json('run.json', { process: { id: -1, host: '' } }), /process/],
  ['another prototype', 'run.json', () => '{"__proto__":{"format":"gradstream-run"}}', /gradstream-run/],
  ['words', 'events.jsonl', () => 'hello\n', /an event in line 1/],
  ['an event without a time', 'events.jsonl', () => '{"type":"paused"}\n', /line 1/],
  ['a list of events', 'events.jsonl', () => '[]\n', /line 1/],
  ['bytes', 'events.jsonl', () => Uint8Array.of(0xff, 10), /UTF-8/],
  ['nothing', 'series.json', () => '', /the names of the series, got nothing/],
  ['equal names', 'series.json', () => json('series.json', { names: ['a', 'a'] }), /different names/],
  ['other columns', 'series.json', () => json('series.json', { columns: ['x'] }), /columns/],
  ['a later version', 'series.json', () => json('series.json', { version: 3 }), /version 1, got 3/],
  ['a series without a name', 'series.f64', () => batch(99, 1, 1, 1), /series 99 of/],
  ['half a series', 'series.f64', () => batch(0.5, 1, 1, 1), /series 0.5 of/],
  ['a step below 0', 'series.f64', () => batch(0, -1, 1, 1), /step -1/],
  ['a time that is none', 'series.f64', () => batch(0, 1, Number.NaN, 1), /time NaN/],
  [
    'points in reverse',
    'series.f64',
    () => batch(...Array.from({ length: 1000 }, (_, i) => [0, 1000 - i, 1, 1]).flat()),
    /in another order/,
  ],
  ['a batch that says it is longer', 'series.f64', () => batch(0, 1, 1, 1).fill(9, 40, 48), /CRC-32/],
])('%s in place of %s is refused', async (_, name, content, words) => {
  const error = await rejectionOf(read(name, content()))
  expect(error.code).toBe('BAD_FILE')
  expect(error.message).toMatch(words)
  expect(error.message).toContain(name)
})

test('points of any number are read back, also what has no end', async () => {
  const values = [Number.POSITIVE_INFINITY, -0, Number.NaN, 5e-324, -1]
  const run = await read('series.f64', batch(...values.flatMap((value, i) => [0, i, 1, value])))
  expect([...(run.series.get('loss')?.values ?? [])]).toEqual(values)
})

test('what is no run, or no file, is refused', async () => {
  expect(await rejectionOf(readRun(join(root, 'none')))).toMatchObject({ code: 'FILE_NOT_READ' })
  expect(await rejectionOf(readRun(join(whole.folder, 'run.json')))).toMatchObject({ code: 'FILE_NOT_READ' })
  mkdirSync(join(root, 'empty'))
  expect(await rejectionOf(readRun(join(root, 'empty')))).toMatchObject({
    code: 'BAD_FILE',
    hint: 'Pass the folder of one run; listRuns() gives those in a directory.',
  })
  expect(await rejectionOf(listRuns(join(root, 'none')))).toMatchObject({ code: 'FILE_NOT_READ' })
  expect(await rejectionOf(readRun('\0'))).toMatchObject({ code: 'FILE_NOT_READ' })
  // A pipe would never come to its end, and a large file fills the memory.
  const odd = join(root, 'odd')
  cpSync(whole.folder, odd, { recursive: true })
  truncateSync(join(odd, 'series.f64'), 2 ** 30)
  expect(await rejectionOf(readRun(odd))).toMatchObject({ code: 'BAD_FILE', got: '1 GiB' })
  if (process.platform === 'win32') return
  rmSync(join(odd, 'series.f64'))
  execFileSync('mkfifo', [join(odd, 'series.f64')])
  expect(await rejectionOf(readRun(odd))).toMatchObject({ code: 'BAD_FILE' })
})

test('one that is broken hides none of the others, and what is no run is passed over', async () => {
  const directory = join(root, 'several')
  for (const name of ['a', 'b', 'c', 'd']) cpSync(whole.folder, join(directory, name), { recursive: true })
  writeFileSync(join(directory, 'b', 'run.json'), '{')
  rmSync(join(directory, 'd', 'run.json'))
  mkdirSync(join(directory, 'figures'))
  writeFileSync(join(directory, 'notes.txt'), 'mine')
  mkdirSync(join(directory, '.gradstream-run-1-0'))
  writeFileSync(join(directory, '.gradstream-run-1-0', 'run.json'), '')
  const { runs, broken } = await listRuns(directory)
  expect(runs.map(({ folder }) => folder)).toEqual([join(directory, 'a'), join(directory, 'c')])
  expect(broken).toMatchObject([
    { folder: join(directory, 'b'), error: { code: 'BAD_FILE' } },
    { folder: join(directory, 'd'), error: { code: 'BAD_FILE' } },
  ])
})
