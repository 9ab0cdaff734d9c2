/** What the tables of attack share: a bridge that is attacked, raw requests, raw clients, and an honest client. */
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Bridge, type BridgeOptions, openBridge } from 'gradstream'
import { type BridgeClient, connectBridge } from 'gradstream/client'
import { firstValueFrom, type SchedulerLike, type VirtualTimeScheduler } from 'rxjs'
import { expect, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { quietSocket } from '../../../support/quiet-socket.ts'
import { trial } from '../../support.ts'

/** A bridge to a run that stands still, closed when the test is over. */
export async function scene(options: BridgeOptions = {}) {
  const { trainer, scheduler: runClock } = trial()
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, ...options })
  onTestFinished(async () => {
    await bridge.close()
    trainer.dispose()
  })
  return { bridge, trainer, runClock }
}

/** Lets so many milliseconds of virtual time pass. */
export function advance(clock: VirtualTimeScheduler, milliseconds: number): void {
  clock.maxFrames = clock.frame + milliseconds
  clock.flush()
  clock.frame = clock.maxFrames
}

/** The real one, also where a test has put another in its place. */
const { setTimeout: later } = globalThis

/** Waits, turn by turn, for something that has to come. */
export async function until(holds: () => unknown, what: string, milliseconds = 30_000): Promise<void> {
  const end = performance.now() + milliseconds
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it never came: ${what}`)
    await new Promise(resolve => later(resolve, 1))
  }
}

/** What came back for a raw request; no status where the connection was closed without an answer. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

function answerOf(text: string): Answer {
  const [first = '', ...lines] = (text.split('\r\n\r\n')[0] as string).split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]
  const headers = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { status: status === undefined ? undefined : Number(status), headers: new Map(headers), text }
}

/** A TCP connection to a bridge that sends these bytes as they are. */
export function wire(
  port: number,
  bytes: string | Uint8Array = '',
): Socket & { heard: string; gone: boolean } {
  const socket = Object.assign(connect(port, '127.0.0.1'), { heard: '', gone: false })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    socket.gone = true
  })
  socket.on('data', data => {
    socket.heard += data.toString('latin1')
  })
  if (bytes.length > 0) socket.write(bytes)
  onTestFinished(() => {
    socket.destroy()
  })
  return socket
}

/** Sends a request as it is. A WebSocket that opens is closed again. */
export async function exchange(port: number, request: string): Promise<Answer> {
  const socket = wire(port, Buffer.from(request, 'latin1'))
  await until(() => socket.gone || socket.heard.startsWith('HTTP/1.1 101'), `an end of ${request}`)
  socket.destroy()
  return answerOf(socket.heard)
}

const lines = (...all: readonly string[]) => [...all, '', ''].join('\r\n')

/** The text of an HTTP request. */
export const requestText = (method: string, target: string, headers: readonly string[]): string =>
  lines(`${method} ${target} HTTP/1.1`, ...headers, 'Connection: close')

/** The same for one that asks for a WebSocket. */
export const upgradeText = (headers: readonly string[], target = '/socket', method = 'GET'): string =>
  lines(
    `${method} ${target} HTTP/1.1`,
    ...headers,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  )

/** A message from the bridge, as far as attackers read it. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly role?: string
  readonly error?: { readonly code: string }
}

/** A raw client: it sends what it likes. */
export class Guest {
  readonly texts: string[] = []
  readonly messages: Message[] = []
  closed: { code: number; reason: string } | undefined
  readonly socket: WebSocket

  constructor({ port }: Bridge, options: ClientOptions = {}, path = '/socket') {
    this.socket = quietSocket(`ws://127.0.0.1:${port}${path}`, options)
    this.socket.on('message', (data, isBinary) => {
      this.texts.push(String(data))
      if (!isBinary) this.messages.push(JSON.parse(String(data)))
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    onTestFinished(() => this.socket.terminate())
  }

  async opened(): Promise<this> {
    await until(() => this.socket.readyState !== WebSocket.CONNECTING, 'an open socket')
    return this
  }

  /** Says who it is, and waits for what the bridge says to that. */
  async hello(token: string, more: object = {}): Promise<this> {
    await this.opened()
    this.send({ type: 'hello', protocol: 1, token, ...more })
    await until(() => this.closed || this.messages.some(({ type }) => type === 'welcome'), 'a welcome')
    return this
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Sends a request, and gives its reply. */
  async ask(message: { readonly id: string; readonly [name: string]: unknown }): Promise<Message> {
    const reply = () => this.messages.find(({ type, id }) => type === 'reply' && id === message.id)
    this.send(message)
    await until(() => reply() ?? this.closed, `a reply to ${JSON.stringify(message)}`)
    return reply() ?? { type: 'closed' }
  }

  async end(): Promise<number> {
    await until(() => this.closed, 'the end of a connection')
    return this.closed?.code as number
  }
}

/**
 * A client that does nothing wrong, connected before the attack. On a busy machine it may be too late for one attempt. Where the clock
 * of the bridge is not the real one, its own stands still: it would take the bridge for dead after ten seconds of silence.
 */
export async function honest(bridge: Bridge, scheduler?: SchedulerLike): Promise<BridgeClient> {
  const reconnect = { first: 50, most: 200 }
  const client = connectBridge(bridge.url, { name: 'honest', reconnect, ...(scheduler && { scheduler }) })
  onTestFinished(() => client.close())
  await firstValueFrom(client.state$)
  return client
}

let rate = 0.1

/** It was never cut off, it can command, and sees what its command did. */
export async function expectUnharmed(client: BridgeClient): Promise<void> {
  rate += 0.001
  await client.send({ type: 'set', node: 'sgd1', values: { learningRate: rate } })
  expect(client.state?.hyperparameters.sgd1).toMatchObject({ learningRate: rate })
  expect(await firstValueFrom(client.connection$)).toMatchObject({ status: 'open', connections: 1 })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const MIB = 1024 * 1024

async function memory(): Promise<number> {
  await setImmediate()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** An attack that leaves less than 32 MiB behind. */
export async function expectFlat<T>(attack: () => Promise<T>): Promise<T> {
  // What is freed by one collection may free more in the next.
  await memory()
  const start = await memory()
  const result = await attack()
  const grown = async () => Math.abs((await memory()) - start)
  // A collection takes as long as many an attack: there is another one where the first leaves too much.
  let bytes = await grown()
  for (let again = 0; again < 2 && bytes >= 32 * MIB; again++) bytes = await grown()
  expect(bytes).toBeLessThan(32 * MIB)
  return result
}
