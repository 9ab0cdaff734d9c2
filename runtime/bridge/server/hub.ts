/** What all clients of a run share: its state as text, its events, its queries, its commands. */
import { interval, type SchedulerLike, Subscription } from 'rxjs'
import type { Command } from '../../training/commands.ts'
import type { TrainerEvent } from '../../training/events.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import { CLOSE, type Role, type ServerMessage } from '../protocol.ts'
import type { Channel } from './outbox.ts'
import { PatchLog } from './patch-log.ts'
import { Recorder } from './recorder.ts'
import { Session } from './session.ts'
import { Watches } from './watches.ts'

/** Events kept for those who come later. */
const EVENTS = 256
/** Commands whose outcome is kept for those who ask again. */
const OUTCOMES = 1024
/** Connections that have not yet said who they are. */
export const STRANGERS = 64
/** Milliseconds. */
const BEAT = 1000
const TO_ANSWER = 500

export interface HubSettings {
  /** Publications a second. */
  readonly rate: number
  /** How many clients there may be. */
  readonly connections: number
  readonly scheduler: SchedulerLike
  readonly roleOf: (token: string) => Role | undefined
}

/** An event of the run, as it is told to clients. */
export interface ToldEvent {
  readonly number: number
  readonly json: string
  /** The end of an epoch is in the history of the state as well, so it is dropped before others. */
  readonly isMinor: boolean
}

/** One client, as the owner of the bridge sees it. */
export interface ClientInfo {
  readonly author: string
  readonly role: Role
  /** Events and results made for it, and those of them that it was too slow for. */
  readonly made: number
  readonly dropped: number
}

export class Hub {
  readonly session = crypto.randomUUID()
  readonly rate: number
  readonly recorder: Recorder
  readonly watches: Watches
  readonly roleOf: HubSettings['roleOf']
  readonly trainer: Trainer
  private readonly settings: HubSettings
  private readonly log: PatchLog
  /** The state for those with a certain version, as text: most clients have the same one. */
  private readonly texts = new Map<number | undefined, { text: string; version: number }>()
  private readonly sessions = new Set<Session>()
  private readonly events: ToldEvent[] = []
  private eventCount = 0
  /** The end of the last epoch, until it is told with the state: there may be thousands a second. */
  private lastEpoch: TrainerEvent | undefined
  private readonly outcomes = new Map<string, Promise<unknown>>()
  private readonly subscriptions = new Subscription()
  /** What costs something, and runs only while somebody is there. */
  private attendance: Subscription | undefined
  private beating: Subscription | undefined
  private clients = 0

  constructor(trainer: Trainer, settings: HubSettings) {
    this.trainer = trainer
    this.settings = settings
    this.rate = settings.rate
    this.roleOf = settings.roleOf
    this.recorder = new Recorder(trainer)
    this.watches = new Watches(trainer, settings.scheduler)
    this.log = new PatchLog(trainer.version)
    this.subscriptions.add(
      trainer.patches$.subscribe(patch => {
        this.log.add(patch)
        this.texts.clear()
      }),
    )
    this.subscriptions.add(
      trainer.milestones$.subscribe(event => {
        if (event.type === 'epoch') this.lastEpoch = event
        else this.tell(event)
      }),
    )
  }

  now(): number {
    return this.settings.scheduler.now()
  }

  get isFull(): boolean {
    return this.known.length >= this.settings.connections
  }

  /** Those that have said who they are. */
  private get known(): Session[] {
    return [...this.sessions].filter(({ role }) => role !== undefined)
  }

  get clientInfos(): ClientInfo[] {
    return this.known.map(({ author, role, outbox: { made, dropped } }) => {
      return { author, role: role as Role, made, dropped }
    })
  }

