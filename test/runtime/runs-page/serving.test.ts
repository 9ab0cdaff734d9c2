/** The server of the page of runs: who may ask, what is answered, and what hostile folders do to it. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { readRun, recordRun } from 'gradstream'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { RunAnswer, RunsAnswer } from '../../../runtime/runs-page/answers.ts'
import { type RunsPage, serveRuns } from '../../../runtime/runs-page/serve-runs.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { finish, rejectionOf, samples, trial } from '../support.ts'

let directory: string
let page: RunsPage
let origin: string
let token: string

beforeAll(async () => {
  directory = await scratchFolder('serving')
  const { trainer, scheduler } = trial({ validation: samples(5, 2), epochs: 4, runId: 'first' })
  recordRun(trainer, directory, { name: 'the first <b>', author: 'Ada', notes: 'as recorded' })
  await finish(trainer, scheduler)
  const { trainer: other } = trial({ runId: 'second' })
  recordRun(other, directory)
  other.dispose()
  page = await serveRuns(directory, { port: 0, print: () => undefined })
  ;[origin = '', token = ''] = page.url.split('/#')
})
afterAll(async () => {
  await page.close()
  rmSync(directory, { recursive: true })
})

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Not with `fetch`, which sets the headers of the host and the origin itself. */
async function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  const sent = request(`${origin}${path}`, { method, headers })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  return { status: answer.statusCode as number, headers: answer.headers, body: await text(answer) }
}

const known = (more: Record<string, string> = {}) => ({ Authorization: `Bearer ${token}`, ...more })
const list = async (): Promise<RunsAnswer> => JSON.parse((await ask('/api/runs', { headers: known() })).body)
const rowOf = async (folder: string) => (await list()).runs.find(row => row.folder === folder)
const note = (run: string, change: unknown, headers = known()) =>
  ask(`/api/notes?run=${run}`, { method: 'PATCH', headers, body: JSON.stringify(change) })

test('a row has what the files of the run have', async () => {
  const run = await readRun(join(directory, 'first'))
  expect(await rowOf('first')).toMatchObject({
    name: 'the first <b>',
    author: 'Ada',
    status: 'finished',
    notes: 'as recorded',
    tags: [],
    colour: null,
    epoch: 4,
    epochs: 4,
    step: run.step,
    hyperparameters: { 'sgd1.learningRate': 0.1, 'sgd1.momentum': 0.5, batchSize: 4 },
    settings: { seed: 3, kernels: run.kernels, 'training samples': 10, 'validation samples': 5 },
    last: { validationLoss: run.metrics.validationLoss },
    best: { validationLoss: run.extremes.validationLoss?.lowest },
  })
  expect(await rowOf('second')).toMatchObject({ name: 'second', last: {}, best: {}, reason: null })
})

test('the same answer is not sent again, until something has changed', async () => {
  const { headers } = await ask('/api/runs', { headers: known() })
  const again = () => ask('/api/runs', { headers: known({ 'If-None-Match': String(headers.etag) }) })
  expect(await again()).toMatchObject({ status: 304, body: '' })
  await note('first', { tags: ['new'] })
  expect((await again()).status).toBe(200)
})

test('a whole run has its nodes and the names of its series, and a series its points', async () => {
  const run = await readRun(join(directory, 'first'))
  const answer: RunAnswer = JSON.parse((await ask('/api/run?run=first', { headers: known() })).body)
  expect(answer.nodes.find(({ id }) => id === 'dense2')).toMatchObject({
    type: 'dense',
    config: { units: 1 },
    inputs: [{ input: 'x', from: 'tanh1', output: '' }],
  })
  expect(answer.series).toEqual([...run.series.keys()])
  const asked = await fetch(`${origin}/api/series?run=first&name=metrics.loss&name=nothing`, {
    headers: known(),
  })
  const numbers = new Float64Array(await asked.arrayBuffer())
  const { steps = [], times = [], values = [] } = run.series.get('metrics.loss') ?? {}
  const seconds = [...times].map(time => (time - run.started) / 1000)
  expect([...numbers]).toEqual([steps.length, ...steps, ...seconds, ...values, 0])
})

