/** Too many messages at once: who sends them is closed, and nobody else notices. */
import { VirtualTimeScheduler } from 'rxjs'
import { expect, test, vi } from 'vitest'
import { serverOf } from '../../../../runtime/bridge/server/open-bridge.ts'
import { Session } from '../../../../runtime/bridge/server/session.ts'
import { advance, expectFlat, expectUnharmed, Guest, honest, scene, until } from './support.ts'

const MESSAGES = 10_000

/** Messages in order, each of which costs something. */
const FLOODS: Readonly<Record<string, (i: number) => object>> = {
  acknowledgements: () => ({ type: 'ack', version: 0, received: 0 }),
  'demands for all of the state': () => ({ type: 'sync' }),
  'requests for series': i => ({ type: 'series', id: `s${i}`, name: 'throughput' }),
  queries: i => ({ type: 'watch', id: `w${i}`, query: { node: 'dense1', of: 'forward', what: 'full' } }),
  commands: i => ({ type: 'command', id: `c${i}`, command: { type: 'checkpoint' } }),
  predictions: i => ({ type: 'predict', id: `p${i}`, of: 'data' }),
}

/** How a connection ends that sends so many at once; undefined where it does not. */
async function flood(make: (i: number) => object, count = MESSAGES) {
  const { bridge } = await scene()
  const client = await honest(bridge)
  const guest = await new Guest(bridge).hello(bridge.tokens.controller)
  await expectFlat(async () => {
    for (let i = 0; i < count; i++) guest.send(make(i))
    guest.send({ type: 'series', id: 'last', name: 'none' })
    const isAnswered = () => guest.messages.some(({ id }) => id === 'last')
    await until(() => guest.closed || isAnswered(), 'the end of a flood')
  })
  await expectUnharmed(client)
  return guest.closed?.code
}

test.each(Object.entries(FLOODS))('10,000 %s at once are closed with 1008', async (_, make) => {
  expect(await flood(make)).toBe(1008)
})

test('200 at once are not', async () => {
  expect(await flood(FLOODS.acknowledgements as () => object, 190)).toBeUndefined()
})

test('without the guard, 10,000 at once are taken', async () => {
  vi.spyOn(Session.prototype as unknown as { mayTalk(): boolean }, 'mayTalk').mockReturnValue(true)
  expect(await flood(FLOODS.acknowledgements as () => object)).toBeUndefined()
})

/** Sends so many messages, so many milliseconds apart, by a clock of its own; gives how many were taken. */
async function pace(count: number, milliseconds: number): Promise<number> {
  const clock = new VirtualTimeScheduler()
  const { bridge } = await scene({ scheduler: clock, rate: 1 })
  let taken = 0
  let isOver = false
  const session = serverOf(bridge).accept({
    send: () => undefined,
    close: code => {
      expect(code).toBe(1008)
      isOver = true
    },
    pending: 0,
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.viewer }))
  for (; taken < count; taken++) {
    session.receive(JSON.stringify({ type: 'ack', version: 0, received: 0 }))
    if (isOver) break
    advance(clock, milliseconds)
  }
  session.close()
  return taken
}

test('50 messages a second may go on for ever, 60 may not', async () => {
  expect(await pace(2000, 20)).toBe(2000)
  // Ten a second too many, of which 200 are forgiven.
  const taken = await pace(2000, 1000 / 60)
  expect(taken).toBeGreaterThan(1150)
  expect(taken).toBeLessThan(1250)
})

test('200 messages may come at once, the first included, and no more', async () => {
  expect(await pace(MESSAGES, 0)).toBe(199)
})

/** Floods with control frames, which are no messages; `ws` cuts who is not read fast enough. */
async function controlFlood(kind: 'ping' | 'pong') {
  const { bridge } = await scene()
  const client = await honest(bridge)
  const guest = await new Guest(bridge).hello(bridge.tokens.viewer)
  for (let i = 0; i < MESSAGES; i++) guest.socket[kind]('x'.repeat(125))
  guest.send({ type: 'series', id: 'last', name: 'none' })
  await until(() => guest.closed || guest.messages.some(({ id }) => id === 'last'), 'the end of a flood')
  await expectUnharmed(client)
  return guest.closed
}

test('10,000 pings at once, whose answers would pile up, are cut', async () => {
  expect(await controlFlood('ping')).toBeDefined()
})

test('10,000 pongs at once, which have no answer, harm nobody', async () => {
  await controlFlood('pong')
})
