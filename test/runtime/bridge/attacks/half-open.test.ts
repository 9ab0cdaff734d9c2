/** Connections that begin something and do not end it: they are cut, and keep nobody out. */
import { EventEmitter } from 'node:events'
import type { Bridge } from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { BridgeServer, STRANGERS } from '../../../../runtime/bridge/server/bridge-server.ts'
import { Guests } from '../../../../runtime/bridge/server/guests.ts'
import { serverOf } from '../../../../runtime/bridge/server/open-bridge.ts'
import { Session } from '../../../../runtime/bridge/server/session.ts'
import {
  advance,
  exchange,
  expectFlat,
  expectUnharmed,
  Guest,
  honest,
  requestText,
  scene,
  until,
  upgradeText,
  wire,
} from './support.ts'
import { node, taken } from './taken.ts'

const BEGUN: Readonly<Record<string, string>> = {
  nothing: '',
  'half a request line': 'GET /sock',
  'half the headers': 'GET /socket HTTP/1.1\r\nHost: 127.0.0.1',
  'headers without their end': 'GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n',
  'a body that does not come': 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n123',
}

type Wire = ReturnType<typeof wire>

/** The names of those that are still there. */
const remaining = (wires: readonly (readonly [string, Wire])[]) =>
  new Set(wires.filter(([, { gone }]) => !gone).map(([name]) => name))

test('half a request is cut after 5 seconds, and without the guard it is not', async () => {
  node.shortened = 20
  const { bridge } = await scene()
  expect(node.options).toMatchObject({
    headersTimeout: 5000,
    requestTimeout: 5000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 1000,
  })
  taken.add('timeouts')
  const { bridge: unguarded } = await scene()
  const client = await honest(bridge)
  await expectFlat(async () => {
    const begin = ({ port }: Bridge) =>
      Object.entries(BEGUN).flatMap(([name, bytes]) =>
        Array.from({ length: 10 }, () => [name, wire(port, bytes)] as const),
      )
    const [control, guarded] = [begin(unguarded), begin(bridge)]
    await until(() => remaining(guarded).size === 0, 'the end')
    expect(remaining(control)).toEqual(new Set(Object.keys(BEGUN)))
  })
  await expectUnharmed(client)
})

/** A closing frame, as the bridge sends it. */
const CLOSING = '\x88'

/** How many of ten sockets are still there, so many milliseconds after a closing frame that they do not answer. */
async function unanswered(milliseconds: number): Promise<number> {
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ scheduler: clock })
  const client = await honest(bridge, new VirtualTimeScheduler())
  const head = upgradeText([`Host: 127.0.0.1:${bridge.port}`])
  const wires = Array.from({ length: 10 }, () => wire(bridge.port, head))
  await until(() => wires.every(({ heard }) => heard.startsWith('HTTP/1.1 101')), 'open sockets')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  advance(clock, 6000)
  await until(() => wires.every(({ heard }) => heard.includes(CLOSING)), 'closing frames')
  vi.advanceTimersByTime(milliseconds)
  vi.useRealTimers()
  // What was cut before this is answered is gone.
  await expectUnharmed(client)
  await exchange(bridge.port, requestText('GET', '/', [`Host: 127.0.0.1:${bridge.port}`]))
  return wires.filter(({ gone }) => !gone).length
}

test('a socket that does not answer its closing frame is cut after a second', async () => {
  expect(await unanswered(900)).toBe(10)
  expect(await unanswered(1000)).toBe(0)
})

test('without the guard, it stays', async () => {
  taken.add('closeTimeout')
  expect(await unanswered(20_000)).toBe(10)
})

/** Sockets that have said nothing for so long. */
async function silentFor(milliseconds: number): Promise<readonly Guest[]> {
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ scheduler: clock })
  const client = await honest(bridge, new VirtualTimeScheduler())
  const guests = await Promise.all(Array.from({ length: 20 }, () => new Guest(bridge).opened()))
  advance(clock, milliseconds)
  await expectUnharmed(client)
  // Whatever was sent before has arrived when the answer to something later has.
  const last = await new Guest(bridge).hello(bridge.tokens.viewer)
  await last.ask({ type: 'series', id: 'x', name: 'loss' })
  return guests
}

const closedOf = (guests: readonly Guest[]) => guests.filter(({ closed }) => closed)

test('a socket that does not say who it is has 5 seconds', async () => {
  expect(closedOf(await silentFor(4900))).toEqual([])
  const guests = await silentFor(6000)
  expect(await Promise.all(guests.map(guest => guest.end()))).toEqual(guests.map(() => 4401))
})

