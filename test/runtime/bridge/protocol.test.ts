/** A client written from docs/protocol.md, with nothing but that page and a WebSocket. */
import { readFileSync } from 'node:fs'
import { type Bridge, fromArrays, openBridge, type Trainer } from 'gradstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { SystemMeter } from '../../../runtime/bridge/server/system-meter.ts'
import { quietSocket } from '../../support/quiet-socket.ts'
import { turnClock } from '../../support/turn-clock.ts'
import { logSpread, rows, trial } from '../support.ts'

/** All fields of all messages of the bridge. */
interface Message {
  type: string
  id: string
  n?: number
  number: number
  session: string
  version: number
  from: number
  to: number
  state: unknown
  patches: { op: string; path: string[]; value: unknown }[]
  event: { type: string }
  watch: string
  step: number
  value: { counts: number[]; steps: number[]; values: number[]; means: { counts: number[] } }
  error?: object
}

/** Numbers that JSON has not. */
const numbered = (_: string, value: { $number?: string } | null) =>
  typeof value?.$number === 'string' ? Number(value.$number) : value

/** The state, events and answers of a run, by the letter of the page. */
class Client {
  state: unknown
  version = 0
  readonly events: Message[] = []
  readonly results: Message[] = []
  readonly tensors: Buffer[] = []
  readonly replies = new Map<string, Message>()
  heartbeat: Message | undefined
  welcome: Message | undefined
  private received = 0
  private acknowledging: NodeJS.Timeout | undefined
  private readonly socket: WebSocket

  constructor(url: string, hello: object) {
    const { host, hash } = new URL(url)
    this.socket = quietSocket(`ws://${host}/socket`)
    this.socket.on('open', () => this.send({ type: 'hello', protocol: 1, token: hash.slice(1), ...hello }))
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.takeTensor(data as Buffer)
      else this.take(JSON.parse(String(data), numbered))
      this.acknowledging ??= setTimeout(() => {
        this.acknowledging = undefined
        this.send({ type: 'ack', version: this.version, received: this.received })
      }, 50)
    })
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  async ask(message: { id: string; [name: string]: unknown }): Promise<Message> {
    this.send(message)
    await expect.poll(() => this.replies.has(message.id)).toBe(true)
    return this.replies.get(message.id) as Message
  }

  close(): void {
    clearTimeout(this.acknowledging)
    this.socket.close()
  }

  private take(message: Message): void {
    const { type, n } = message
    this.received = Math.max(this.received, n ?? 0)
    if (type === 'welcome') this.welcome = message
    else if (type === 'event') this.events.push(message)
    else if (type === 'result') this.results.push(message)
    else if (type === 'reply') this.replies.set(message.id, message)
    else if (type === 'heartbeat') this.heartbeat = message
    else if (type === 'snapshot') {
      this.state = message.state
      this.version = message.version
    } else if (type === 'patch') this.patch(message)
    else throw new Error(`the page knows no "${type}"`)
  }

  private patch({ from, to, patches }: Message): void {
    if (to <= this.version) return
    if (from !== this.version) {
      this.send({ type: 'sync', version: this.version })
      return
    }
    for (const { op, path, value } of patches) {
      const key = path.at(-1) as string
      let place = this.state as Record<string, unknown>
      for (const part of path.slice(0, -1)) place = place[part] as Record<string, unknown>
      if (Array.isArray(place) && op === 'remove') place.splice(Number(key), 1)
      else if (op === 'remove') delete place[key]
      else place[key] = value
    }
    this.version = to
  }

  private takeTensor(frame: Buffer): void {
    this.received = Math.max(this.received, frame.readUInt32LE(16))
    this.tensors.push(frame)
  }
}

