/** Clients and bridges of different versions: each side says so in words, and what can be understood is. */
import { connectBridge, openBridge, type Transport } from 'gradstream'
import { expect, onTestFinished, test } from 'vitest'
import { PROTOCOL } from '../../../runtime/bridge/protocol.ts'
import { quietSocket } from '../../support/quiet-socket.ts'
import { rejectionOf } from '../support.ts'
import { bridged } from './support.ts'

test.each([
  { protocol: PROTOCOL + 1 },
  { protocol: 0, token: 5 },
  { protocol: 99, token: 'x'.repeat(16), proof: {}, more: ['of', 'what', 'is', 'not', 'known'] },
])('a bridge tells a client of another version, whatever its hello has: %j', async hello => {
  const run = await bridged()
  const bridge = await openBridge(run.trainer, { port: 0, print: () => undefined })
  onTestFinished(async () => {
    await bridge.close()
    await run.close()
  })
  const socket = quietSocket(`ws://127.0.0.1:${bridge.port}/socket`)
  socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', ...hello })))
  const [code, reason] = await new Promise<[number, string]>(resolve =>
    socket.on('close', (code, reason) => resolve([code, String(reason)])),
  )
  expect([code, reason]).toEqual([
    1002,
    `INVALID_MESSAGE: expected protocol ${PROTOCOL}, not ${hello.protocol}: reload the page, or use one version of gradstream`,
  ])
})

const WELCOME = {
  ...{
    type: 'welcome',
    protocol: PROTOCOL,
    session: 's',
    client: 'c',
    run: 'r',
    role: 'viewer',
    author: 'a',
  },
  crowd: { people: [], others: 0 },
}

/** A bridge that answers each message by its type, as one of another version would. */
function answering(
  by: (message: {
    type: string
    id: string
    packed?: boolean
  }) => object | readonly [number, string] | undefined,
) {
  const transport: Transport = events => {
    queueMicrotask(() => events.open())
    return {
      send: text => {
        const said = by(JSON.parse(text))
        queueMicrotask(() => {
          if (Array.isArray(said)) events.close(said[0], said[1])
          else if (said) events.message(JSON.stringify(said))
        })
      },
      close: () => undefined,
    }
  }
  const client = connectBridge(transport, { token: 'a-token-of-somebody' })
  onTestFinished(() => client.close())
  return client
}

test.each([
  ['that refuses it', () => [1002, 'INVALID_MESSAGE: expected protocol 7'] as const],
  ['that greets it in its own', () => ({ ...WELCOME, protocol: 7 })],
])('a client tells of a bridge of another version %s, and what to do', async (_, answer) => {
  const client = answering(({ type }) => (type === 'hello' ? answer() : undefined))
  const error = await rejectionOf(new Promise((_, reject) => client.state$.subscribe({ error: reject })))
  expect(error).toMatchObject({
    code: 'DISCONNECTED',
    message: `connectBridge: expected a bridge that speaks protocol ${PROTOCOL}, got one that speaks protocol 7. Reload the page, or use the same version of gradstream on both sides. [DISCONNECTED]`,
  })
})

test.each([false, true])(
  'predictions of a bridge that does not pack them are understood; refuses the field: %s',
  async refuses => {
    const outputs = { y: { shape: [1, 2], data: [0.25, -1] } }
    const client = answering(({ type, id, packed }) => {
      if (type === 'hello') return WELCOME
      if (type !== 'predict') return undefined
      const [expected, got] = ['one of the fields id, inputs in "predict"', '"packed"']
      const error = { code: 'INVALID_MESSAGE', place: 'message', expected, got, hint: '', message: '' }
      return { type: 'reply', id, ...(refuses && packed ? { error } : { value: { outputs } }) }
    })
    expect((await client.predict({ inputs: { x: [[1]] } })).outputs).toEqual(outputs)
  },
)

test('messages and fields of a later bridge are passed over', async () => {
  const client = answering(({ type }) =>
    type === 'hello' ? { ...WELCOME, later: { deep: [1] }, port: 8080 } : undefined,
  )
  const statuses: string[] = []
  client.connection$.subscribe(({ status }) => statuses.push(status))
  await expect.poll(() => statuses.at(-1)).toBe('open')
})