test.each<[string, string, Asked, number]>([
  ['without a token', '/api/runs', {}, 401],
  ['with another token', '/api/runs', { headers: { Authorization: `Bearer ${'x'.repeat(32)}` } }, 401],
  ['with another scheme', '/api/runs', { headers: { Authorization: 'Basic eDp4' } }, 401],
  ['for notes without a token', '/api/notes?run=first', { method: 'PATCH', body: '{"notes":"x"}' }, 401],
  ['from another page', '/api/runs', { headers: { Origin: 'http://evil.example' } }, 403],
  ['by another name', '/api/runs', { headers: { Host: 'evil.example' } }, 403],
  ['for the page by another name', '/', { headers: { Host: 'evil.example' } }, 403],
  ['for the page of a single run', '/index.html', {}, 404],
  ['for a file outside', '/..%2f..%2fpackage.json', {}, 404],
])('a request %s is refused', async (_, path, asked, status) => {
  const answer = await ask(path, asked)
  expect(answer.status).toBe(status)
  expect(answer.headers['content-security-policy']).toContain("default-src 'self'")
  expect(answer.body).not.toContain('first')
})

test.each([
  ['/api/run?run=..', 404],
  ['/api/run?run=%2e%2e%2fserving', 404],
  ['/api/run?run=__proto__', 404],
  ['/api/run', 404],
  ['/api/series?run=first/../second&name=loss', 404],
  ['/api/nothing?run=first', 404],
  ['/api/notes?run=first', 405],
])('%s is refused', async (path, status) => {
  const method = path.startsWith('/api/notes') ? 'POST' : 'GET'
  expect((await ask(path, { headers: known(), method })).status).toBe(status)
})

test('notes, tags and colour are kept beside the recording, each for itself', async () => {
  const before = readFileSync(join(directory, 'first', 'run.json'))
  expect(await note('first', { notes: 'better\nthan before' })).toMatchObject({ status: 204, body: '' })
  await note('first', { tags: ['a', 'b c'], colour: 'red' })
  expect(await rowOf('first')).toMatchObject({
    notes: 'better\nthan before',
    tags: ['a', 'b c'],
    colour: 'red',
  })
  await note('first', { colour: null, notes: '' })
  expect(await rowOf('first')).toMatchObject({ notes: '', tags: ['a', 'b c'], colour: null })
  expect(readFileSync(join(directory, 'first', 'run.json'))).toEqual(before)
  const { format, version, tags } = JSON.parse(readFileSync(join(directory, 'first', 'notes.json'), 'utf8'))
  expect({ format, version, tags }).toEqual({ format: 'gradstream-notes', version: 1, tags: ['a', 'b c'] })
  // Nothing is left of writing it.
  expect(readdirSync(join(directory, 'first')).filter(name => name.startsWith('.'))).toEqual([])
  // Nor is the recording any different.
  expect((await readRun(join(directory, 'first'))).notes).toBe('as recorded')
})

test('of changes at the same moment, none is lost', async () => {
  for (let i = 0; i < 10; i++) {
    const [notes, tags, colour] = [`${i}`, [`t${i}`], ['red', 'blue'][i % 2] as string]
    await Promise.all([note('first', { notes }), note('first', { tags }), note('first', { colour })])
    expect(await rowOf('first')).toMatchObject({ notes, tags, colour })
  }
})

test.each([
  [{ colour: 'url(x)' }],
  [{ colour: 5 }],
  [{ tags: ['a', 'a'] }],
  [{ tags: [' a'] }],
  [{ tags: [''] }],
  [{ tags: 'a' }],
  [{ tags: Array.from({ length: 33 }, (_, i) => `${i}`) }],
  [{ notes: 'x'.repeat(10_001) }],
  [{ notes: null }],
  [{ name: 'another' }],
  [JSON.parse('{"__proto__": {"notes": "x"}}')],
  [[]],
  ['text'],
  [null],
])('notes of %j are refused, and nothing is written', async change => {
  const folder = join(directory, 'second')
  expect(await note('second', change)).toMatchObject({
    status: 400,
    body: expect.stringContaining('INVALID_OPTION'),
  })
  expect(existsSync(join(folder, 'notes.json'))).toBe(false)
})

test('more than fits into notes is refused before it is kept', async () => {
  const answer = await note('second', { notes: 'x'.repeat(100_000) }).catch((error: Error) => error)
  if (!(answer instanceof Error)) expect(answer.status).toBe(400)
  expect(existsSync(join(directory, 'second', 'notes.json'))).toBe(false)
})

