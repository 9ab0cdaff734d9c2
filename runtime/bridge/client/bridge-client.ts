/** A client of a remote run: its state, events and tensors as streams. */
import { filter, firstValueFrom, interval, type Observable, type Subscription } from 'rxjs'
import {
  asRecords,
  attempt,
  CheckFailed,
  check,
  checkedAt,
  EmissionOrder,
  Emitter,
  GradstreamError,
  type GraphChange,
  listOf,
  recordOf,
  SubscriberErrors,
  show,
} from '../../../core/index.ts'
import type { Command } from '../../training/commands.ts'
import type { TrainerEvent } from '../../training/events.ts'
import type { RunState } from '../../training/run-state.ts'
import { decodeFrame } from '../frame.ts'
import { decode, encode } from '../json.ts'
import { type PackedTensor, unpack } from '../packed.ts'
import {
  type ClientMessage,
  type Crowd,
  type GraphDraft,
  NAME_RULE,
  type NamesQuery,
  nameOf,
  type Person,
  PROTOCOL,
  type Predictions,
  type PredictQuery,
  type Query,
  type Request,
  type SeriesPoints,
  type ServerMessage,
  type SystemFigures,
  type WriteQuery,
  type Written,
} from '../protocol.ts'
import { frozen } from './changes.ts'
import { newId } from './id.ts'
import { Link, type LinkSettings } from './link.ts'
import { Receipts } from './receipts.ts'
import { disconnected, otherVersion, refusal } from './refusals.ts'
import { Replica } from './replica.ts'
import { Requests } from './requests.ts'
import type { Transport } from './transport.ts'
import { Trust } from './trust.ts'
import type { Acknowledgement, ConnectionState, WatchResult } from './types.ts'
import { Watching } from './watching.ts'

export interface ClientSettings extends LinkSettings {
  readonly token: string
  readonly name: string | undefined
}

/** Milliseconds. */
const TICK = 1000

const NOT_PROVEN =
  'what answers there does not prove that it knows your token, so it was not sent: it may be another program, or a run with new tokens, which has printed its address'

/** A client of a bridge. Made by `connectBridge`. */
export class BridgeClient {
  /** The current state of the run on subscription, then each new one. Errors if the bridge refuses the client. */
  readonly state$: Observable<RunState>
  /** The events of the run without single steps. If epochs end faster than states arrive, only the last one. */
  readonly events$: Observable<TrainerEvent>
  /** The state of the connection: the current one on subscription, then each change, the last one after `close()`. */
  readonly connection$: Observable<ConnectionState>
  /** What the run and its bridge cost: the latest figures on subscription, then new ones each second. */
  readonly system$: Observable<SystemFigures>
  /** Who is connected to the bridge, this client among them: on subscription, then when it changes. At most 64, controllers first. */
  readonly people$: Observable<readonly Person[]>
  /** Errors thrown by subscribers of this client's streams. They affect neither the client nor other subscribers. */
  readonly errors$: Observable<GradstreamError>

  private readonly settings: ClientSettings
  private readonly link: Link
  private readonly replica = new Replica()
  private readonly requests: Requests
  private readonly watching: Watching
  private readonly receipts: Receipts
  private readonly errors = new SubscriberErrors()
  /** All subscribers of all streams see the same order, whatever one of them does meanwhile. */
  private readonly order = new EmissionOrder()
  private readonly states = this.emitter<RunState>('state$', () => this.state)
  private readonly events = this.emitter<TrainerEvent>('events$')
  private readonly connections = this.emitter<ConnectionState>('connection$', () => this.connection)
  private readonly systems = this.emitter<SystemFigures>('system$', () => this.system)
  private readonly crowd = this.emitter<readonly Person[]>('people$', () => this.people)
  private readonly trust: Trust
  private system: SystemFigures | undefined
  private people: readonly Person[] = []
  private name: string | undefined
  private readonly ticking: Subscription
  private connection: ConnectionState = {
    status: 'connecting',
    connections: 0,
    made: 0,
    dropped: 0,
    received: 0,
  }
  /** Whether missing patches were requested and have not arrived. */
  private isSyncing = false

