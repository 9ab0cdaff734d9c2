/** What one client is sent, and what it is not. */
import { describe, expect, test } from 'vitest'
import { LIMITS, Outbox, type Parcel } from '../../../runtime/bridge/server/outbox.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'

/** A channel that takes everything, and a state that has another version each time. */
function made() {
  const sent: string[] = []
  const world = { version: 1, now: 0, pending: 0 }
  const channel = {
    send: (data: string | Uint8Array) => sent.push(String(data)),
    close: () => undefined,
    get pending() {
      return world.pending
    },
  }
  const stateFor = (version: number | undefined) =>
    version === world.version
      ? undefined
      : { text: `state ${version}-${world.version}`, version: world.version }
  return { sent, world, outbox: new Outbox(channel, stateFor, () => world.now) }
}

const SYSTEM = {
  cpu: 1.5,
  memory: 2048,
  heap: 1024,
  stepTime: null,
  trainingShare: 0.5,
  watchingShare: 0.01,
  waitingShare: 0,
}

/** A parcel that writes its number, of so many bytes. */
const parcel = (isMinor = false, bytes = 4): Parcel => ({ bytes, isMinor, write: n => `e${n}` })

describe('the state', () => {
  test('goes out at once, and never twice', () => {
    const { sent, outbox } = made()
    outbox.publish()
    outbox.publish()
    expect(sent).toEqual(['state undefined-1'])
  })

  test('waits for a slow reader, and then is one message, the newest', () => {
    const { sent, world, outbox } = made()
    for (let i = 0; i < 100; i++) {
      world.version++
      outbox.publish()
    }
    expect(sent).toHaveLength(LIMITS.patches)
    outbox.acknowledge(outbox.version as number, 0)
    expect(sent).toHaveLength(LIMITS.patches + 1)
    expect(sent.at(-1)).toBe(`state ${1 + LIMITS.patches}-101`)
  })

  test('starts again from where the client says it is', () => {
    const { sent, world, outbox } = made()
    outbox.publish()
    world.version = 9
    outbox.publish()
    outbox.sync(4)
    expect(sent).toHaveLength(2)
    outbox.publish()
    expect(sent.at(-1)).toBe('state 4-9')
    outbox.sync(undefined)
    outbox.publish()
    expect(sent.at(-1)).toBe('state undefined-9')
  })
})

describe('events and results', () => {
  test('that nobody acknowledges are kept up to the bound; the oldest that matters least goes first', () => {
    const { sent, outbox } = made()
    for (let i = 0; i < 5000; i++) outbox.post(parcel(i % 2 === 0))
    expect(sent).toHaveLength(LIMITS.inFlight)
    expect(outbox.made).toBe(5000)
    expect(outbox.dropped).toBe(5000 - LIMITS.inFlight - LIMITS.waiting)
    for (let n = 0; n <= 5000; n += 100) outbox.acknowledge(0, n)
    expect(sent).toHaveLength(LIMITS.inFlight + LIMITS.waiting)
    // Of what waited, only the newest of those that matter are left.
    expect(sent.slice(LIMITS.inFlight).every(text => Number(text.slice(1)) % 2 === 0)).toBe(true)
    expect(sent.at(-1)).toBe('e5000')
  })

  test('are counted: what was made has arrived, is on its way, waits, or was dropped', () => {
    for (let seed = 0; seed < countOf({ usual: 15, full: 50 }); seed++) {
      const dice = new Dice(seed)
      const { sent, world, outbox } = made()
      for (let i = 0; i < 300; i++) {
        const chance = dice.next()
        if (chance < 0.1) world.pending = dice.next() < 0.5 ? LIMITS.pending : 0
        else if (chance < 0.2) outbox.acknowledge(0, dice.below(outbox.made + 1))
        else for (let j = 0; j < 20; j++) outbox.post(parcel(dice.next() < 0.5, dice.below(9)))
        const waiting = outbox.made - outbox.dropped - sent.length
        expect(waiting).toBeGreaterThanOrEqual(0)
        expect(waiting).toBeLessThanOrEqual(LIMITS.waiting)
      }
    }
  })

  test('of many bytes are kept by their bytes, but for a single one', () => {
    const { sent, outbox } = made()
    const large = parcel(true, LIMITS.waitingBytes + 1)
    outbox.post(large)
    expect(sent).toHaveLength(1)
    for (let i = 0; i < 5; i++) outbox.post(large)
    expect(outbox.dropped).toBe(4)
    outbox.acknowledge(0, 1)
    expect(sent).toHaveLength(2)
  })

  test('on their way are so few bytes that what comes behind them is not late', () => {
    const { sent, outbox } = made()
    for (let i = 0; i < 100; i++) outbox.post(parcel(true, 10_000))
    expect(sent.length * 10_000).toBeLessThanOrEqual(256 * 1024)
    expect(sent.length).toBeGreaterThan(20)
  })

  test('that are dropped were never written', () => {
    const { sent, outbox } = made()
    let written = 0
    const write = () => `${++written}`
    for (let i = 0; i < 2000; i++) outbox.post({ bytes: 4, isMinor: true, write })
    expect(outbox.dropped).toBe(2000 - LIMITS.inFlight - LIMITS.waiting)
    expect(written).toBe(sent.length)
  })

  test('that were never made count as dropped', () => {
    const { sent, outbox } = made()
    outbox.post(parcel())
    outbox.skip(3)
    outbox.post(parcel())
    outbox.beat(SYSTEM)
    expect(sent.slice(0, 2)).toEqual(['e1', 'e5'])
    expect(JSON.parse(sent[2] as string)).toEqual({
      type: 'heartbeat',
      version: 0,
      made: 5,
      dropped: 3,
      system: SYSTEM,
    })
  })
})

test('answers of many bytes are too many, but for a single one', () => {
  const { world, outbox } = made()
  world.pending = LIMITS.pending
  const answer = 'a'.repeat(LIMITS.answerBytes)
  expect(outbox.answer(answer)).toBe(true)
  expect(outbox.answer('b')).toBe(false)
})

test('a heartbeat waits for room, and then there is one', () => {
  const { sent, world, outbox } = made()
  world.pending = LIMITS.pending
  for (let i = 0; i < 100; i++) outbox.beat(SYSTEM)
  expect(sent).toEqual([])
  world.pending = LIMITS.pending - 1
  outbox.flush()
  expect(sent).toHaveLength(1)
})

test('answers are never dropped, and tell when there are too many', () => {
  const { sent, world, outbox } = made()
  world.pending = LIMITS.pending
  for (let i = 0; i < LIMITS.answers; i++) expect(outbox.answer(`a${i}`)).toBe(true)
  expect(outbox.answer('one more')).toBe(false)
  world.pending = 0
  outbox.flush()
  expect(sent).toHaveLength(LIMITS.answers + 1)
})

test('it says since when something is held back and nothing moves', () => {
  const { world, outbox } = made()
  outbox.publish()
  expect(outbox.blockedSince).toBeUndefined()
  world.now = 70
  world.pending = 2 * LIMITS.pending
  outbox.post(parcel())
  world.now = 90
  outbox.post(parcel())
  expect(outbox.blockedSince).toBe(70)
  world.pending -= 1
  outbox.flush()
  expect(outbox.blockedSince).toBe(90)
  world.now = 110
  outbox.acknowledge(1, 0)
  expect(outbox.blockedSince).toBe(110)
  world.now = 130
  outbox.acknowledge(1, 0)
  expect(outbox.blockedSince).toBe(110)
  world.pending = 0
  outbox.flush()
  expect(outbox.blockedSince).toBeUndefined()
})
