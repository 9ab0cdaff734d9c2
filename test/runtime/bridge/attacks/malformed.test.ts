/** Thousands of messages that are none: nothing breaks, nothing stays, and an honest client goes on. */
import { setImmediate } from 'node:timers/promises'
import type { Bridge, Trainer } from 'gradstream'
import { expect, onTestFinished, test } from 'vitest'
import { serverOf } from '../../../../runtime/bridge/server/open-bridge.ts'
import { countOf } from '../../../support/counts.ts'
import { quietSocket } from '../../../support/quiet-socket.ts'
import { DEPTH, type Frame, first, framesOf, randomOf } from './frames.ts'
import { expectFlat, expectUnharmed, Guest, honest, scene, until, upgradeText, wire } from './support.ts'
import { taken } from './taken.ts'

/** Before it is measured, and while it is. */
const WARMING = countOf({ usual: 1000, full: 4000 })
const FRAMES = countOf({ usual: 1000, full: 20_000 })
const ON_SOCKETS = countOf({ usual: 25, full: 3000 })
const MOST_BYTES = 64 * 1024

/** Sends frames through sessions in this process: each has a role, or none, and lives as long as it is let. */
async function drive(bridge: Bridge, frames: Iterable<Frame>) {
  const server = serverOf(bridge)
  const tokens = [bridge.tokens.controller, bridge.tokens.viewer, bridge.tokens.controller, undefined]
  const ends = new Map<number, number>()
  let sent = 0
  let sessions = 0
  let session: ReturnType<typeof server.accept> | undefined
  let isOver = false
  for (const frame of frames) {
    if (!session || isOver) {
      isOver = false
      session = server.accept({
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

test(`${FRAMES} malformed frames break nothing, leave nothing, and an honest client goes on`, async () => {
  const seen = uncaught()
  const before = prototypes()
  const { bridge, trainer } = await scene()
  const errors = new Set<string>()
  trainer.errors$.subscribe(({ message }) => errors.add(message))
  const client = await honest(bridge)
  // What is kept at most, outcomes and events, is there before it is measured.
  await drive(bridge, first(WARMING, framesOf(1)))
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

const DEEP = `{"type":"set","node":"sgd1","values":{"learningRate":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}}`

/** What those who listen to a run throw while something is done to it. */
async function thrownAt(work: (scene: { bridge: Bridge; trainer: Trainer }) => unknown): Promise<string[]> {
  const { bridge, trainer } = await scene()
  const errors: string[] = []
  trainer.errors$.subscribe(({ code }) => errors.push(code))
  await work({ bridge, trainer })
  await setImmediate()
  return errors
}

test('a command too deep to be told to others breaks nobody who listens', async () => {
  const thrown = await thrownAt(({ bridge }) => {
    const session = serverOf(bridge).accept({ send: () => undefined, close: () => undefined, pending: 0 })
    session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.controller }))
    session.receive(`{"type":"command","id":"deep","command":${DEEP}}`)
    session.close()
  })
  expect(thrown).toEqual([])
})

test('past the bridge, it does', async () => {
  const thrown = await thrownAt(({ trainer }) => trainer.send(JSON.parse(DEEP)).catch(() => undefined))
  expect(thrown).toEqual(['SUBSCRIBER_FAILED'])
})

/** Sends one frame after the other, each when the one before is dealt with, over as many sockets as it takes. */
async function sendOver(bridge: Bridge, frames: Iterator<Frame>, ends: Map<number, number>): Promise<number> {
  let sent = 0
  let messages = 0
  let next = frames.next()
  while (!next.done) {
    const socket = quietSocket(`ws://127.0.0.1:${bridge.port}/socket`)
    let code: number | undefined
    let wake = (): void => undefined
    const heard = (holds: (text: string) => boolean) =>
      new Promise<void>(resolve => {
        wake = resolve
        socket.on('message', function listen(data) {
          if (!holds(String(data))) return
          socket.off('message', listen)
          resolve()
        })
      })
    socket.on('close', given => {
      code = given
      ends.set(given, (ends.get(given) ?? 0) + 1)
      wake()
    })
    await new Promise(resolve => socket.once('open', resolve))
    messages = 0
    // Every fourth does not say who it is.
    if (sent % 4 !== 3) {
      const welcome = heard(text => text.includes('"welcome"'))
      socket.send(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.controller }))
      await welcome
    }
    while (!next.done && code === undefined && messages++ < 90) {
      const mark = `mark${sent++}`
      const answer = heard(text => text.includes(`"id":"${mark}"`))
      socket.send(next.value)
      socket.send(JSON.stringify({ type: 'series', id: mark, name: 'loss' }))
      await answer
      next = frames.next()
    }
    socket.terminate()
  }
  return sent
}

test(`${ON_SOCKETS} malformed frames over sockets break nothing, leave nothing, and an honest client goes on`, async () => {
  const seen = uncaught()
  const { bridge } = await scene()
  const client = await honest(bridge)
  const ends = new Map<number, number>()
  // One source for all of them: who is ready takes the next frame.
  const send = async (count: number, seed: number) => {
    const frames = first(count, framesOf(seed, MOST_BYTES))
    const lanes = await Promise.all(Array.from({ length: 32 }, () => sendOver(bridge, frames, ends)))
    return lanes.reduce((sum, sent) => sum + sent, 0)
  }
  await send(Math.min(2000, 3 * ON_SOCKETS), 4)
  expect(await expectFlat(() => send(ON_SOCKETS, 3))).toBe(ON_SOCKETS)
  expect([...ends.keys()].filter(code => ![1002, 1005, 1006, 1007, 1008, 4401].includes(code))).toEqual([])
  expect(ends.get(1002)).toBeGreaterThan(ON_SOCKETS / 10)
  await expectUnharmed(client)
  expect(seen).toEqual([])
})

test('100,000 levels are more than a message may have bytes', async () => {
  const { bridge } = await scene()
  const client = await honest(bridge)
  const guest = await new Guest(bridge).hello(bridge.tokens.controller)
  guest.send(`{"type":"command","id":"deep","command":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`)
  expect(await guest.end()).toBe(1009)
  await expectUnharmed(client)
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
  const session = serverOf(bridge).accept({
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
  taken.add('check of messages')
  expect(await refused(frame)).toBe(false)
})