  constructor(transport: Transport, settings: ClientSettings) {
    this.settings = settings
    this.name = settings.name
    this.trust = new Trust(settings.token)
    this.state$ = this.states.stream$
    this.events$ = this.events.stream$
    this.connection$ = this.connections.stream$
    this.system$ = this.systems.stream$
    this.people$ = this.crowd.stream$
    this.errors$ = this.errors.stream$
    this.link = new Link(transport, settings, {
      opened: () => this.begin(),
      message: data => this.read(data),
      isTrusted: () => !this.trust.isWaiting,
      waiting: reason => {
        // What it said instead of a proof may be a lie.
        const isDoubtful = this.trust.isWaiting
        this.trust.forget()
        this.requests.lost()
        this.see()
        this.become({ status: 'waiting', reason: isDoubtful ? NOT_PROVEN : reason })
      },
      ended: (code, reason) => this.finish(refusal(code, reason)),
    })
    this.requests = new Requests(text => this.link.send(text))
    this.watching = new Watching(this.requests, this.errors.reportOf('client.watch'), this.order)
    this.receipts = new Receipts(settings.scheduler, received => {
      this.post({ type: 'ack', version: this.replica.version ?? 0, received })
    })
    this.ticking = interval(TICK, settings.scheduler).subscribe(() => this.requests.tick())
    this.link.connect()
  }

  /** The current state; undefined before the first one arrives. */
  get state(): RunState | undefined {
    return this.replica.state
  }

  /**
   * Watches a tensor of the run while subscribed, across lost connections. Errors if the bridge refuses the
   * query.
   *
   * @example client.watch({ node: 'dense1', of: 'backward', what: 'stats', rate: 10 })
   */
  watch<const Q extends Query>(query: Q): Observable<WatchResult<Q['what']>> {
    return this.watching.watch(query) as Observable<WatchResult<Q['what']>>
  }

  /**
   * The points of a series over the steps of the run, thinned without losing its extremes: `'loss'`,
   * `'throughput'`, `'metrics.accuracy'`, `'sgd1.learningRate'`.
   *
   * @throws GradstreamError (as a rejection) `UNKNOWN_NAME`, `FORBIDDEN`, `INVALID_MESSAGE`, `DISCONNECTED`
   */
  series(
    name: string,
    range: { readonly from?: number; readonly to?: number; readonly points?: number } = {},
  ): Promise<SeriesPoints> {
    return this.ask(() => {
      const own = checkedAt('client.series', 'INVALID_OPTION', () => check.options<object>(range))
      return { ...own, type: 'series', id: newId(), name }
    }) as Promise<SeriesPoints>
  }

  /**
   * The predictions of the current model for rows by input, or for samples of the run's own data.
   *
   * @throws GradstreamError (as a rejection) `SHAPE_MISMATCH`, `UNKNOWN_NAME`, `NOT_AVAILABLE`, `FORBIDDEN`, `DISCONNECTED`,
   *   `INVALID_MESSAGE` for more than 64 KiB
   * @example (await client.predict({ inputs: { x: [[5.1, 3.5, 1.4, 0.2]] } })).outputs.prediction
   */
  async predict(query: PredictQuery): Promise<Predictions> {
    const asked = (more: object) =>
      this.ask(() => {
        const own = checkedAt('client.predict', 'INVALID_OPTION', () => predictQuery(query))
        return { ...(own as PredictQuery), ...more, type: 'predict', id: newId() }
      })
    // A bridge of an earlier version refuses the field, and answers with numbers.
    const answer = (await asked({ packed: true }).catch((error: GradstreamError) => {
      if (error.code === 'INVALID_MESSAGE' && error.got?.includes('packed')) return asked({})
      throw error
    })) as Omit<Predictions, 'outputs'> & { readonly outputs: Readonly<Record<string, PackedTensor>> }
    // Keyed by user-chosen names. The tensors in it are large, so they are not converted.
    const records = Object.entries(answer).map(
      ([part, byName]) => [part, recordOf<unknown>(Object.entries(byName))] as const,
    )
    const outputs = Object.entries(answer.outputs).map(
      ([name, tensor]) => [name, 'packed' in tensor ? unpack(tensor) : tensor] as const,
    )
    return { ...Object.fromEntries(records), outputs: recordOf(outputs) } as unknown as Predictions
  }

  /**
   * Has a language model continue a text, for a bridge with the option `text`. The answer is as long as the run has time for: ask again with
   * `prompt + text` for the rest. The same seed gives the same text, in however many parts, as long as the weights are the same.
   *
   * @throws GradstreamError (as a rejection) `NOT_AVAILABLE`, `FORBIDDEN`, `INVALID_MESSAGE`, `DISCONNECTED`
   * @example (await client.write({ text: 'To be, ', temperature: 0.7 })).text
   */
  write(query: WriteQuery = {}): Promise<Written> {
    return this.ask(() => {
      const own = checkedAt('client.write', 'INVALID_OPTION', () => check.options<object>(query))
      return { ...(own as WriteQuery), type: 'write', id: newId() }
    }) as Promise<Written>
  }