test('hostile folders are told in words, and hide no other run', async () => {
  const hostile = await scratchFolder('hostile')
  const { trainer, scheduler } = trial({ runId: 'whole' })
  const { folder } = recordRun(trainer, hostile)
  await finish(trainer, scheduler)
  const description = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
  const copies = {
    strange: {
      graph: { nodes: [null, 5, {}, { id: 5 }, { id: 'a', type: {}, config: [1], inputs: { x: null } }] },
    },
    odd: {
      hyperparameters: { __proto__: null, sgd1: { learningRate: { deep: [1] } }, a: 'x'.repeat(1e6), b: [] },
      follows: { sgd1: { learningRate: 'stream' } },
      settings: { epochs: 1, batchSize: 1, seed: {} },
      data: { samples: 'many' },
    },
    nameless: { runId: 5 },
  }
  for (const [name, change] of Object.entries(copies)) {
    mkdirSync(join(hostile, name))
    writeFileSync(join(hostile, name, 'run.json'), JSON.stringify({ ...description, ...change }))
    writeFileSync(join(hostile, name, 'series.json'), readFileSync(join(folder, 'series.json')))
  }
  mkdirSync(join(hostile, 'noted'))
  for (const file of ['run.json', 'series.json'])
    writeFileSync(join(hostile, 'noted', file), readFileSync(join(folder, file)))
  writeFileSync(
    join(hostile, 'noted', 'notes.json'),
    '{"format":"gradstream-notes","version":1,"tags":"<script>"}',
  )
  mkdirSync(join(hostile, 'directory', 'run.json'), { recursive: true })
  const outside = await scratchFolder('outside')
  mkdirSync(join(hostile, 'linked'))
  symlinkSync(join(outside, 'run.json'), join(hostile, 'linked', 'run.json'))
  const served = await serveRuns(hostile, { port: 0, print: () => undefined })
  const [address, secret] = served.url.split('/#')
  const headers = { Authorization: `Bearer ${secret}` }
  const { runs, broken }: RunsAnswer = (await (
    await fetch(`${address}/api/runs`, { headers })
  ).json()) as RunsAnswer
  expect(runs.map(row => row.folder).sort()).toEqual(['odd', 'strange', 'whole'])
  expect(broken.map(one => one.folder).sort()).toEqual(
    expect.arrayContaining(['directory', 'nameless', 'noted']),
  )
  expect(broken.every(({ message }) => message.length > 20)).toBe(true)
  const odd = runs.find(row => row.folder === 'odd')
  expect(odd?.hyperparameters).toMatchObject({ 'sgd1.learningRate': 'stream', b: '[]' })
  expect(String(odd?.hyperparameters.a).length).toBeLessThan(200)
  const strange = (await (await fetch(`${address}/api/run?run=strange`, { headers })).json()) as RunAnswer
  expect(strange.nodes).toEqual([
    { id: 'a', type: '[object Object]', config: {}, inputs: [{ input: 'x', from: 'undefined', output: '' }] },
  ])
  await served.close()
  for (const folder of [hostile, outside]) rmSync(folder, { recursive: true })
})

test('a run that goes on is read again, and one that is removed is gone', async () => {
  const live = await scratchFolder('live')
  const { trainer, scheduler } = trial({ runId: 'live' })
  const { folder } = recordRun(trainer, live)
  const served = await serveRuns(live, { port: 0, print: () => undefined })
  const [address, secret] = served.url.split('/#')
  const listed = async () => {
    const answer = await fetch(`${address}/api/runs`, { headers: { Authorization: `Bearer ${secret}` } })
    return ((await answer.json()) as RunsAnswer).runs
  }
  expect(await listed()).toMatchObject([{ status: 'idle', step: 0 }])
  await finish(trainer, scheduler)
  expect(await listed()).toMatchObject([{ status: 'finished', step: trainer.state.step }])
  rmSync(folder, { recursive: true })
  expect(await listed()).toEqual([])
  await served.close()
  rmSync(live, { recursive: true })
})

test('a directory that is not there, and a port that is none, are refused at once', async () => {
  const silent = { print: () => undefined }
  expect(await rejectionOf(serveRuns(join(directory, 'nowhere'), silent))).toMatchObject({
    code: 'FILE_NOT_READ',
  })
  for (const port of [-1, 65_536, 1.5, Number.NaN])
    expect(await rejectionOf(serveRuns(directory, { ...silent, port }))).toMatchObject({
      code: 'INVALID_OPTION',
    })
  const taken = Number(new URL(page.url).port)
  expect(await rejectionOf(serveRuns(directory, { ...silent, port: taken }))).toMatchObject({
    code: 'PORT_UNAVAILABLE',
  })
})

