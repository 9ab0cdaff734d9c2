/** One client, from its first message to its end. */
import { GradstreamError, show, type TensorLike } from '../../../core/index.ts'
import { encodeFrame } from '../frame.ts'
import { encode } from '../json.ts'
import {
  CLOSE,
  type ClientMessage,
  PROTOCOL,
  type Request,
  type Role,
  type ServerMessage,
} from '../protocol.ts'
import type { Hub, ToldEvent } from './hub.ts'
import { type Misfit, messageOf, queryOf } from './messages.ts'
import { type Channel, Outbox } from './outbox.ts'
import { predictRows, predictSamples } from './predictions.ts'
import type { Taken } from './watches.ts'

/** Milliseconds. */
const TO_SAY_WHO = 5000
const TO_CATCH_UP = 30_000
/** Messages a second that a client may go on sending, and how many at once. */
const MESSAGES = { perSecond: 50, atOnce: 200 }
/** Queries of one client. */
const WATCHES = 64
/** Samples of a prediction, where it does not say. */
const SAMPLES = 256
/** Points of a series in one answer. */
const POINTS = 4000

type Hello = Extract<ClientMessage, { type: 'hello' }>

export class Session {
  readonly id: number
  readonly outbox: Outbox
  role: Role | undefined
  author = ''
  private token = ''
  private readonly channel: Channel
  private readonly hub: Hub
  private readonly watches = new Map<string, () => void>()
  private readonly since: number
  private tokens = MESSAGES.atOnce
  private refilled: number
  private ended = false

  constructor(id: number, channel: Channel, hub: Hub) {
    this.id = id
    this.channel = channel
    this.hub = hub
    this.since = hub.now()
    this.refilled = this.since
    this.outbox = new Outbox(
      channel,
      version => hub.stateFor(version),
      () => hub.now(),
    )
  }

  /** What came from the client. */
  receive(data: string | Uint8Array): void {
    if (this.ended) return
    if (!this.mayTalk()) {
      this.end(CLOSE.policy, 'too many messages')
      return
    }
    try {
      if (typeof data !== 'string') throw invalid('a text', 'binary data')
      this.take(messageOf(data))
    } catch (error) {
      this.end(CLOSE.invalid, reasonOf(error))
    }
  }

  /** The connection is gone, whoever ended it. */
  close(): void {
    this.ended = true
    for (const stop of this.watches.values()) stop()
    this.watches.clear()
    this.hub.left(this)
  }

  end(code: number, reason: string): void {
    if (this.ended) return
    this.channel.close(code, reason)
    this.close()
  }

  /** Once in a while: tells where things stand, and ends what stands still. */
  beat(): void {
    const { outbox, hub, role } = this
    const now = hub.now()
    if (role === undefined) {
      if (now - this.since >= TO_SAY_WHO) this.end(CLOSE.unauthorized, 'nobody said who it is')
      return
    }
    const { blockedSince, version, made, dropped } = outbox
    if (blockedSince !== undefined && now - blockedSince >= TO_CATCH_UP) this.end(CLOSE.tooSlow, 'too slow')
    else if (this.channel.pending === 0)
      this.send({ type: 'heartbeat', version: version ?? 0, made, dropped })
  }

  tell({ number, json, isMinor }: ToldEvent): void {
    this.outbox.post(n => `{"type":"event","n":${n},"number":${number},"event":${json}}`, isMinor)
  }

  private take(message: ClientMessage | Misfit): void {
    if (message.type === 'hello') this.welcome(message)
    else if (this.role === undefined) this.end(CLOSE.unauthorized, 'the first message has to be "hello"')
    else if (this.repeatsToken(message)) throw invalid('the token in "hello" alone', 'the token elsewhere')
    else if (message.type === 'misfit') this.reply({ type: 'reply', id: message.id, error: message.error })
    else if (message.type === 'ack') this.outbox.acknowledge(message.version, message.received)
    else if (message.type === 'sync') this.outbox.sync(message.version)
    else void this.answer(message)
  }