test('without the guard, it may be silent', async () => {
  vi.spyOn(Session.prototype, 'beat').mockImplementation(() => undefined)
  expect(closedOf(await silentFor(60_000))).toEqual([])
})

test('one that says something, but not who it is, has no longer', async () => {
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ scheduler: clock })
  const guest = await new Guest(bridge).opened()
  guest.socket.ping()
  guest.socket.send('{', { fin: false })
  advance(clock, 6000)
  expect(await guest.end()).toBe(4401)
})

const CLIENTS = 3

/** How many viewers get in, and how one more viewer and one more controller fare. */
async function oneMore() {
  const { bridge } = await scene({ connections: CLIENTS })
  const guests = await Promise.all(
    Array.from({ length: CLIENTS }, () => new Guest(bridge).hello(bridge.tokens.viewer)),
  )
  const more = async (token: string) => (await new Guest(bridge).hello(token)).closed
  const viewer = await more(bridge.tokens.viewer)
  const controller = await more(bridge.tokens.controller)
  const another = await more(bridge.tokens.controller)
  return { accepted: guests.filter(({ closed }) => !closed).length, viewer, controller, another }
}

const FULL = { code: 4429, reason: 'there are too many clients' }

test('one client more than there may be is told so, and one place is kept for a controller', async () => {
  expect(await oneMore()).toEqual({ accepted: CLIENTS, viewer: FULL, controller: undefined, another: FULL })
})

test('without the guard, all get in', async () => {
  vi.spyOn(BridgeServer.prototype, 'hasPlaceFor').mockReturnValue(true)
  const none = { viewer: undefined, controller: undefined, another: undefined }
  expect(await oneMore()).toEqual({ accepted: CLIENTS, ...none })
})

test('a wrong token is told so, also where there are too many clients', async () => {
  const { bridge } = await scene({ connections: 1 })
  await new Guest(bridge).hello(bridge.tokens.controller)
  const wrong = await new Guest(bridge).hello('a-token-of-nobody-at-all')
  expect(wrong.closed).toEqual({ code: 4401, reason: 'the token is wrong' })
})

/** How many become clients of those whose sockets were open before there were too many. */
async function clientsOfTwelve(): Promise<number> {
  const { bridge } = await scene({ connections: CLIENTS })
  const guests = await Promise.all(Array.from({ length: 4 * CLIENTS }, () => new Guest(bridge).opened()))
  await Promise.all(guests.map(guest => guest.hello(bridge.tokens.viewer)))
  return bridge.clients.length
}

test('sockets opened before there were too many do not become clients all at once', async () => {
  expect(await clientsOfTwelve()).toBe(CLIENTS)
})

test('without the guard, they do', async () => {
  vi.spyOn(BridgeServer.prototype, 'hasPlaceFor').mockReturnValue(true)
  expect(await clientsOfTwelve()).toBe(4 * CLIENTS)
})

/** How a hundred strangers stand, one after the other, when a client has come in beside them. */
async function hundredStrangers() {
  // Its clock stands still, so that nobody goes because of the time.
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ connections: CLIENTS, scheduler: clock })
  const client = await honest(bridge, clock)
  const strangers: Guest[] = []
  for (let i = 0; i < 100; i++) strangers.push(await new Guest(bridge).opened())
  const late = await new Guest(bridge).hello(bridge.tokens.viewer)
  expect(late.closed).toBeUndefined()
  await expectUnharmed(client)
  return strangers
}

test('a hundred strangers keep no client out, and the oldest of them go first', async () => {
  const strangers = await hundredStrangers()
  await until(() => strangers.filter(({ closed }) => closed).length >= 36, 'strangers that go')
  expect(strangers.slice(0, 36).map(({ closed }) => closed?.code)).toEqual(Array(36).fill(4401))
  expect(strangers.slice(37).filter(({ closed }) => closed)).toEqual([])
})

test('without the guard, all of them stay', async () => {
  const { end } = Session.prototype
  vi.spyOn(Session.prototype, 'end').mockImplementation(function (this: Session, code, reason) {
    if (reason !== 'no valid hello came in time') end.call(this, code, reason)
  })
  const strangers = await hundredStrangers()
  expect(strangers.filter(({ closed }) => closed)).toEqual([])
})

