/** Addresses that stay from run to run: in files that only their owner can read, few and small. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type Bridge, type BridgeOptions, openBridge, type Trainer } from 'gradstream'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connectBridge } from '../../../client.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { rejectionOf, trial } from '../support.ts'

const CONTROLLER = 'a-controller-0123456789'

let trainer: Trainer
let settings: string
let printed: string[]

beforeEach(async () => {
  trainer = trial().trainer
  settings = await scratchFolder('settings')
  printed = []
  vi.stubEnv('XDG_CONFIG_HOME', settings)
})
afterEach(() => {
  vi.unstubAllEnvs()
  trainer.dispose()
  rmSync(settings, { recursive: true })
})

const folder = () => join(settings, 'gradstream', 'addresses')
const fileOf = (name: string) => join(folder(), `${name}.json`)
const kept = (name = 'trial') => JSON.parse(readFileSync(fileOf(name), 'utf8'))

async function opened(options: BridgeOptions = {}): Promise<Bridge> {
  const print = (line: string) => void printed.push(line)
  const bridge = await openBridge(trainer, { remember: 'trial', print, ...options })
  onTestFinished(() => bridge.close())
  return bridge
}

/** Opens a bridge, closes it, and tells its address. */
async function once(options: BridgeOptions = {}): Promise<string> {
  const bridge = await opened(options)
  await bridge.close()
  return bridge.url
}

test('the next run has the same address, and another name another one', async () => {
  const url = await once({ port: 0 })
  expect(await once()).toBe(url)
  expect(await once()).toBe(url)
  expect(printed).toEqual(Array(3).fill(`Watch the run: ${url}`))
  expect(new URL(await once({ remember: 'other', port: 0 })).hash).not.toBe(new URL(url).hash)
  expect(await once()).toBe(url)
})

test('what is asked for goes before what is kept, and is kept from then on', async () => {
  await once({ port: 0 })
  const { port, tokens } = kept()
  await once({ tokens: { controller: CONTROLLER } })
  expect(kept()).toEqual({ port, tokens: { ...tokens, controller: CONTROLLER } })
  const other = new URL(await once({ port: 0 }))
  expect(kept().port).toBe(Number(other.port))
  expect(await once()).toBe(other.href)
})

test('new tokens make the old ones worthless, and leave the port', async () => {
  const old = new URL(await once({ port: 0 }))
  const bridge = await opened({ newTokens: true })
  expect(new URL(bridge.url).port).toBe(old.port)
  expect(new URL(bridge.url).hash).not.toBe(old.hash)
  const client = connectBridge(old.href)
  onTestFinished(() => client.close())
  await expect.poll(() => client.state$).toBeDefined()
  expect(
    await rejectionOf(new Promise((_, reject) => client.state$.subscribe({ error: reject }))),
  ).toMatchObject({
    code: 'UNAUTHORIZED',
  })
})

test('a second run at the same time takes a free port, and the kept one stays', async () => {
  const first = await opened({ port: 0 })
  const second = await opened()
  expect(second.port).not.toBe(first.port)
  expect(second.tokens).toEqual(first.tokens)
  expect(printed).toContain(
    `The usual port of "trial", ${first.port}, is in use. This time it is ${second.port}.`,
  )
  expect(kept().port).toBe(first.port)
  expect(await rejectionOf(opened({ port: first.port }))).toMatchObject({ code: 'PORT_UNAVAILABLE' })
})

test('a port that was in use the first time is not the one that is kept', async () => {
  const taken = createServer()
  await new Promise<void>(resolve =>
    taken.listen(8080, '127.0.0.1', () => resolve()).on('error', () => resolve()),
  )
  onTestFinished(() => void taken.close())
  const url = await once()
  expect(new URL(url).port).not.toBe('8080')
  expect(kept().port).toBe(Number(new URL(url).port))
})

test('without a name, nothing is kept', async () => {
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
  await bridge.close()
  expect(readdirSync(settings)).toEqual([])
})

describe.runIf(process.platform !== 'win32')('the file', () => {
  test('is readable for its owner alone, and so is its folder', async () => {
    await once({ port: 0 })
    expect(statSync(fileOf('trial')).mode & 0o777).toBe(0o600)
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder())).toEqual(['trial.json'])
  })

  test.each([0o640, 0o604, 0o620, 0o666])(
    'that others could open (%o) is refused, and no token told',
    async mode => {
      await once({ port: 0 })
      const { tokens } = kept()
      chmodSync(fileOf('trial'), mode)
      const error = await rejectionOf(opened())
      expect(error).toMatchObject({ code: 'FILE_NOT_READ', got: 'one that others can' })
      expect(String(error)).not.toContain(tokens.controller)
    },
  )

  test('that is a link is refused', async () => {
    await once({ port: 0 })
    const aside = join(settings, 'aside.json')
    writeFileSync(aside, readFileSync(fileOf('trial')), { mode: 0o600 })
    rmSync(fileOf('trial'))
    symlinkSync(aside, fileOf('trial'))
    expect(await rejectionOf(opened())).toMatchObject({ code: 'FILE_NOT_READ', got: 'a link' })
  })
})

const tokens = { controller: CONTROLLER, viewer: 'a-viewer-0123456789abc' }
test.each([
  '',
  'null',
  '[]',
  '{"port":80',
  JSON.stringify({ port: 0, tokens }),
  JSON.stringify({ port: 65_536, tokens }),
  JSON.stringify({ port: 8080.5, tokens }),
  JSON.stringify({ port: 8080, tokens: { controller: CONTROLLER } }),
  JSON.stringify({ port: 8080, tokens: { ...tokens, viewer: 'short' } }),
  JSON.stringify({ port: 8080, tokens: { controller: CONTROLLER, viewer: CONTROLLER } }),
  ' '.repeat(5000),
])('a file with something else is refused, and stays: %j', async text => {
  mkdirSync(folder(), { recursive: true })
  writeFileSync(fileOf('trial'), text, { mode: 0o600 })
  expect(await rejectionOf(opened())).toMatchObject({ code: 'FILE_NOT_READ' })
  expect(readFileSync(fileOf('trial'), 'utf8')).toBe(text)
})

test.each(['', '.', '..', '../up', 'a/b', 'a\\b', '-x', 'x'.repeat(65), 'a\0b', 7 as never])(
  '%j is no name',
  async name => {
    expect(await rejectionOf(opened({ remember: name }))).toMatchObject({ code: 'INVALID_OPTION' })
  },
)

test('of many names, those that were not used for longest go', async () => {
  mkdirSync(folder(), { recursive: true })
  for (let i = 0; i < 100; i++) writeFileSync(fileOf(`old-${i}`), '{}')
  await once({ port: 0 })
  expect(readdirSync(folder())).toHaveLength(64)
  expect(readdirSync(folder())).toContain('trial.json')
})

test('where nothing can be kept, the run is served all the same, and says so', async () => {
  writeFileSync(join(settings, 'gradstream'), 'in the way')
  const bridge = await opened({ port: 0 })
  expect(printed.join('\n')).toMatch(/The address is not kept for the next run: ENOTDIR|EEXIST/)
  expect(bridge.port).toBeGreaterThan(0)
})