  /** Takes a connection in; what comes over it goes to the session that is returned. */
  accept(channel: Channel): Session {
    const session = new Session(++this.clients, channel, this)
    if (this.isFull) session.end(CLOSE.full, 'there are too many clients')
    else {
      this.sessions.add(session)
      // Who does not say who it is must not keep others out.
      const strangers = [...this.sessions].filter(({ role }) => role === undefined)
      if (strangers.length > STRANGERS) strangers[0]?.end(CLOSE.unauthorized, 'nobody said who it is')
    }
    this.beating ??= interval(BEAT, this.settings.scheduler).subscribe(() => {
      for (const each of [...this.sessions]) each.beat()
    })
    return session
  }

  /** A client has said who it is. */
  joined(): void {
    if (this.attendance) return
    this.attendance = interval(1000 / this.rate, this.settings.scheduler).subscribe(() => this.publish())
    this.attendance.add(this.recorder.attend())
  }

  left(session: Session): void {
    this.sessions.delete(session)
    if (this.known.length > 0) return
    this.attendance?.unsubscribe()
    this.attendance = undefined
    if (this.sessions.size > 0) return
    this.beating?.unsubscribe()
    this.beating = undefined
  }

  /** What a client with that version lacks: a patch, or a snapshot where it has none or an old one. */
  stateFor(version: number | undefined): { text: string; version: number } | undefined {
    const { log, texts, trainer } = this
    if (version === log.version) return undefined
    const known = texts.get(version)
    if (known) return known
    const patches = version === undefined ? undefined : log.since(version)
    const message: ServerMessage =
      version !== undefined && patches
        ? { type: 'patch', from: version, to: log.version, time: this.now(), patches }
        : { type: 'snapshot', version: log.version, time: this.now(), state: trainer.state }
    const made = { text: encode(message), version: log.version }
    texts.set(version, made)
    return made
  }

  eventsAfter(number: number): ToldEvent[] {
    return this.events.filter(event => event.number > number)
  }

  /** Does a command once, however often its id comes. */
  command(id: string, command: Command, author: string): Promise<unknown> {
    const { outcomes, trainer } = this
    const known = outcomes.get(id)
    if (known) return known
    const outcome = trainer.send(command, author).then(({ step, revision }) => ({ step, revision }))
    outcome.catch(() => undefined)
    outcomes.set(id, outcome)
    if (outcomes.size > OUTCOMES) outcomes.delete(outcomes.keys().next().value as string)
    return outcome
  }

  /** Answers what was asked, brings everybody up to date, and ends. */
  async close(): Promise<void> {
    if (this.sessions.size > 0) {
      let patience: NodeJS.Timeout | undefined
      const outOfPatience = new Promise(resolve => {
        patience = setTimeout(resolve, TO_ANSWER)
      })
      await Promise.race([Promise.allSettled(this.outcomes.values()), outOfPatience])
      clearTimeout(patience)
      // An answer goes out a turn after its command is done.
      await new Promise(resolve => setTimeout(resolve))
    }
    this.publish()
    for (const session of [...this.sessions]) session.end(CLOSE.goingAway, 'the bridge was closed')
    this.subscriptions.unsubscribe()
    this.attendance?.unsubscribe()
    this.beating?.unsubscribe()
    this.recorder.close()
  }

  private publish(): void {
    this.tellEpoch()
    for (const session of this.known) session.outbox.publish()
  }

  /** Before a client joins, so that it is one of the events of the past. */
  tellEpoch(): void {
    const event = this.lastEpoch
    this.lastEpoch = undefined
    if (event) this.tell(event)
  }

  private tell(event: TrainerEvent): void {
    this.tellEpoch()
    const told = { number: ++this.eventCount, json: encode(event), isMinor: event.type === 'epoch' }
    const { events } = this
    events.push(told)
    if (events.length > EVENTS) {
      const oldest = events.findIndex(({ isMinor }) => isMinor)
      events.splice(Math.max(oldest, 0), 1)
    }
    for (const session of this.known) session.tell(told)
  }
}