  /**
   * What becomes of the graph with some changes, for a bridge with the option `edit`, and what else can be done with one of its nodes. Nothing
   * is trained: the command `edit` does that. With `back`, it is the graph as it was before the last so many edits (0 by default); with `forward`,
   * with so many edits again that were taken back.
   *
   * @throws GradstreamError (as a rejection) `NOT_AVAILABLE`, `FORBIDDEN`, `UNKNOWN_NAME`, `UNKNOWN_TYPE`, `DUPLICATE_NAME`, `INVALID_MESSAGE`,
   *   `DISCONNECTED`
   * @example const { faults } = await client.draft([{ insert: 'dropout', behind: 'relu1', config: { rate: 0.2 } }])
   */
  async draft(
    changes: readonly GraphChange[],
    node?: string,
    back?: number,
    forward?: number,
  ): Promise<GraphDraft> {
    const more = {
      ...(node !== undefined && { node }),
      ...(back !== undefined && { back }),
      ...(forward !== undefined && { forward }),
    }
    const request: Request = { type: 'draft', id: newId(), changes, ...more }
    // Keyed by names that users choose.
    return asRecords((await this.requests.ask(request)) as GraphDraft)
  }

  /**
   * The names of the rows of a parameter: the categories or tokens that an embedding looks up, or the features that a layer reads. `null` if
   * the run knows none: a token has a name if the bridge has the option `text`.
   *
   * @throws GradstreamError (as a rejection) `UNKNOWN_NAME`, `FORBIDDEN`, `INVALID_MESSAGE`, `DISCONNECTED`
   * @example await client.names({ node: 'embedding1', parameter: 'embeddings' })
   */
  names(query: NamesQuery): Promise<readonly string[] | null> {
    return this.ask(() => {
      const own = checkedAt('client.names', 'INVALID_OPTION', () => check.options<object>(query))
      return { ...(own as NamesQuery), type: 'names', id: newId() }
    }) as Promise<readonly string[] | null>
  }

  /**
   * Sends a command to the run. Resolves when it is done. After a lost connection it is sent again, and still
   * done only once; if the new connection leads to another run, it is refused. An edit of the graph is done when this client has come to the new
   * run.
   *
   * @throws GradstreamError (as a rejection) why it was refused, or `DISCONNECTED`
   * @example await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } })
   */
  async send(command: Command): Promise<Acknowledgement> {
    const { run } = this.connection
    const done = (await this.requests.ask({ type: 'command', id: newId(), command })) as Acknowledgement
    if (command.type === 'edit') await this.left(run ?? this.connection.run)
    return done
  }

  /** Resolves when there is another run, or none any more. */
  private async left(run: string | undefined): Promise<void> {
    const others$ = this.connection$.pipe(filter(connection => connection.run !== run))
    await firstValueFrom(others$, { defaultValue: undefined })
  }

  /**
   * Takes another name, also for later connections. Resolves with the author of its commands from now on.
   *
   * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `DISCONNECTED`
   */
  async rename(name: string): Promise<string> {
    const own = checkedAt('client.rename', 'INVALID_OPTION', () => {
      check.text({ name })
      const own = nameOf(name)
      if (own === undefined) throw new CheckFailed(`name to be ${NAME_RULE}`, show(name))
      return own
    })
    const answer = this.ask(() => ({ type: 'name', id: newId(), name: own }))
    const { author } = (await answer) as { author: string }
    this.name = own
    this.become({ author })
    return author
  }

  /** Turns errors in a request into rejections. */
  private async ask(request: () => Request): Promise<unknown> {
    return this.requests.ask(request())
  }

  /** Ends the connection and completes all streams. */
  close(): void {
    this.finish(undefined)
  }

  // --- coming and going -----------------------------------------------------------------------------------------

  /** A token that is good for the next run, too, is sent to nobody who does not prove to know it. */
  private begin(): void {
    this.receipts.reset()
    this.isSyncing = false
    const question = this.trust.ask()
    if (question) this.post(question)
    else this.greet()
  }

  private async judge(message: ServerMessage | undefined): Promise<void> {
    const isTrue = await this.trust.accepts(message).catch(() => false)
    if (isTrue) this.greet()
    else if (isTrue === false) this.link.retry(NOT_PROVEN)
  }

  private greet(): void {
    const { name } = this
    const { token } = this.settings
    this.post({
      type: 'hello',
      protocol: PROTOCOL,
      token,
      ...(name !== undefined && { name }),
      ...this.replica.resumption,
    })
  }