/** Tables and event files of other programs, served. */
async function servedOthers() {
  const own = await scratchFolder('others-served')
  const tables = {
    'keras/log.csv': 'epoch,loss,val_loss\n0,0.9,1\n1,0.5,0.7\n2,0.4,0.8\n',
    'sweep.csv': 'run,step,loss\na,1,3\na,2,2\nb,1,5\n__proto__,1,4\n',
    'prices.csv': 'item,price\nbread,2\n',
  }
  mkdirSync(join(own, 'keras'))
  for (const [file, table] of Object.entries(tables)) writeFileSync(join(own, file), table)
  const served = await serveRuns(own, { port: 0, print: () => undefined })
  onTestFinished(async () => {
    await served.close()
    rmSync(own, { recursive: true })
  })
  const [place = '', secret = ''] = served.url.split('/#')
  const headers = { Authorization: `Bearer ${secret}` }
  const asked = (path: string, method = 'GET', body?: string) =>
    fetch(`${place}${path}`, { method, headers, ...(body !== undefined && { body }) })
  const listed = async (): Promise<RunsAnswer> => JSON.parse(await (await asked('/api/runs')).text())
  const note = (run: string, change: unknown) =>
    asked(`/api/notes?run=${encodeURIComponent(run)}`, 'PATCH', JSON.stringify(change))
  const contents = () => Object.keys(tables).map(file => readFileSync(join(own, file), 'utf8'))
  return { own, tables, asked, listed, note, contents, notesFile: join(own, 'other-notes.json') }
}

const OTHERS = ['keras/log.csv', 'sweep.csv#__proto__', 'sweep.csv#a', 'sweep.csv#b']

test('runs of other programs are in the table, with their curves', async () => {
  const { own, asked, listed } = await servedOthers()
  const { runs, broken } = await listed()
  expect(broken).toEqual([])
  expect(runs.map(({ folder }) => folder).sort()).toEqual(OTHERS)
  for (const { status, epochs, settings, tags } of runs)
    expect({ status, epochs, seed: settings.seed, tags }).toEqual({
      ...{ status: 'unknown', epochs: null, seed: null, tags: [] },
    })
  for (const { folder } of runs) {
    const name = encodeURIComponent(folder)
    const { series }: RunAnswer = JSON.parse(await (await asked(`/api/run?run=${name}`)).text())
    const [figure] = series.filter(each => each.includes('loss'))
    const points = await (await asked(`/api/series?run=${name}&name=metrics.${figure}`)).arrayBuffer()
    const [count = 0, ...numbers] = new Float64Array(points)
    const { values = [] } = (await readRun(join(own, folder))).series.get(figure as string) ?? {}
    expect(numbers.slice(2 * count)).toEqual([...values])
    expect(count).toBeGreaterThan(0)
  }
  expect(readdirSync(own).sort()).toEqual(['keras', 'prices.csv', 'sweep.csv'])
})

test('what is said about them is kept in a file of the directory, and theirs are left as they are', async () => {
  const { own, tables, asked, listed, note, contents, notesFile } = await servedOthers()
  await listed()
  for (const [i, run] of OTHERS.entries()) {
    await Promise.all([
      note(run, { notes: `n${i}` }),
      note(run, { tags: [`t${i}`] }),
      note(run, { colour: 'red' }),
    ])
    await note(run, { colour: i % 2 ? null : 'teal' })
  }
  const said = (await listed()).runs.map(({ folder, notes, tags, colour }) => ({
    folder,
    notes,
    tags,
    colour,
  }))
  expect(said.sort((a, b) => (a.folder < b.folder ? -1 : 1))).toEqual(
    OTHERS.map((folder, i) => ({ folder, notes: `n${i}`, tags: [`t${i}`], colour: i % 2 ? null : 'teal' })),
  )
  const answer: RunAnswer = JSON.parse(await (await asked('/api/run?run=sweep.csv%23a')).text())
  expect(answer.notes).toBe(notesFile)
  // Another server finds it again.
  const again = await serveRuns(own, { port: 0, print: () => undefined })
  const [place, secret] = again.url.split('/#')
  const found = await fetch(`${place}/api/runs`, { headers: { Authorization: `Bearer ${secret}` } })
  expect(((await found.json()) as RunsAnswer).runs).toEqual((await listed()).runs)
  await again.close()
  expect(contents()).toEqual(Object.values(tables))
  expect(readdirSync(own).sort()).toEqual(['keras', 'other-notes.json', 'prices.csv', 'sweep.csv'])
  expect(readdirSync(join(own, 'keras'))).toEqual(['log.csv'])
  // What is taken back leaves nothing behind.
  for (const run of OTHERS) await note(run, { notes: '', tags: [], colour: null })
  expect(JSON.parse(readFileSync(notesFile, 'utf8')).runs).toEqual({})
})

