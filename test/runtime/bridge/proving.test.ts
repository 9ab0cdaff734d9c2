/** A token that is good for the next run is sent to nobody who does not prove to know it, whatever listens at the address meanwhile. */
import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type Bridge, type BridgeOptions, openBridge } from 'gradstream'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { connectBridge } from '../../../client.ts'
import { isProof, keyOf, proofOf } from '../../../runtime/bridge/proof.ts'
import { quietSocket } from '../../support/quiet-socket.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { trial } from '../support.ts'

let settings: string
beforeEach(async () => {
  settings = await scratchFolder('settings')
  vi.stubEnv('XDG_CONFIG_HOME', settings)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  rmSync(settings, { recursive: true })
})

async function opened(options: BridgeOptions = {}) {
  const { trainer } = trial()
  const bridge = await openBridge(trainer, { remember: 'trial', print: () => undefined, ...options })
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  return bridge
}

/** A client that tries again at once, and what it says of its connection. */
function connected(url: string) {
  const client = connectBridge(url, { reconnect: { first: 20, most: 50 } })
  onTestFinished(() => client.close())
  const seen = { status: '', reason: undefined as string | undefined, opened: 0 }
  client.connection$.subscribe(({ status, reason, connections }) => {
    Object.assign(seen, { status, opened: connections, ...(reason !== undefined && { reason }) })
  })
  client.state$.subscribe({ error: () => undefined })
  return { client, seen }
}

const EQUAL = { role: 'viewer', port: 8080, nonce: 'n' } as const

describe('the proof', () => {
  test('is HMAC-SHA-256 of role, port and question with a key by PBKDF2, as docs/protocol.md says', async () => {
    const key = pbkdf2Sync('some-token-of-somebody', 'gradstream', 100_000, 32, 'sha256')
    const expected = createHmac('sha256', key).update('viewer 8080 n').digest('base64')
    expect(await proofOf(await keyOf('some-token-of-somebody'), EQUAL)).toBe(expected)
  })

  test('is that of its own question alone', async () => {
    const key = await keyOf('some-token-of-somebody')
    const proof = await proofOf(key, EQUAL)
    expect(await isProof(key, EQUAL, proof)).toBe(true)
    for (const other of [{ role: 'controller' }, { port: 8081 }, { nonce: 'N' }] as const)
      expect(await isProof(key, { ...EQUAL, ...other }, proof)).toBe(false)
    expect(await isProof(await keyOf('some-token-of-somebodi'), EQUAL, proof)).toBe(false)
    for (const odd of ['', 'n', proof.slice(1), `${proof}=`, '%', null, 5, {}, 'é'.repeat(44)])
      expect(await isProof(key, EQUAL, odd)).toBe(false)
  })
})

/** Whatever listens at the address of a bridge that has been closed: it keeps what it is told, and answers as it likes. */
async function impostor(port: number, answer: (text: string, socket: WebSocket) => unknown) {
  const heard: string[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port })
  server.on('connection', socket => {
    socket.on('message', data => {
      heard.push(String(data))
      void answer(String(data), socket)
    })
    socket.on('error', () => undefined)
  })
  await new Promise(resolve => server.once('listening', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      for (const client of server.clients) client.terminate()
      server.close(() => resolve())
    })
  return { heard, close }
}

const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message))
const WELCOME = {
  ...{ type: 'welcome', protocol: 1, session: 's', client: 'c', run: 'r', role: 'controller', author: 'a' },
  crowd: { people: [], others: 0 },
}

/** What somebody could try who does not know the token. `token` and `elsewhere` are there for what they must not help with. */
const TRICKS: Record<string, (text: string, socket: WebSocket) => unknown> = {
  'a welcome': (_, socket) => say(socket, WELCOME),
  'a welcome that asks for no proof, and a state': (_, socket) => {
    say(socket, WELCOME)
    say(socket, { type: 'snapshot', version: 1, time: 0, state: {} })
  },
  'a proof by chance': (_, socket) =>
    say(socket, { type: 'proof', proof: randomBytes(32).toString('base64') }),
  'the question itself': (text, socket) => say(socket, { type: 'proof', proof: JSON.parse(text).nonce }),
  'no proof': (_, socket) => say(socket, { type: 'proof' }),
  'something that is no message': (_, socket) => socket.send('{'),
  'binary data': (_, socket) => socket.send(randomBytes(40)),
  'the end, for another protocol': (_, socket) => socket.close(1002, 'INVALID_MESSAGE: expected protocol 9'),
  'the end, for a wrong token': (_, socket) => socket.close(4401, 'the first message must be "hello"'),
  'the end, for too many messages': (_, socket) => socket.close(1008, 'too many'),
  'an end without a word': (_, socket) => socket.terminate(),
}

