/** Twenty thousand messages that are none: nothing breaks, nothing stays, and an honest client goes on. */
import { setImmediate } from 'node:timers/promises'
import type { Bridge } from 'gradstream'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { hubOf } from '../../../../runtime/bridge/server/open-bridge.ts'
import { Session } from '../../../../runtime/bridge/server/session.ts'
import { expectFlat, expectUnharmed, Guest, honest, scene, until, upgradeText, wire } from './support.ts'

const taken = vi.hoisted(() => new Set<string>())
vi.mock('../../../../runtime/bridge/server/messages.ts', async original => {
  const actual = await original<typeof import('../../../../runtime/bridge/server/messages.ts')>()
  const messageOf: typeof actual.messageOf = text =>
    taken.has('messageOf') ? JSON.parse(text) : actual.messageOf(text)
  return { ...actual, messageOf }
})
afterEach(() => {
  taken.clear()
  vi.restoreAllMocks()
})

const FRAMES = 20_000
const MOST_BYTES = 64 * 1024

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Messages in order, which are spoilt. */
const VALID: readonly object[] = [
  { type: 'hello', protocol: 1, token: 'a-token-of-somebody', name: 'x', session: 's', version: 1, event: 2 },
  { type: 'ack', version: 3, received: 4 },
  { type: 'sync', version: 5 },
  { type: 'command', id: 'c', command: { type: 'pause' } },
  { type: 'command', id: 'c', command: { type: 'step', count: 2 } },
  {
    type: 'command',
    id: 'c',
    command: { type: 'set', node: 'sgd1', values: { learningRate: 0.1 }, revision: 0 },
  },
  { type: 'watch', id: 'w', query: { node: 'dense1', of: 'forward', what: 'histogram', bins: 8, rate: 5 } },
  {
    type: 'watch',
    id: 'v',
    query: { node: 'dense1', of: 'value', parameter: 'kernel', what: 'quantiles', at: [0.5] },
  },
  { type: 'unwatch', id: 'u', watch: 'w' },
  { type: 'series', id: 's', name: 'loss', from: 0, to: 9, points: 10 },
  { type: 'predict', id: 'p', inputs: { x: [[0, 1]] } },
  { type: 'predict', id: 'q', of: 'data', count: 2 },
]

/** What no field should hold, as JSON. */
const STRANGE = [
  ...['null', 'true', '""', '"x"', '[]', '{}', '[[]]', '{"length":4294967296}', '"\\u0000"', '"\\ud800"'],
  ...[
    '-1',
    '0',
    '-0',
    '0.5',
    '1e999',
    '-1e999',
    '1e-999',
    '1e308',
    '9007199254740993',
    '4294967296',
    '2147483648',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '"prototype"',
    '"toString"',
    '"hasOwnProperty"',
    '"*"',
    '"NaN"',
    '"../../x"',
  ],
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  `"${'x'.repeat(257)}"`,
  `[${'0,'.repeat(5000)}0]`,
  `{"toJSON":1,"then":1,"valueOf":1}`,
]
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
  '',
  '0',
  'length',
  'type',
]

type Frame = string | Uint8Array