/** How many of 500 connections are still there that begin all at once, in each way that does not say who it is. */
async function stillThere(bytes: string): Promise<{ there: number; cameIn: number }> {
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ connections: 20, scheduler: clock })
  const client = await honest(bridge, clock)
  const begun = bytes.replace('HOST', `Host: 127.0.0.1:${bridge.port}`)
  let wires: Wire[] = []
  let cameIn = 0
  await expectFlat(async () => {
    wires = Array.from({ length: 500 }, () => wire(bridge.port, begun))
    await until(() => wires.every(({ gone, connecting }) => gone || !connecting), 'connections')
    const late = await Promise.all(
      Array.from({ length: 12 }, () => new Guest(bridge).hello(bridge.tokens.viewer)),
    )
    cameIn = late.filter(({ closed, messages }) => !closed && messages.length > 0).length
  })
  await expectUnharmed(client)
  return { there: wires.filter(({ gone }) => !gone).length, cameIn }
}

const UPGRADED = {
  'an open socket': upgradeText(['HOST']),
  'half an upgrade': upgradeText(['HOST']).slice(0, -2),
}

test.each(Object.entries({ ...BEGUN, ...UPGRADED }))(
  '500 connections that bring no more than %s keep no newcomer out',
  async (_, bytes) => {
    const { there, cameIn } = await stillThere(bytes)
    expect(cameIn).toBe(12)
    expect(there).toBeLessThanOrEqual(2 * STRANGERS)
  },
)

test('without the guard, all of them stay', async () => {
  taken.add('timeouts')
  vi.spyOn(Guests.prototype, 'enter').mockReturnValue(undefined)
  expect((await stillThere(BEGUN['half the headers'] as string)).there).toBe(500)
})

test('of several addresses, the one that has most makes room', () => {
  const sockets: FakeSocket[] = []
  const guests = new Guests(4)
  for (const from of ['a', 'b', 'b', 'b', 'c']) {
    const socket = new FakeSocket(from)
    sockets.push(socket)
    guests.enter(socket as never)
  }
  expect(sockets.map(({ isGone }) => isGone)).toEqual([false, true, false, false, false])
  guests.introduce(sockets[2] as never, () => true)
  guests.enter(new FakeSocket('b') as never)
  expect(sockets.filter(({ isGone }) => isGone)).toHaveLength(1)
})

class FakeSocket extends EventEmitter {
  isGone = false
  readonly remoteAddress: string

  constructor(from: string) {
    super()
    this.remoteAddress = from
  }

  destroy(): void {
    this.isGone = true
    this.emit('close')
  }
}

test('strangers that do not answer their closing frames keep no client out', async () => {
  const { bridge } = await scene({ connections: CLIENTS })
  const client = await honest(bridge)
  const head = upgradeText([`Host: 127.0.0.1:${bridge.port}`])
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (let i = 0; i < 200; i++) {
    const stranger = wire(bridge.port, head)
    await until(() => stranger.gone || stranger.heard.startsWith('HTTP/1.1 101'), 'an answer')
  }
  vi.advanceTimersByTime(1000)
  vi.useRealTimers()
  await expectUnharmed(client)
  const late = await new Guest(bridge).hello(bridge.tokens.viewer)
  expect(late.closed).toBeUndefined()
})

/** Three rounds of pings, which one client answers and another does not: how the latter ends. */
async function afterPings() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const { bridge } = await scene({ scheduler: new VirtualTimeScheduler() })
  const dead = await new Guest(bridge, { autoPong: false }).hello(bridge.tokens.viewer)
  const living = await new Guest(bridge).hello(bridge.tokens.viewer)
  let pings = 0
  living.socket.on('ping', () => pings++)
  for (let round = 1; round <= 3; round++) {
    vi.advanceTimersByTime(30_000)
    await until(() => pings === round, 'a ping')
    // Its pong has arrived when the answer to something later has.
    await living.ask({ type: 'series', id: `x${round}`, name: 'loss' })
  }
  expect(living.closed).toBeUndefined()
  return { dead, clients: serverOf(bridge).clientInfos.length }
}

test('a client that answers no ping is cut, and one that does is not', async () => {
  const { dead, clients } = await afterPings()
  expect(await dead.end()).toBe(1006)
  expect(clients).toBe(1)
})

test('without the guard, it stays', async () => {
  const terminate = vi.spyOn(WebSocket.prototype, 'terminate').mockImplementation(() => undefined)
  const { dead, clients } = await afterPings()
  terminate.mockRestore()
  expect(dead.closed).toBeUndefined()
  expect(clients).toBe(2)
})