  private welcome(message: Extract<ServerMessage, { type: 'welcome' }>): void {
    const { protocol, run, role, author } = message
    if (protocol !== PROTOCOL) {
      this.finish(otherVersion(`one that speaks protocol ${protocol}`))
      return
    }
    this.trust.admitted(message)
    const isOther = this.replica.enter(message)
    const connections = this.connection.connections + 1
    const counts = { made: 0, dropped: 0, received: 0 }
    this.see(message.crowd)
    const { editable = false, edits = 0, takenBack = 0 } = message
    const editing = { editable, edits, takenBack }
    this.become({ status: 'open', reason: undefined, connections, run, role, author, ...editing, ...counts })
    this.requests.opened(isOther)
    this.watching.renew()
  }

  private finish(error: GradstreamError | undefined): void {
    if (this.connection.status === 'closed') return
    this.link.close()
    this.ticking.unsubscribe()
    this.receipts.reset()
    this.become({ status: 'closed', reason: error?.got })
    this.requests.end(error ?? disconnected('a client that was closed'))
    this.watching.end(error)
    for (const stream of [this.states, this.events]) {
      if (error) stream.error(error)
      else stream.complete()
    }
    this.connections.complete()
    this.systems.complete()
    this.crowd.complete()
    this.errors.complete()
  }

  private emitter<T>(name: string, present?: () => T | undefined): Emitter<T> {
    const { errors, order } = this
    return new Emitter({ report: errors.reportOf(`client.${name}`), order, ...(present && { present }) })
  }

  /** Bridges of earlier versions do not tell who is there. */
  private see(crowd?: Crowd): void {
    const people = crowd?.people ?? []
    if (people.length === 0 && this.people.length === 0) return
    this.people = frozen(people)
    this.crowd.next(this.people)
  }

  private become(change: Partial<ConnectionState>): void {
    this.connection = { ...this.connection, ...change }
    this.connections.next(this.connection)
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
    const { receipts, replica, watching } = this
    if (this.trust.isWaiting) {
      void this.judge(typeof data === 'string' ? attempt(() => decode(data) as ServerMessage) : undefined)
      return
    }
    if (typeof data !== 'string') {
      const { n, watch, step, tensor } = decodeFrame(data)
      receipts.count(n)
      watching.take(watch, { step, tensor })
      return
    }
    const message = decode(data) as ServerMessage
    switch (message.type) {
      case 'welcome':
        this.welcome(message)
        break
      case 'snapshot':
        if (replica.takeSnapshot(message)) this.stateChanged()
        receipts.acknowledge()
        break
      case 'patch': {
        const outcome = replica.takePatch(message)
        if (outcome === 'new') this.stateChanged()
        if (outcome === 'gap') this.sync()
        receipts.acknowledge()
        break
      }
      case 'event':
        receipts.count(message.n)
        if (replica.takeEvent(message.number)) this.events.next(asRecords(message.event))
        break
      case 'result':
        receipts.count(message.n)
        watching.take(message.watch, { step: message.step, value: message.value })
        break
      case 'reply':
        this.requests.settle(message)
        break
      case 'heartbeat':
        // The requested patches came earlier, or were lost.
        this.isSyncing = false
        if (message.version !== replica.version) this.sync()
        this.become({ made: message.made, dropped: message.dropped, received: receipts.received })
        if (message.crowd) this.see(message.crowd)
        this.system = message.system
        if (this.system) this.systems.next(this.system)
    }
  }

  private stateChanged(): void {
    this.isSyncing = false
    this.states.next(this.replica.state as RunState)
  }

  /** Several patches that do not fit may arrive before the one that does; request only once. */
  private sync(): void {
    if (this.isSyncing) return
    this.isSyncing = true
    const { version } = this.replica
    this.post({ type: 'sync', ...(version !== undefined && { version }) })
  }

  private post(message: ClientMessage): void {
    this.link.send(encode(message))
  }
}

const QUERY = ['inputs', 'plane', 'of', 'count', 'rows', 'columns', 'node']

/** Rows stand under `inputs`, unlike in `model.predict`, since there are other things to ask for. */
function predictQuery(query: PredictQuery): object {
  const own = check.options<object>(query)
  const rows = Object.entries(own).find(([name, value]) => !QUERY.includes(name) && Array.isArray(value))
  if (rows !== undefined && !Object.keys(own).some(name => QUERY.includes(name)))
    throw new CheckFailed(`one of the options ${listOf(QUERY)}`, `"${rows[0]}"`, {
      hint: `Write client.predict({ inputs: { ${rows[0]}: rows } }).`,
    })
  return own
}