/** Frames without end, the same for the same seed; a deep or a large one now and then. */
function* framesOf(seed: number): Generator<Frame> {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const one = <T>(choices: readonly T[]) => choices[below(choices.length)] as T
  const bytes = () => Uint8Array.from({ length: below(random() < 0.02 ? 4096 : 64) }, () => below(256))
  const spoilt = () => {
    let text = JSON.stringify(one(VALID))
    for (let times = 1 + below(4); times > 0; times--) {
      const [from, to] = [below(text.length), below(8)]
      const piece = one([String.fromCharCode(below(128)), text.slice(from, from + to), '', one(STRANGE)])
      text = text.slice(0, from) + piece + text.slice(from + to)
    }
    return text
  }
  /** A message with something strange in one of its places, at any depth. */
  const misfilled = () => {
    const valid = structuredClone(one(VALID)) as Record<string, unknown>
    let inner: Record<string, unknown> = valid
    while (random() < 0.6) {
      const records = Object.values(inner).filter(value => typeof value === 'object' && value !== null)
      if (records.length === 0) break
      inner = one(records) as Record<string, unknown>
    }
    const found = random() < 0.8 ? one(Object.keys(inner)) : one(KEYS)
    const key = Array.isArray(inner) ? '0' : found
    const mark = '@@'
    Object.defineProperty(inner, key, { value: mark, enumerable: true, configurable: true, writable: true })
    return JSON.stringify(valid).replace(`"${mark}"`, () => one(STRANGE))
  }
  const deep = () => {
    const depth = 30_000 - below(1000)
    const [open, close] = one([
      ['[', ']'],
      ['[', ''],
      ['{"":', '}'],
    ] as const)
    const levels = open === '[' ? depth : Math.floor(depth / 3)
    const nest = open.repeat(levels) + (open === '[' ? '' : '0') + close.repeat(levels)
    return one([
      nest,
      `{"type":${nest}}`,
      `{"type":"command","id":"d${below(1e6)}","command":${nest}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":${nest}}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":"set","node":"sgd1","values":{"learningRate":${nest}}}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":"set","node":"sgd1","values":{"x":${nest}}}}`,
      `{"type":"watch","id":"d","query":{"node":${nest},"of":"forward","what":"stats"}}`,
      `{"type":"watch","id":"d","query":{"node":"dense1","of":"forward","what":"quantiles","at":${nest}}}`,
      `{"type":"predict","id":"d","inputs":{"x":${nest}}}`,
      `{"type":"series","id":"d","name":${nest}}`,
    ]).slice(0, MOST_BYTES)
  }
  for (;;) {
    const share = random()
    if (share < 0.1) yield bytes()
    else if (share < 0.2) yield Buffer.from(bytes()).toString('latin1')
    else if (share < 0.55) yield spoilt()
    else if (share < 0.98) yield misfilled()
    else yield deep()
  }
}

/** Sends frames through sessions in this process: each has a role, or none, and lives as long as it is let. */
async function drive(bridge: Bridge, frames: Iterable<Frame>) {
  const hub = hubOf(bridge)
  const tokens = [bridge.tokens.controller, bridge.tokens.viewer, bridge.tokens.controller, undefined]
  const ends = new Map<number, number>()
  let sent = 0
  let sessions = 0
  let session: ReturnType<typeof hub.accept> | undefined
  let isOver = false
  for (const frame of frames) {
    if (!session || isOver) {
      isOver = false
      session = hub.accept({
        send: () => undefined,
        close: code => {
          isOver = true
          ends.set(code, (ends.get(code) ?? 0) + 1)
        },
        pending: 0,
      })
      const token = tokens[sessions++ % tokens.length]
      if (token !== undefined) session.receive(JSON.stringify({ type: 'hello', protocol: 1, token }))
    }
    session.receive(frame)
    if (++sent % 200 === 0) await setImmediate()
  }
  session?.close()
  return { sent, sessions, ends }
}

function* first<T>(count: number, items: Iterable<T>): Generator<T> {
  for (const item of items) {
    if (count-- <= 0) return
    yield item
  }
}

/** What nobody has caught while a test ran. */
function uncaught(): unknown[] {
  const seen: unknown[] = []
  const listener = (thrown: unknown) => seen.push(thrown)
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, listener)
    onTestFinished(() => void process.off(event, listener))
  }
  return seen
}

/** What objects have that was not there before. */
const prototypes = () =>
  [Object.prototype, Array.prototype, Function.prototype].map(of => Reflect.ownKeys(of).length)

test('20,000 malformed frames break nothing, leave nothing, and an honest client goes on', async () => {
  const seen = uncaught()
  const before = prototypes()
  const { bridge, trainer } = await scene()
  const errors = new Set<string>()
  trainer.errors$.subscribe(({ message }) => errors.add(message))
  const client = await honest(bridge)
  // What is kept at most, outcomes and events, is there before it is measured.
  await drive(bridge, first(4000, framesOf(1)))
  const { sent, ends } = await expectFlat(() => drive(bridge, first(FRAMES, framesOf(2))))
  await expectUnharmed(client)
  expect(sent).toBe(FRAMES)
  expect([...ends.keys()].every(code => [1002, 1008, 4401].includes(code))).toBe(true)
  expect(ends.get(1002)).toBeGreaterThan(FRAMES / 4)
  expect(bridge.clients).toHaveLength(1)
  expect(prototypes()).toEqual(before)
  expect('polluted' in {}).toBe(false)
  expect(seen).toEqual([])
  expect([...errors]).toEqual([])
})