describe('a client written from the page', () => {
  let trainer: Trainer
  let bridge: Bridge
  let client: Client

  beforeEach(async () => {
    const validation = fromArrays({ x: rows(2).x, target: [[1], [1]] })
    const options = { epochs: 1e6, scheduler: undefined, publishTime: 10, validation, metrics: [logSpread()] }
    trainer = trial(options as never).trainer
    bridge = await openBridge(trainer, { port: 0, print: () => undefined, scheduler: turnClock() })
    client = new Client(bridge.url, { name: 'by the page' })
    await expect.poll(() => client.state).toBeDefined()
  })

  afterEach(async () => {
    client.close()
    trainer.dispose()
    await bridge.close()
  })

  test('is welcome, and has the state of the run while it goes on and when it rests', async () => {
    expect(client.welcome).toMatchObject({
      protocol: 1,
      role: 'controller',
      author: 'by the page (controller 1)',
    })
    expect(client.state).toEqual(trainer.state)
    void trainer.run()
    await expect.poll(() => (client.state as { step: number }).step).toBeGreaterThan(200)
    await trainer.pause()
    await expect.poll(() => client.state).toEqual(trainer.state)
    expect(client.state).toHaveProperty('metrics.validationLogSpread', Number.NEGATIVE_INFINITY)
    await expect.poll(() => client.heartbeat?.version).toBe(client.version)
    const types = () => client.events.map(({ event }) => event.type)
    await expect.poll(() => types().at(-1)).toBe('paused')
    expect(types().at(0)).toBe('started')
  })

  test('steers the run', async () => {
    const command = { type: 'set', node: 'sgd1', values: { learningRate: 0.025 }, revision: 0 }
    expect(await client.ask({ type: 'command', id: 'a1', command })).toEqual({
      type: 'reply',
      id: 'a1',
      value: { step: 0, revision: 1 },
    })
    expect(client.state).toMatchObject({ revision: 1, hyperparameters: { sgd1: { learningRate: 0.025 } } })
    const steps = { type: 'step', count: 7 }
    expect((await client.ask({ type: 'command', id: 'a2', command: steps })).error).toBeUndefined()
    await expect.poll(() => client.state).toMatchObject({ status: 'paused', step: 7 })
    const refused = await client.ask({ type: 'command', id: 'a3', command })
    expect(refused.error).toMatchObject({ code: 'REVISION_CONFLICT' })
  })

  test('watches tensors', async () => {
    const query = { node: 'dense1', of: 'backward', what: 'histogram', bins: 3, every: 2 }
    expect(await client.ask({ type: 'watch', id: 'w1', query })).toMatchObject({ value: null })
    const full = { node: 'dense1', of: 'value', parameter: 'kernel', what: 'full', every: 6 }
    await client.ask({ type: 'watch', id: 'w2', query: full })
    await client.ask({ type: 'command', id: 'a1', command: { type: 'step', count: 6 } })
    await expect.poll(() => client.tensors.length).toBe(2)
    await expect.poll(() => client.results.map(({ step }) => step)).toEqual([2, 4, 6])
    const [{ watch, value }] = client.results as [Message]
    expect(watch).toBe('w1')
    // Batches of 4, then the 2 that are left of 10 samples.
    expect(value.counts.reduce((sum, count) => sum + count, 0)).toBe(4 * 4)

    const [, frame] = client.tensors as [Buffer, Buffer]
    expect(frame.toString('latin1', 0, 2)).toBe('GS')
    expect([frame[2], frame[3], frame.readUInt32LE(4), frame.readDoubleLE(8)]).toEqual([1, 4, 2, 6])
    const idLength = frame.readUInt32LE(20)
    expect([frame.readUInt32LE(24), frame.readUInt32LE(28)]).toEqual([2, 4])
    expect(frame.toString('utf8', 32, 32 + idLength)).toBe('w2')
    const start = Math.ceil((32 + idLength) / 8) * 8
    const numbers = Array.from({ length: 8 }, (_, i) => frame.readFloatLE(start + 4 * i))
    expect(numbers).toEqual(Array.from(trainer.model.node('dense1').parameters.kernel.value.data))
    expect(frame).toHaveLength(start + 32)

    const results = client.results.length
    expect(await client.ask({ type: 'unwatch', id: 'a2', watch: 'w1' })).toMatchObject({ value: null })
    await client.ask({ type: 'command', id: 'a3', command: { type: 'step', count: 6 } })
    await expect.poll(() => client.tensors.length).toBe(3)
    expect(client.results).toHaveLength(results)
  })

  test('asks for series', async () => {
    await client.ask({ type: 'command', id: 'a1', command: { type: 'step', count: 40 } })
    await expect.poll(() => client.state).toMatchObject({ status: 'paused', step: 40 })
    const range = { name: 'loss', from: 11, to: 30, points: 10 }
    const { value } = await client.ask({ type: 'series', id: 'a2', ...range })
    const { steps, values, means } = value
    expect(steps.length).toBeGreaterThan(4)
    expect(steps.length).toBeLessThanOrEqual(10)
    expect(values).toHaveLength(steps.length)
    expect(means.counts.reduce((sum: number, count: number) => sum + count, 0)).toBeGreaterThanOrEqual(20)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(11)
    expect(Math.max(...steps)).toBeLessThanOrEqual(30)
    const { error } = await client.ask({ type: 'series', id: 'a3', name: 'los' })
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', expected: expect.stringContaining('"loss"') })
  })

  test('comes back, and is told only what it lacks', async () => {
    const { session } = client.welcome as Message
    const [state, version] = [client.state, client.version]
    const event = client.events.at(-1)?.number ?? 0
    client.close()
    await trainer.step(5)
    client = new Client(bridge.url, { session, version, event })
    client.state = state
    client.version = version
    await expect.poll(() => client.state).toEqual(trainer.state)
    // Of an r² that is no number there may be alarms.
    const types = () => client.events.map(told => told.event.type).filter(type => type !== 'alarm')
    await expect.poll(types).toEqual(['started', 'epoch', 'paused'])
  })
})

