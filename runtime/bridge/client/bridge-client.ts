/** A run that goes on elsewhere, as streams. */
import {
  BehaviorSubject,
  interval,
  Observable,
  ReplaySubject,
  type SchedulerLike,
  Subject,
  Subscription,
  timer,
} from 'rxjs'
import { GradstreamError, type Statistics, show, type Tensor } from '../../../core/index.ts'
import type { Command } from '../../training/commands.ts'
import type { TrainerEvent } from '../../training/events.ts'
import type { RunState } from '../../training/run-state.ts'
import { decodeFrame } from '../frame.ts'
import {
  CLOSE,
  type ClientMessage,
  type Histogram,
  PAYLOAD,
  PROTOCOL,
  type Predictions,
  type PredictQuery,
  type Query,
  type Request,
  type Role,
  type SeriesPoints,
  type ServerMessage,
} from '../protocol.ts'
import { Link, type LinkSettings } from './link.ts'
import { Replica } from './replica.ts'
import type { Transport } from './transport.ts'

/** How a client stands with its bridge. */
export interface ConnectionState {
  readonly status: 'connecting' | 'open' | 'waiting' | 'closed'
  /** How often it was open so far. */
  readonly connections: number
  /** What it may do, once it is known. */
  readonly role?: Role
  /** The name under which its commands are recorded. */
  readonly author?: string
  /** Events and results made for the present connection, and those of them that it was too slow for. */
  readonly made: number
  readonly dropped: number
  /** Events and results that came over the present connection. */
  readonly received: number
}

interface Values {
  stats: Statistics
  histogram: Histogram
  quantiles: readonly number[]
  sample: readonly number[]
}

/** What a query gives: a `value`, or for `full` the `tensor`, which is yours. */
export type WatchResult<What extends Query['what']> = What extends keyof Values
  ? { readonly step: number; readonly value: Values[What] }
  : { readonly step: number; readonly tensor: Tensor }

/** What is said of a command that was done. */
export interface Acknowledgement {
  /** How many steps had been done then. */
  readonly step: number
  /** The revision of the hyper-parameters. */
  readonly revision: number
}

export interface ClientSettings extends LinkSettings {
  readonly scheduler: SchedulerLike
  readonly token: string
  readonly name: string | undefined
}

/** Milliseconds. */
const ACKNOWLEDGE = 50
const ASK_AGAIN = 2000
/** Requests that wait for their answers: with 64 queries, as many messages as a bridge takes at once. */
const REQUESTS = 128

interface Pending {
  readonly text: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: GradstreamError) => void
  asked: number
}

interface Watch {
  readonly request: Request
  readonly results: Subject<unknown>
}

/** A client of a bridge. Made by `connectBridge`. */
export class BridgeClient {
  /** The present state of the run on subscription, then each new one. Errors where the bridge lets nobody in. */
  readonly state$: Observable<RunState>
  /** What happens in the run, but for its single steps; of epochs that end faster than the state comes, only the last. */
  readonly events$: Observable<TrainerEvent>
  /** How the connection is: the present state on subscription. */
  readonly connection$: Observable<ConnectionState>

  private readonly settings: ClientSettings
  private readonly link: Link
  private readonly replica = new Replica()
  private readonly states = new ReplaySubject<RunState>(1)
  private readonly events = new Subject<TrainerEvent>()
  private readonly connection = new BehaviorSubject<ConnectionState>({
    status: 'connecting',
    connections: 0,
    made: 0,
    dropped: 0,
    received: 0,
  })
  private readonly pending = new Map<string, Pending>()
  private readonly watches = new Map<string, Watch>()
  private readonly timers = new Subscription()
  private session: string | undefined
  /** The number of the last event of the run. */
  private lastEvent = 0
  /** The largest `n` of what was made for this connection, and how many of them came. */
  private latest = 0
  private received = 0
  private acknowledgement: Subscription | undefined

  constructor(transport: Transport, settings: ClientSettings) {
    this.settings = settings
    this.state$ = this.states.asObservable()
    this.events$ = this.events.asObservable()
    this.connection$ = this.connection.asObservable()
    this.link = new Link(transport, settings, {
      opened: () => this.greet(),
      message: data => this.read(data),
      waiting: () => this.become({ status: 'waiting' }),
      ended: (code, reason) => this.finish(refusal(code, reason)),
    })
    this.timers.add(interval(ASK_AGAIN, settings.scheduler).subscribe(() => this.askAgain()))
    this.link.connect()
  }

  /** The present state; undefined before the first one has come. */
  get state(): RunState | undefined {
    return this.replica.state
  }