/** What those who listen to a run throw when a command of 30,000 levels comes. */
async function thrownAtDeepCommand(): Promise<string[]> {
  const { bridge, trainer } = await scene()
  const errors: string[] = []
  trainer.errors$.subscribe(({ code }) => errors.push(code))
  const guest = await new Guest(bridge).hello(bridge.tokens.controller)
  const nest = '['.repeat(30_000) + ']'.repeat(30_000)
  const values = `{"learningRate":${nest}}`
  guest.send(`{"type":"command","id":"deep","command":{"type":"set","node":"sgd1","values":${values}}}`)
  await guest.ask({ type: 'series', id: 'last', name: 'loss' })
  return errors
}

test('a command too deep to be told to others breaks nobody who listens', async () => {
  expect(await thrownAtDeepCommand()).toEqual([])
})

test('without the guard, it does', async () => {
  taken.add('messageOf')
  // It writes a message as text, so nothing too deep gets past it.
  const guarded = Session.prototype as unknown as { repeatsToken(): boolean }
  vi.spyOn(guarded, 'repeatsToken').mockReturnValue(false)
  expect(await thrownAtDeepCommand()).toEqual(['SUBSCRIBER_FAILED'])
})

test('400 malformed frames over sockets break nothing', async () => {
  const seen = uncaught()
  const { bridge } = await scene()
  const client = await honest(bridge)
  const frames = [...first(400, framesOf(3))]
  for (let start = 0; start < frames.length; start += 50) {
    const guests = frames.slice(start, start + 50).map(async (frame, i) => {
      const guest = new Guest(bridge)
      await (i % 2 === 0 ? guest.hello(bridge.tokens.controller) : guest.opened())
      guest.socket.send(frame)
      const { type } = await guest.ask({ type: 'series', id: 'last', name: 'loss' })
      if (type === 'closed') expect([1002, 1007, 4401]).toContain(guest.closed?.code)
      guest.socket.terminate()
    })
    await Promise.all(guests)
  }
  await expectUnharmed(client)
  expect(seen).toEqual([])
})

test('300 streams of random bytes in place of frames break nothing', async () => {
  const seen = uncaught()
  const { bridge } = await scene()
  const client = await honest(bridge)
  const random = randomOf(4)
  const head = upgradeText([`Host: 127.0.0.1:${bridge.port}`])
  for (let start = 0; start < 300; start += 60) {
    const wires = Array.from({ length: 60 }, () => wire(bridge.port, head))
    await until(() => wires.every(({ heard }) => heard.startsWith('HTTP/1.1 101')), 'open sockets')
    for (const each of wires) {
      each.write(
        Uint8Array.from({ length: 2 + Math.floor(random() * 400) }, () => Math.floor(random() * 256)),
      )
      each.end()
    }
    await until(() => wires.every(({ gone }) => gone), 'closed sockets')
  }
  await expectUnharmed(client)
  expect(seen).toEqual([])
})

/** Each is wrong in one field alone. */
const MISFITS = [
  { type: 'ack', version: '3', received: 4 },
  { type: 'ack', version: 3, received: [4] },
  { type: 'ack', version: 3, received: 4, more: 1 },
  { type: 'ack', version: -1, received: 4 },
  { type: 'sync', version: 1.5 },
  { type: 'sync', version: null },
  { type: 'unwatch', id: '', watch: 'w' },
  { type: 'unwatch', id: 'u', watch: {} },
  { type: 'series', id: 'x'.repeat(257), name: 'loss' },
  { type: 'series', id: 's', name: 'loss', from: 'a' },
  { type: 'command', id: 7, command: { type: 'pause' } },
  { type: 'command', id: 'c', command: null },
].map(message => JSON.stringify(message))

/** Whether it ends the connection, or is answered with an error where it has an id to answer. */
async function refused(frame: string): Promise<boolean> {
  const { bridge } = await scene()
  let code: number | undefined
  let isAnswered = false
  const session = hubOf(bridge).accept({
    send: data => {
      isAnswered ||= /"type":"reply","id":"[usc]","error":{"code":"INVALID_MESSAGE"/.test(String(data))
    },
    close: given => {
      code = given
    },
    pending: 0,
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.controller }))
  session.receive(frame)
  session.close()
  return code === 1002 || isAnswered
}

test.each(MISFITS)('refuses %s', async frame => {
  expect(await refused(frame)).toBe(true)
})

test.each(MISFITS)('without the guard, takes %s', async frame => {
  taken.add('messageOf')
  expect(await refused(frame)).toBe(false)
})
