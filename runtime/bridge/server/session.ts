/** One client, from connection to close. */
import { type ErrorReport, GradstreamError, show } from '../../../core/index.ts'
import type { Command } from '../../training/commands.ts'
import { encodeFrame } from '../frame.ts'
import { encode } from '../json.ts'
import {
  CLOSE,
  type ClientMessage,
  type Crowd,
  NAME_RULE,
  type NamesQuery,
  nameOf,
  type Request,
  type Role,
  type ServerMessage,
} from '../protocol.ts'
import type { AnswerQueue } from './answer-queue.ts'
import type { Drafts } from './drafts.ts'
import { notEditable } from './editing.ts'
import type { LoggedEvent } from './event-log.ts'
import { type Misfit, messageOf, queryOf } from './messages.ts'
import { type Channel, Outbox } from './outbox.ts'
import { repeated } from './outcomes.ts'
import type { Identity } from './people.ts'
import type { Predictor } from './predictions.ts'
import type { Prover } from './prover.ts'
import type { Update } from './publications.ts'
import type { Recorder } from './recorder.ts'
import type { SystemMeter } from './system-meter.ts'
import type { Taken, Watches } from './watches.ts'
import type { Writer } from './writer.ts'

/** Milliseconds. */
const TO_SAY_WHO = 5000
const TO_CATCH_UP = 30_000
/** How many messages a client may send per second, and in a burst. */
const MESSAGES = { perSecond: 50, atOnce: 200 }
/** The most queries of one client. */
const WATCHES = 64
/** The most points of a series in one answer. */
const POINTS = 4000

type Hello = Extract<ClientMessage, { type: 'hello' }>

/** The parts of the server that a session uses. */
export interface Host {
  readonly session: string
  readonly run: string
  readonly rate: number
  readonly answers: AnswerQueue
  readonly watches: Watches
  readonly predictor: Predictor
  readonly writer: Writer
  /** Undefined where the graph may not be edited. */
  readonly drafts: Drafts | undefined
  readonly recorder: Recorder
  readonly system: SystemMeter
  readonly prover: Prover | undefined
  now(): number
  roleOf(token: string): Role | undefined
  hasPlaceFor(role: Role): boolean
  /** Whether the client may have been told of earlier: of another run of this bridge. */
  hasBeen(session: string | undefined): boolean
  idOf(known: string | undefined): string
  /** Gives the client a name that it alone has, and returns the one under which its commands are recorded. */
  introduce(session: Session, name: string | undefined): string
  /** Who is connected; undefined if the client knows. */
  crowdFor(session: Session): Crowd | undefined
  joined(): void
  left(session: Session): void
  bringUpToDate(): void
  namesOf(query: NamesQuery): readonly string[] | null
  stateFor(version: number | undefined): Update | undefined
  eventsAfter(number: number): LoggedEvent[]
  command(id: string, command: Command, session: Session): Promise<unknown>
}

/** An active query. */
interface Watched {
  readonly query: string
  readonly stop: () => void
}

export class Session {
  readonly id: number
  readonly outbox: Outbox
  role: Role | undefined
  author = ''
  /** Its id, kept across lost connections. */
  client = ''
  identity: Identity = { name: '', colour: 0, number: 0 }
  /** The version of who is connected that it knows. */
  crowdKnown = -1
  /** The token with which it was admitted. */
  private secret = ''
  private readonly channel: Channel
  private readonly host: Host
  private readonly watches = new Map<string, Watched>()
  /** Requests in progress by id, so that a repeated request gets only one answer. */
  private readonly inHand = new Map<string, string>()
  private readonly since: number
  /** How many messages it may still send. */
  private credit = MESSAGES.atOnce
  private refilled: number
  private ended = false
  private wasAsked = false

  constructor(id: number, channel: Channel, host: Host) {
    this.id = id
    this.channel = channel
    this.host = host
    this.since = host.now()
    this.refilled = this.since
    this.outbox = new Outbox(
      channel,
      version => host.stateFor(version),
      () => host.now(),
    )
  }

  /** Handles a message from the client. */
  receive(data: string | Uint8Array): void {
    if (this.ended) return
    if (!this.mayTalk()) {
      this.end(CLOSE.policy, 'too many messages')
      return
    }
    try {
      if (typeof data !== 'string') throw invalid('text', 'binary data')
      this.take(messageOf(data), data)
    } catch (error) {
      this.end(CLOSE.invalid, reasonOf(error))
    }
  }