  /**
   * Watches a tensor of the run while it is subscribed to, over lost connections as well. Errors where the bridge
   * refuses the query.
   *
   * @example client.watch({ node: 'dense1', of: 'backward', what: 'stats', rate: 10 })
   */
  watch<const Q extends Query>(query: Q): Observable<WatchResult<Q['what']>> {
    return new Observable(subscriber => {
      const id = crypto.randomUUID()
      const request: Request = { type: 'watch', id, query }
      const results = new Subject<unknown>()
      const subscription = results.subscribe(subscriber as never)
      this.watches.set(id, { request, results })
      this.ask(request).catch(error => {
        if (this.watches.delete(id)) results.error(error)
      })
      return () => {
        subscription.unsubscribe()
        if (!this.watches.delete(id)) return
        this.pending.delete(id)
        this.ask({ type: 'unwatch', id: crypto.randomUUID(), watch: id }).catch(() => undefined)
      }
    })
  }

  /**
   * The points of a series over the steps of the run, thinned so that its extremes stay: `'loss'`, `'throughput'`,
   * `'metrics.accuracy'`, `'sgd1.learningRate'`.
   *
   * @throws GradstreamError (as a rejection) `UNKNOWN_NAME`, `DISCONNECTED`
   */
  series(
    name: string,
    range: { readonly from?: number; readonly to?: number; readonly points?: number } = {},
  ): Promise<SeriesPoints> {
    return this.ask({ type: 'series', id: crypto.randomUUID(), name, ...range }) as Promise<SeriesPoints>
  }

  /**
   * What the model, as it is now, makes of rows by input, or of samples of the run's own data.
   *
   * @throws GradstreamError (as a rejection) `SHAPE_MISMATCH`, `UNKNOWN_NAME`, `NOT_AVAILABLE`, `FORBIDDEN`, `DISCONNECTED`,
   *   `INVALID_MESSAGE` for more than 64 KiB
   * @example (await client.predict({ inputs: { x: [[5.1, 3.5, 1.4, 0.2]] } })).outputs.prediction
   */
  predict(query: PredictQuery): Promise<Predictions> {
    return this.ask({ type: 'predict', id: crypto.randomUUID(), ...query }) as Promise<Predictions>
  }

  /**
   * Tells the run to do something. Resolves when it is done. Sent again over the next connection where one is lost, it
   * is done once.
   *
   * @throws GradstreamError (as a rejection) why it was refused, or `DISCONNECTED`
   * @example await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } })
   */
  send(command: Command): Promise<Acknowledgement> {
    return this.ask({ type: 'command', id: crypto.randomUUID(), command }) as Promise<Acknowledgement>
  }

  /** Ends the connection and completes all streams. */
  close(): void {
    this.finish(undefined)
  }

  // --- coming and going -----------------------------------------------------------------------------------------

  private greet(): void {
    const { settings, session, replica, lastEvent: event } = this
    const { token, name } = settings
    this.latest = 0
    this.received = 0
    this.acknowledgement?.unsubscribe()
    this.acknowledgement = undefined
    this.write({
      type: 'hello',
      protocol: PROTOCOL,
      token,
      ...(name !== undefined && { name }),
      ...(session !== undefined && { session, event }),
      ...(session !== undefined && replica.version !== undefined && { version: replica.version }),
    })
  }

  private welcome({ session, role, author }: Extract<ServerMessage, { type: 'welcome' }>): void {
    if (session !== this.session) {
      this.session = session
      this.lastEvent = 0
      this.replica.forget()
    }
    const { connections } = this.connection.value
    this.become({
      status: 'open',
      connections: connections + 1,
      role,
      author,
      made: 0,
      dropped: 0,
      received: 0,
    })
    for (const { request } of this.watches.values()) {
      if (!this.pending.has(request.id)) this.write(request)
    }
    for (const { text } of this.pending.values()) this.link.send(text)
  }

  private finish(error: GradstreamError | undefined): void {
    if (this.connection.value.status === 'closed') return
    this.link.close()
    this.timers.unsubscribe()
    this.acknowledgement?.unsubscribe()
    this.become({ status: 'closed' })
    const reason = error ?? disconnected('the client was closed')
    for (const { reject } of this.pending.values()) reject(reason)
    this.pending.clear()
    const streams = [this.states, this.events, ...[...this.watches.values()].map(({ results }) => results)]
    this.watches.clear()
    for (const stream of streams) {
      if (error) stream.error(error)
      else stream.complete()
    }
    this.connection.complete()
  }

  private become(change: Partial<ConnectionState>): void {
    this.connection.next({ ...this.connection.value, ...change })
  }

  // --- messages -------------------------------------------------------------------------------------------------