test.each(Object.keys(TRICKS))(
  '%s in place of a proof gets no token, and the next run is found',
  async trick => {
    const bridge = await opened({ port: 0 })
    const { client, seen } = connected(bridge.url)
    await expect.poll(() => seen.status).toBe('open')
    const state = client.state
    const reasons: unknown[] = []
    client.connection$.subscribe(({ reason }) => reasons.push(reason))
    await bridge.close()
    const { heard, close } = await impostor(bridge.port, TRICKS[trick] as never)
    await expect.poll(() => heard.length).toBeGreaterThan(1)
    await close()
    for (const text of heard) {
      expect(Object.keys(JSON.parse(text))).toEqual(['type', 'nonce', 'role'])
      expect(text).not.toContain(bridge.tokens.controller)
    }
    // No question comes twice, so no answer can be kept for later.
    expect(new Set(heard.map(text => JSON.parse(text).nonce)).size).toBe(heard.length)
    expect({ ...seen, state: client.state }).toMatchObject({ opened: 1, state })
    expect(reasons).toContainEqual(expect.stringContaining('does not prove that it knows your token'))
    const next = await opened()
    expect(next.port).toBe(bridge.port)
    await expect.poll(() => seen).toMatchObject({ status: 'open', opened: 2 })
  },
)

test('nor does the proof of a bridge at another port that knows the same token, passed on', async () => {
  const bridge = await opened({ port: 0 })
  const { client, seen } = connected(bridge.url)
  await expect.poll(() => seen.status).toBe('open')
  const reasons: unknown[] = []
  client.connection$.subscribe(({ reason }) => reasons.push(reason))
  await bridge.close()
  let passed = 0
  let second: Bridge | undefined
  const { heard, close } = await impostor(bridge.port, (text, socket) => {
    // The first question may come before there is another bridge.
    if (!second) return socket.terminate()
    const there = quietSocket(`ws://127.0.0.1:${second.port}/socket`)
    there.on('open', () => there.send(text))
    there.on('message', data => {
      passed++
      socket.send(String(data))
      there.close()
    })
  })
  // Its usual port is taken.
  second = await opened()
  expect([second.tokens, second.port === bridge.port]).toEqual([bridge.tokens, false])
  await expect.poll(() => passed).toBeGreaterThan(1)
  await close()
  for (const text of heard) expect(text).not.toContain(bridge.tokens.controller)
  expect(seen.opened).toBe(1)
  expect(reasons).toContainEqual(expect.stringContaining('does not prove'))
})

test('a bridge whose address does not stay is asked for nothing, nor is one without cryptography in the browser', async () => {
  const greetings = async (options: BridgeOptions) => {
    const bridge = await opened({ port: 0, ...options })
    const { seen } = connected(bridge.url)
    await expect.poll(() => seen.status).toBe('open')
    await bridge.close()
    const { heard, close } = await impostor(bridge.port, (_, socket) => socket.terminate())
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    await close()
    return heard.map(text => JSON.parse(text).type as string)
  }
  expect(new Set(await greetings({ remember: undefined as never }))).toEqual(new Set(['hello']))
  expect(new Set(await greetings({ remember: 'other' }))).toEqual(new Set(['challenge']))
  vi.stubGlobal('crypto', {
    getRandomValues: crypto.getRandomValues.bind(crypto),
    randomUUID: crypto.randomUUID.bind(crypto),
  })
  expect(new Set(await greetings({ remember: 'third' }))).toEqual(new Set(['hello']))
})

test.each([
  [{ nonce: 'n', role: 'owner' }],
  [{ nonce: '', role: 'viewer' }],
  [{ nonce: 'n'.repeat(257), role: 'viewer' }],
  [{ role: 'viewer' }],
  [{ nonce: 'n', role: 'viewer', token: 'x' }],
])('a bridge proves nothing to a question that is none: %j', async question => {
  const bridge = await opened({ port: 0 })
  const socket = quietSocket(`ws://127.0.0.1:${bridge.port}/socket`)
  const said: string[] = []
  socket.on('message', data => said.push(String(data)))
  socket.on('open', () => socket.send(JSON.stringify({ type: 'challenge', ...question })))
  const code = await new Promise(resolve => socket.on('close', resolve))
  expect([1002, 4401]).toContain(code)
  expect(said).toEqual([])
})

test('a bridge answers one question for each connection, and none to those that it has admitted', async () => {
  const bridge = await opened({ port: 0 })
  const asked = { type: 'challenge', nonce: 'n', role: 'viewer' }
  const hello = { type: 'hello', protocol: 1, token: bridge.tokens.viewer }
  const answersTo = async (messages: object[]) => {
    const socket = quietSocket(`ws://127.0.0.1:${bridge.port}/socket`)
    const types: string[] = []
    socket.on('message', data => types.push(JSON.parse(String(data)).type))
    socket.on('open', () => {
      for (const message of messages) socket.send(JSON.stringify(message))
    })
    const code = await new Promise(resolve => socket.on('close', resolve))
    return { code, proofs: types.filter(type => type === 'proof').length }
  }
  expect(await answersTo([asked, asked])).toMatchObject({ code: 4401 })
  expect(await answersTo([hello, asked])).toEqual({ code: 4401, proofs: 0 })
})