  /** Called when the connection is gone, whichever side ended it. */
  close(): void {
    this.ended = true
    for (const { stop } of this.watches.values()) stop()
    this.watches.clear()
    this.host.answers.leave(this)
    this.host.left(this)
  }

  end(code: number, reason: string): void {
    if (this.ended) return
    this.channel.close(code, reason)
    this.close()
  }

  /** Called regularly: sends a heartbeat, and ends a client that is stuck. */
  beat(): void {
    const { outbox, host, role } = this
    const now = host.now()
    if (role === undefined) {
      if (now - this.since >= TO_SAY_WHO) this.end(CLOSE.unauthorized, 'no valid hello came in time')
      return
    }
    this.sayBeat()
    const { blockedSince } = outbox
    if (blockedSince !== undefined && now - blockedSince >= TO_CATCH_UP) this.end(CLOSE.tooSlow, 'too slow')
  }

  deliver({ number, json, isMinor }: LoggedEvent): void {
    const write = (n: number) => `{"type":"event","n":${n},"number":${number},"event":${json}}`
    this.outbox.post({ bytes: json.length, isMinor, write })
  }

  private take(message: ClientMessage | Misfit, text: string): void {
    if (message.type === 'hello') this.welcome(message)
    else if (message.type === 'challenge') void this.prove(message)
    else if (this.role === undefined) this.end(CLOSE.unauthorized, 'the first message must be "hello"')
    else if (this.repeatsToken(message)) throw invalid('the token only in "hello"', 'the token elsewhere')
    else if (message.type === 'misfit') this.reply(message.id, errorJson(message.error))
    else if (message.type === 'ack') this.outbox.acknowledge(message.version, message.received)
    else if (message.type === 'sync') this.outbox.sync(message.version)
    else void this.answer(message, text)
  }

  /** Once, and only before anybody has said who they are. */
  private async prove({ nonce, role }: Extract<ClientMessage, { type: 'challenge' }>): Promise<void> {
    const { prover } = this.host
    if (this.role !== undefined || this.wasAsked || !prover || (role !== 'controller' && role !== 'viewer')) {
      this.end(CLOSE.unauthorized, 'the first message must be "hello"')
      return
    }
    this.wasAsked = true
    const proof = await prover.prove(role, nonce).catch(() => undefined)
    if (proof === undefined) this.end(CLOSE.unauthorized, 'there is no proof')
    else if (!this.ended) this.send({ type: 'proof', proof })
  }

  private welcome({ protocol, token, name, session, client, version, event = 0 }: Hello): void {
    if (this.role !== undefined) throw invalid('one "hello"', 'another one')
    const role = this.host.roleOf(token)
    if (role === undefined) {
      this.end(CLOSE.unauthorized, 'the token is wrong')
      return
    }
    if (!this.host.hasPlaceFor(role)) {
      this.end(CLOSE.full, 'there are too many clients')
      return
    }
    this.secret = token
    if (this.repeatsToken({ name })) throw invalid('a name', 'the token')
    const own = name === undefined ? undefined : named(name)
    // Publish first, so that everything so far counts as the past.
    this.host.bringUpToDate()
    this.role = role
    const known = session === this.host.session
    this.client = this.host.idOf(known || this.host.hasBeen(session) ? client : undefined)
    this.author = this.host.introduce(this, own)
    const { drafts } = this.host
    const { before = [], after = [] } = drafts?.lineage ?? {}
    this.send({
      type: 'welcome',
      protocol,
      session: this.host.session,
      client: this.client,
      run: this.host.run,
      role,
      author: this.author,
      crowd: this.host.crowdFor(this) as Crowd,
      ...(this.host.prover && { port: this.host.prover.port }),
      ...(drafts && { editable: true }),
      ...(before.length > 0 && { edits: before.length }),
      ...(after.length > 0 && { takenBack: after.length }),
    })
    this.host.joined()
    this.outbox.sync(known ? version : undefined)
    this.outbox.publish()
    for (const entry of this.host.eventsAfter(known ? event : 0)) this.deliver(entry)
  }

  private sayBeat(): void {
    this.outbox.beat(this.host.system.read(), this.host.crowdFor(this))
  }

  private async answer(request: Request, text: string): Promise<void> {
    const { id } = request
    const known = this.inHand.get(id)
    if (known === text) return
    if (known !== undefined) {
      this.reply(id, errorJson(repeated(id).toJSON()))
      return
    }
    this.inHand.set(id, text)
    let json: string
    try {
      json = `"value":${await this.fulfil(request)}`
    } catch (error) {
      json = errorJson(reportOf(error))
    }
    this.inHand.delete(id)
    if (this.ended) return
    // The answer to a command comes after the state that it led to.
    if (request.type === 'command') {
      this.host.bringUpToDate()
      this.outbox.publish()
    }
    this.reply(id, json)
  }

