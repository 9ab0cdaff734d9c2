/** How large a message may be, and in how many pieces it may come. */
import type { Bridge } from 'gradstream'
import { expect, test } from 'vitest'
import { expectFlat, expectUnharmed, Guest, honest, scene } from './support.ts'
import { taken } from './taken.ts'

const KIB_64 = 64 * 1024
const PIECES = 128

/** A request for a series of so many bytes: JSON may be filled up with blanks. */
const message = (id: string, bytes: number) =>
  JSON.stringify({ type: 'series', id, name: 'loss' }).padEnd(bytes)

const joined = (bridge: Bridge) => new Guest(bridge).hello(bridge.tokens.viewer)

/** Sends a message, and waits for its answer or for the end. */
async function outcome(guest: Guest, bytes: number): Promise<string | number> {
  guest.send(message('large', bytes))
  const { type } = await guest.ask({ type: 'series', id: 'large', name: 'loss' })
  return type === 'reply' ? type : guest.end()
}

test('a message of 64 KiB is answered', async () => {
  const { bridge } = await scene()
  expect(await outcome(await joined(bridge), KIB_64)).toBe('reply')
})

test('nonsense of 64 KiB is refused as nonsense', async () => {
  const { bridge } = await scene()
  const guest = await joined(bridge)
  guest.send('['.repeat(KIB_64))
  expect(await guest.end()).toBe(1002)
  expect(guest.closed?.reason).toMatch(/^INVALID_MESSAGE/)
})

test.each([1, 2, 1024, KIB_64, 16 * KIB_64])('a message of %i bytes more is closed with 1009', async more => {
  const { bridge } = await scene()
  const client = await honest(bridge)
  const guest = await joined(bridge)
  expect(await outcome(guest, KIB_64 + more)).toBe(1009)
  expect(guest.closed?.reason).toBe('a message of more than 65536 bytes')
  await expectUnharmed(client)
})

test('without the guard, it is answered', async () => {
  taken.add('maxPayload')
  const { bridge } = await scene()
  expect(await outcome(await joined(bridge), KIB_64 + 1)).toBe('reply')
})

test('pieces count together', async () => {
  const { bridge } = await scene()
  const guest = await joined(bridge)
  guest.socket.send(' '.repeat(KIB_64 / 2), { fin: false })
  guest.socket.send(' '.repeat(KIB_64 / 2 + 1), { fin: true })
  expect(await guest.end()).toBe(1009)
})

test('compression is not agreed on, so that nothing small grows', async () => {
  const { bridge } = await scene()
  const guest = await new Guest(bridge, { perMessageDeflate: true }).opened()
  expect(guest.socket.extensions).toBe('')
})

/** Sends a message in so many pieces of one byte, but for the last. */
async function inPieces(guest: Guest, count: number): Promise<string | number> {
  const text = message('pieces', 1024)
  for (let i = 0; i < count - 1; i++) guest.socket.send(text[i] as string, { fin: false })
  guest.socket.send(text.slice(count - 1), { fin: true })
  const { type } = await guest.ask({ type: 'series', id: 'pieces', name: 'loss' })
  return type === 'reply' ? type : guest.end()
}

const SOCKETS = 50

async function fromAllSockets(pieces: number) {
  const { bridge } = await scene()
  const client = await honest(bridge)
  const guests = await Promise.all(Array.from({ length: SOCKETS }, () => joined(bridge)))
  const outcomes = await expectFlat(() => Promise.all(guests.map(guest => inPieces(guest, pieces))))
  await expectUnharmed(client)
  return [...new Set(outcomes)]
}

test('messages in 128 pieces are answered on 50 sockets', async () => {
  expect(await fromAllSockets(PIECES)).toEqual(['reply'])
})

test('messages in pieces of one byte are closed with 1008 on 50 sockets', async () => {
  expect(await fromAllSockets(PIECES + 1)).toEqual([1008])
  expect(await fromAllSockets(1000)).toEqual([1008])
})

test('without the guard, they are answered', async () => {
  taken.add('maxFragments')
  expect(await fromAllSockets(1000)).toEqual(['reply'])
})

test('pieces that never end are closed', async () => {
  const { bridge } = await scene()
  const guest = await joined(bridge)
  for (let i = 0; i < 1000; i++) guest.socket.send('', { fin: false })
  expect(await guest.end()).toBe(1008)
  expect(guest.closed?.reason).toBe('a message in more than 128 frames, or in too many pieces')
})