test('what is no note is refused for them as well, and so is more than their file may have', async () => {
  const { listed, note, notesFile } = await servedOthers()
  await listed()
  for (const change of [{ colour: 'url(x)' }, { tags: ['a', 'a'] }, { notes: 5 }, [], null, { more: 1 }])
    expect((await note('sweep.csv#a', change)).status).toBe(400)
  expect((await note('sweep.csv#nobody', { notes: 'x' })).status).toBe(404)
  expect((await note('prices.csv', { notes: 'x' })).status).toBe(404)
  expect(existsSync(notesFile)).toBe(false)
  const one = { notes: 'é'.repeat(10_000), tags: [], colour: null }
  const full = { format: 'gradstream-other-notes', version: 1, runs: {} as Record<string, unknown> }
  for (let i = 0; i < 52; i++) full.runs[`gone-${i}`] = one
  writeFileSync(notesFile, JSON.stringify(full))
  const refused = await note('sweep.csv#a', one)
  expect({ status: refused.status, words: await refused.text() }).toEqual({
    status: 400,
    words: expect.stringContaining('Shorten some of them'),
  })
  expect(JSON.parse(readFileSync(notesFile, 'utf8'))).toEqual(full)
  expect((await note('sweep.csv#a', { notes: 'short' })).status).toBe(204)
})

test.each(['{', '[]', '{"format":"gradstream-other-notes","version":2,"runs":{}}', ' '.repeat(2 ** 20 + 1)])(
  'a damaged file of what is said about them hides no run, and is not written over (%#)',
  async text => {
    const { listed, note, notesFile } = await servedOthers()
    writeFileSync(notesFile, text)
    const { runs, broken } = await listed()
    expect(runs.map(({ folder }) => folder).sort()).toEqual(OTHERS)
    expect(broken).toMatchObject([{ folder: 'other-notes.json' }])
    expect((await note('sweep.csv#a', { notes: 'x' })).status).toBe(500)
    expect(readFileSync(notesFile, 'utf8')).toBe(text)
    rmSync(notesFile)
    expect((await note('sweep.csv#a', { notes: 'x' })).status).toBe(204)
    expect((await listed()).broken).toEqual([])
  },
)

test('nothing is written where the directory itself is the folder of another program', async () => {
  const own = await scratchFolder('others-itself')
  const { trainer, scheduler } = trial({ runId: 'first' })
  recordRun(trainer, join(own, 'runs'), { tensorboard: true })
  await finish(trainer, scheduler)
  const folder = join(own, 'runs', 'first')
  const events = readdirSync(folder).find(name => name.includes('tfevents')) as string
  mkdirSync(join(own, 'others'))
  writeFileSync(join(own, 'others', events), readFileSync(join(folder, events)))
  const served = await serveRuns(join(own, 'others'), { port: 0, print: () => undefined })
  const [place, secret] = served.url.split('/#')
  const headers = { Authorization: `Bearer ${secret}` }
  const { runs } = (await (await fetch(`${place}/api/runs`, { headers })).json()) as RunsAnswer
  expect(runs).toHaveLength(1)
  const url = `${place}/api/notes?run=${encodeURIComponent(runs[0]?.folder ?? '')}`
  const refused = await fetch(url, { method: 'PATCH', headers, body: '{"notes":"x"}' })
  expect(refused.status).toBe(400)
  expect(await refused.text()).toContain('Show the folder above it')
  expect(readdirSync(join(own, 'others'))).toEqual([events])
  await served.close()
  rmSync(own, { recursive: true })
})