  private reply(id: string, json: string): void {
    if (!this.outbox.answer(`{"type":"reply","id":${JSON.stringify(id)},${json}}`))
      this.end(CLOSE.tooSlow, 'too slow')
  }

  /** The answer as JSON. Immediate refusals also wait a turn, like immediate answers. */
  private async fulfil(request: Request): Promise<string> {
    const { host, watches } = this
    switch (request.type) {
      case 'command':
        return encode(await host.command(request.id, request.command, this))
      case 'watch': {
        const query = queryOf(request.query as never, host.rate)
        const text = encode(query)
        const known = watches.get(request.id)
        // A repeat after a connection that failed meanwhile.
        if (known?.query === text) return 'null'
        if (known) throw repeated(request.id)
        if (watches.size >= WATCHES) throw forbidden(`at most ${WATCHES} queries at a time`, 'one more')
        const stop = host.watches.add(query, taken => this.result(request.id, taken))
        watches.set(request.id, { query: text, stop })
        return 'null'
      }
      case 'name': {
        this.author = host.introduce(this, named(request.name))
        this.sayBeat()
        return encode({ author: this.author })
      }
      case 'unwatch':
        watches.get(request.watch)?.stop()
        watches.delete(request.watch)
        return 'null'
      case 'predict': {
        const { type, id, ...query } = request
        return host.answers.ask(this, JSON.stringify(query), () => host.predictor.answer(query))
      }
      case 'write': {
        const { type, id, ...query } = request
        // However the text has grown, it is the same question to the queue: one that refreshes.
        return host.answers.ask(this, type, () => host.writer.answer(query))
      }
      case 'draft': {
        const { drafts } = host
        if (this.role !== 'controller') throw forbidden('a controller', 'a viewer')
        if (!drafts) throw notEditable()
        const { type, id, ...query } = request
        return host.answers.ask(this, JSON.stringify(query), () => drafts.answer(query))
      }
      case 'names': {
        const { type, id, ...query } = request
        return host.answers.ask(this, JSON.stringify([type, query]), () => encode(host.namesOf(query)))
      }
      case 'series': {
        const { name, from = 0, to = Number.MAX_SAFE_INTEGER, points = POINTS } = request
        const most = Math.min(points, POINTS)
        const key = JSON.stringify([name, from, to, most])
        return host.answers.ask(this, key, () => encode(host.recorder.range(name, from, to, most)))
      }
    }
  }

  /** Parts of a message may reach other clients or come back in errors, so it must not contain a token. */
  private repeatsToken(message: object): boolean {
    return JSON.stringify(message).includes(JSON.stringify(this.secret).slice(1, -1))
  }

  private result(watch: string, { step, skipped, json = '', tensor }: Taken): void {
    if (skipped > 0) this.outbox.skip(skipped)
    const write = (n: number) =>
      tensor
        ? encodeFrame({ n, watch, step, tensor })
        : `{"type":"result","n":${n},"watch":${JSON.stringify(watch)},"step":${step},"value":${json}}`
    this.outbox.post({ bytes: tensor?.data.byteLength ?? json.length, isMinor: true, write })
  }

  private send(message: ServerMessage): void {
    this.channel.send(encode(message))
  }

  /** A token bucket. */
  private mayTalk(): boolean {
    const now = this.host.now()
    const refill = ((now - this.refilled) / 1000) * MESSAGES.perSecond
    this.credit = Math.min(this.credit + refill, MESSAGES.atOnce)
    this.refilled = now
    if (this.credit < 1) return false
    this.credit--
    return true
  }
}

function named(text: string): string {
  const name = nameOf(text)
  if (name === undefined) throw invalid(NAME_RULE, 'another text')
  return name
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_MESSAGE', { place: 'message', expected, got })

const forbidden = (expected: string, got: string) =>
  new GradstreamError('FORBIDDEN', { place: 'bridge', expected, got })

/** A closing frame holds 123 bytes. */
const reasonOf = (error: unknown) =>
  error instanceof GradstreamError
    ? `${error.code}: expected ${error.expected}`.slice(0, 100)
    : 'INVALID_MESSAGE'

const errorJson = (error: ErrorReport) => `"error":${encode(error)}`

function reportOf(error: unknown) {
  if (error instanceof GradstreamError) return error.toJSON()
  return invalid('a request that can be answered', show(error)).toJSON()
}