  private welcome({ protocol, token, name, session, version, event = 0 }: Hello): void {
    if (this.role !== undefined) throw invalid('one "hello"', 'another one')
    if (protocol !== PROTOCOL) throw invalid(`protocol ${PROTOCOL}`, `protocol ${protocol}`)
    const role = this.hub.roleOf(token)
    if (role === undefined) {
      this.end(CLOSE.unauthorized, 'the token is wrong')
      return
    }
    if (this.hub.isFull) {
      this.end(CLOSE.full, 'there are too many clients')
      return
    }
    this.token = token
    if (this.repeatsToken({ name })) throw invalid('a name', 'the token')
    this.hub.tellEpoch()
    this.role = role
    this.author = name === undefined ? `${role} ${this.id}` : `${name} (${role} ${this.id})`
    const known = session === this.hub.session
    this.send({ type: 'welcome', protocol, session: this.hub.session, role, author: this.author })
    this.hub.joined()
    this.outbox.sync(known ? version : undefined)
    for (const told of this.hub.eventsAfter(known ? event : 0)) this.tell(told)
  }

  private async answer(request: Request): Promise<void> {
    const { id } = request
    let reply: ServerMessage
    try {
      reply = { type: 'reply', id, value: await this.fulfil(request) }
    } catch (error) {
      reply = { type: 'reply', id, error: reportOf(error) }
    }
    // The answer to a command comes after the state that the command has made.
    if (request.type === 'command') this.outbox.publish()
    this.reply(reply)
  }

  private fulfil(request: Request): unknown {
    const { hub, watches } = this
    switch (request.type) {
      case 'command':
        this.demandController()
        return hub.command(request.id, request.command, this.author)
      case 'watch': {
        const query = queryOf(request.query as never, hub.rate)
        // Sent again after a connection that failed in between.
        if (watches.has(request.id)) return null
        if (watches.size >= WATCHES) throw forbidden(`at most ${WATCHES} queries at a time`, 'one more')
        watches.set(
          request.id,
          hub.watches.add(query, taken => this.result(request.id, taken)),
        )
        return null
      }
      case 'unwatch':
        watches.get(request.watch)?.()
        watches.delete(request.watch)
        return null
      case 'predict':
        if ('inputs' in request) return predictRows(hub.trainer, request.inputs as Record<string, TensorLike>)
        if (request.of !== 'data' && request.of !== 'validation')
          throw invalid('inputs, or samples of "data" or "validation"', show(request.of))
        return predictSamples(hub.trainer, request.of, request.count ?? SAMPLES, request.columns ?? true)
      case 'series': {
        const { name, from = 0, to = Number.MAX_SAFE_INTEGER, points = POINTS } = request
        return hub.recorder.range(name, from, to, Math.min(points, POINTS))
      }
    }
  }

  private demandController(): void {
    if (this.role !== 'controller') throw forbidden('a controller', `a ${this.role}`)
  }

  /** What a client says may be told to others, or come back in an error; a token must not. */
  private repeatsToken(message: object): boolean {
    return JSON.stringify(message).includes(JSON.stringify(this.token).slice(1, -1))
  }

  private result(watch: string, { step, value, tensor }: Taken): void {
    const write = (n: number) =>
      tensor ? encodeFrame({ n, watch, step, tensor }) : encode({ type: 'result', n, watch, step, value })
    this.outbox.post(write, true)
  }

  private reply(message: ServerMessage): void {
    if (!this.ended && !this.outbox.answer(encode(message))) this.end(CLOSE.tooSlow, 'too slow')
  }

  private send(message: ServerMessage): void {
    this.channel.send(encode(message))
  }

  /** A token bucket. */
  private mayTalk(): boolean {
    const now = this.hub.now()
    const refill = ((now - this.refilled) / 1000) * MESSAGES.perSecond
    this.tokens = Math.min(this.tokens + refill, MESSAGES.atOnce)
    this.refilled = now
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_MESSAGE', { place: 'message', expected, got })

const forbidden = (expected: string, got: string) =>
  new GradstreamError('FORBIDDEN', { place: 'bridge', expected, got })

/** A closing frame has room for 123 bytes. */
const reasonOf = (error: unknown) =>
  error instanceof GradstreamError
    ? `${error.code}: expected ${error.expected}`.slice(0, 100)
    : 'INVALID_MESSAGE'

function reportOf(error: unknown) {
  if (error instanceof GradstreamError) return error.toJSON()
  return invalid('a request that can be answered', show(error)).toJSON()
}