test('the page tells of every message, code, command and field of a query', () => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const protocol = readFileSync(new URL('../../../runtime/bridge/protocol.ts', import.meta.url), 'utf8')
  const types = [...protocol.matchAll(/readonly type: '(\w+)'/g)].map(([, type]) => type)
  expect(types.length).toBeGreaterThan(12)
  for (const type of types) expect(page).toMatch(new RegExp(`\`${type}\`|"type": "${type}"`))
  for (const [, code] of protocol.matchAll(/^ {2}\w+: (\d{4}),$/gm)) expect(page).toContain(`| ${code} |`)
  const commands = readFileSync(new URL('../../../runtime/training/commands.ts', import.meta.url), 'utf8')
  for (const [, type] of commands.matchAll(/readonly type: '(\w+)'/g))
    expect(page).toMatch(new RegExp(`\`${type}\``))
  for (const [, what] of protocol.matchAll(/readonly what: '(\w+)'/g))
    expect(page).toMatch(new RegExp(`\`${what}\``))
})

test('the page tells of every field of the state, of a node and of an event, and of every number', () => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const table = page.slice(page.indexOf('## The state'), page.indexOf('## Acknowledgements'))
  const { trainer } = trial()
  const { nodes } = trainer.state
  const fields = [...Object.keys(trainer.state), ...Object.keys(nodes.dense1 ?? {}), 'forward', 'backward']
  expect(fields.length).toBeGreaterThan(20)
  for (const field of fields) expect(table, field).toContain(`\`${field}\``)
  for (const name of ['NaN', 'Infinity', '-Infinity', '-0'])
    expect(page).toContain(`{ "$number": "${name}" }`)
  trainer.dispose()
})

test('the page tells of every figure of the system', () => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const table = page.slice(page.indexOf('## Acknowledgements'), page.indexOf('## Events'))
  const meter = new SystemMeter(
    () => 0,
    () => ({ steps: 0, training: 0, watching: 0, waiting: 0 }),
  )
  for (const field of ['system', ...Object.keys(meter.read())]) expect(table, field).toContain(`\`${field}\``)
})