  private read(data: string | Uint8Array): void {
    try {
      this.receive(data)
    } catch (cause) {
      const place = 'connectBridge'
      const [expected, got] = ['a message of the protocol', show(cause)]
      this.finish(new GradstreamError('INVALID_MESSAGE', { place, expected, got, cause }))
    }
  }

  private receive(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      const { n, watch, step, tensor } = decodeFrame(data)
      this.count(n)
      this.watches.get(watch)?.results.next({ step, tensor })
      return
    }
    const message = JSON.parse(data) as ServerMessage
    switch (message.type) {
      case 'welcome':
        this.welcome(message)
        break
      case 'snapshot':
        if (this.replica.takeSnapshot(message)) this.stateChanged()
        this.acknowledge()
        break
      case 'patch': {
        const outcome = this.replica.takePatch(message)
        if (outcome === 'new') this.stateChanged()
        if (outcome === 'gap') this.sync()
        this.acknowledge()
        break
      }
      case 'event':
        this.count(message.n)
        if (message.number <= this.lastEvent) break
        this.lastEvent = message.number
        this.events.next(message.event)
        break
      case 'result':
        this.count(message.n)
        this.watches.get(message.watch)?.results.next({ step: message.step, value: message.value })
        break
      case 'reply':
        this.settle(message)
        break
      case 'heartbeat':
        if (message.version !== this.replica.version) this.sync()
        this.become({ made: message.made, dropped: message.dropped, received: this.received })
    }
  }

  private stateChanged(): void {
    this.states.next(this.replica.state as RunState)
  }

  private sync(): void {
    const { version } = this.replica
    this.write({ type: 'sync', ...(version !== undefined && { version }) })
  }

  private count(n: number): void {
    this.latest = Math.max(this.latest, n)
    this.received++
    this.acknowledge()
  }

  /** Soon says what has arrived, for all that arrives until then. */
  private acknowledge(): void {
    this.acknowledgement ??= timer(ACKNOWLEDGE, this.settings.scheduler).subscribe(() => {
      this.acknowledgement = undefined
      this.write({ type: 'ack', version: this.replica.version ?? 0, received: this.latest })
    })
  }

  private write(message: ClientMessage): void {
    this.link.send(JSON.stringify(message))
  }

  // --- requests -------------------------------------------------------------------------------------------------

  private ask(request: Request): Promise<unknown> {
    const { status } = this.connection.value
    if (status === 'closed') return Promise.reject(disconnected('the client was closed'))
    if (this.pending.size >= REQUESTS)
      return Promise.reject(disconnected(`${REQUESTS} requests wait for answers`))
    return new Promise((resolve, reject) => {
      const text = textOf(request)
      this.pending.set(request.id, { text, resolve, reject, asked: this.settings.scheduler.now() })
      if (status === 'open') this.link.send(text)
    })
  }

  /** What has no answer may have been lost. The bridge answers an id as often as it comes, and does it once. */
  private askAgain(): void {
    if (this.connection.value.status !== 'open') return
    const now = this.settings.scheduler.now()
    for (const pending of this.pending.values()) {
      if (now - pending.asked < ASK_AGAIN) continue
      pending.asked = now
      this.link.send(pending.text)
    }
  }

  private settle(reply: Extract<ServerMessage, { type: 'reply' }>): void {
    const pending = this.pending.get(reply.id)
    if (!pending) return
    this.pending.delete(reply.id)
    if ('error' in reply) pending.reject(new GradstreamError(reply.error.code, reply.error))
    else pending.resolve(reply.value)
  }
}

/** A request that the bridge would close the connection for is refused here. */
function textOf(request: Request): string {
  const refuse = (expected: string, got: string) =>
    new GradstreamError('INVALID_MESSAGE', {
      place: request.type,
      expected,
      got,
      wayOut: 'Send less at a time.',
    })
  let text: string
  try {
    text = JSON.stringify(request)
  } catch (error) {
    throw refuse('what JSON can hold', show(error))
  }
  const bytes = new TextEncoder().encode(text).length
  if (bytes > PAYLOAD) throw refuse(`at most ${PAYLOAD} bytes`, `${bytes}`)
  return text
}

const disconnected = (got: string) =>
  new GradstreamError('DISCONNECTED', { place: 'connectBridge', expected: 'a connection to the bridge', got })

function refusal(code: number, reason: string): GradstreamError {
  const got = reason === '' ? `a connection that ended with code ${code}` : reason
  if (code !== CLOSE.unauthorized) return disconnected(got)
  return new GradstreamError('UNAUTHORIZED', {
    place: 'connectBridge',
    expected: 'a token that is known',
    got,
  })
}
