/** Serves all clients of a run: its publications, events, queries and commands. */
import { interval, type SchedulerLike, type Subscription } from 'rxjs'
import { GradstreamError } from '../../../core/index.ts'
import { type Command, commandOf } from '../../training/commands.ts'
import type { RunState } from '../../training/run-state.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import { CLOSE, type Crowd, type NamesQuery, type Role } from '../protocol.ts'
import { AnswerQueue } from './answer-queue.ts'
import type { ClientInfo } from './bridge.ts'
import type { Drafts } from './drafts.ts'
import { EventLog, type LoggedEvent } from './event-log.ts'
import type { Channel } from './outbox.ts'
import { Outcomes } from './outcomes.ts'
import { authorOf, crowdOf, People } from './people.ts'
import { Predictor } from './predictions.ts'
import type { Prover } from './prover.ts'
import { Publications, type Update } from './publications.ts'
import { type Recorder, recorderOf } from './recorder.ts'
import { rowNames } from './row-names.ts'
import { type Host, Session } from './session.ts'
import { stepOf } from './sources.ts'
import { type Spent, SystemMeter } from './system-meter.ts'
import { Tallies } from './tallies.ts'
import { Watches } from './watches.ts'
import { type TextCodec, Writer } from './writer.ts'

/** The most connections that have not identified themselves yet. */
export const STRANGERS = 64
/** Of how many earlier runs clients are known again. */
const SESSIONS = 64
/** Milliseconds. */
const BEAT = 1000
const TO_ANSWER = 500
/** The share of time reserved for publications. Anything beyond it counts against the share of the clients. */
const TO_PUBLISH = 0.005

export interface ServerSettings {
  /** Publications per second. */
  readonly rate: number
  /** The most clients. */
  readonly connections: number
  readonly scheduler: SchedulerLike
  readonly roleOf: (token: string) => Role | undefined
  /** The share of a run's time that client requests may take. */
  readonly share: number
  readonly text: TextCodec | undefined
  /** Of a bridge whose address stays. */
  readonly prover?: Prover
}

/** What runs of one bridge have in common: who is connected, what was asked, and what was counted. */
export interface Visits {
  readonly people: People
  readonly outcomes: Outcomes
  readonly tallies: Tallies
  /** The sessions of the runs so far. */
  readonly sessions: Set<string>
}

type Edit = Extract<Command, { type: 'edit' }>
type Acknowledged = Pick<RunState, 'step' | 'revision'>

/** How the graph is edited: what it would be, and to make it so. */
export interface Editor {
  readonly drafts: Drafts
  /** @throws GradstreamError (as a rejection) */
  edit(command: Edit, author: string): Promise<Acknowledged>
}

/** What the first run of a bridge begins with. */
export const noVisits = (connections: number): Visits => ({
  people: new People(),
  outcomes: new Outcomes(connections),
  tallies: new Tallies(),
  sessions: new Set(),
})

const runs = new WeakMap<Trainer, string>()

/** Identifies a run, whatever its name, as long as its trainer lives. */
function runOf(trainer: Trainer): string {
  const run = runs.get(trainer) ?? crypto.randomUUID()
  runs.set(trainer, run)
  return run
}

export class BridgeServer implements Host {
  readonly session = crypto.randomUUID()
  readonly run: string
  readonly rate: number
  readonly recorder: Recorder
  readonly watches: Watches
  readonly answers: AnswerQueue
  readonly predictor: Predictor
  readonly writer: Writer
  readonly system: SystemMeter
  readonly tallies: Tallies
  readonly drafts: Drafts | undefined
  private readonly people: People
  private readonly editor: Editor | undefined
  private readonly earlier: ReadonlySet<string>
  readonly roleOf: ServerSettings['roleOf']
  readonly prover: Prover | undefined
  readonly trainer: Trainer
  private readonly settings: ServerSettings
  private readonly publications: Publications
  private readonly log: EventLog
  private readonly sessions = new Set<Session>()
  private readonly outcomes: Outcomes
  private readonly subscription: Subscription
  /** Work that costs time and runs only while a client is connected. */
  private attendance: Subscription | undefined
  private beating: Subscription | undefined
  /** When the time was last shared out, and how much the run and its viewers had used by then. */
  private ticked = 0
  private busy = 0
  /** The time of publications in milliseconds, in total and by then. */
  private publishing = 0
  private published = 0
  /** What the trainer has published since the last publication here. */
  private latest: RunState | undefined
  private closed = false

  constructor(
    trainer: Trainer,
    settings: ServerSettings,
    { people, outcomes, tallies, sessions }: Visits = noVisits(settings.connections),
    editor?: Editor,
  ) {
    this.people = people
    this.outcomes = outcomes
    this.tallies = tallies
    this.earlier = new Set(sessions)
    sessions.add(this.session)
    if (sessions.size > SESSIONS) sessions.delete(sessions.values().next().value as string)
    this.editor = editor
    this.drafts = editor?.drafts
    this.trainer = trainer
    this.settings = settings
    this.rate = settings.rate
    this.roleOf = settings.roleOf
    this.prover = settings.prover
    const now = () => this.now()
    this.run = runOf(trainer)
    this.recorder = recorderOf(trainer)
    this.watches = new Watches(trainer, now)
    this.answers = new AnswerQueue(() => trainer.state.status !== 'running', now)
    this.predictor = new Predictor(trainer)
    this.writer = new Writer(trainer, settings.text, now)
    this.system = new SystemMeter(now, () => this.spent)
    this.publications = new Publications(trainer.state, this.time())
    this.log = new EventLog(entry => {
      for (const session of this.known) session.deliver(entry)
    })
    this.subscription = trainer.milestones$.subscribe(event => {
      this.log.add(event)
      this.tallies.add(event)
    })
  }

  now(): number {
    return this.settings.scheduler.now()
  }

  /** Whole milliseconds since 1970. */
  private time(): number {
    return Math.round(this.now())
  }

  /** Whether there is room for a client with that role. One extra place is kept for the first controller. */
  hasPlaceFor(role: Role): boolean {
    const { known, settings } = this
    const isKept = role === 'controller' && known.every(other => other.role !== 'controller')
    return known.length < settings.connections + (isKept ? 1 : 0)
  }

  /** The id of a client, which may send the id it had before. */
  idOf(known: string | undefined): string {
    return this.outcomes.enter(known)
  }

  hasBeen(session: string | undefined): boolean {
    return session !== undefined && this.earlier.has(session)
  }

  introduce(session: Session, name: string | undefined): string {
    const { client, id } = session
    const role = session.role as Role
    session.identity = this.people.enter(client, role, name, id, this.known)
    return authorOf(role, session.identity)
  }

  crowdFor(session: Session): Crowd | undefined {
    const { version } = this.people
    if (session.crowdKnown === version) return undefined
    session.crowdKnown = version
    return crowdOf(this.known)
  }

  /** The sessions that have identified themselves. */
  private get known(): Session[] {
    return [...this.sessions].filter(({ role }) => role !== undefined)
  }

  get clientInfos(): ClientInfo[] {
    return this.known.map(({ author, role, outbox: { made, dropped } }) => {
      return { author, role: role as Role, made, dropped }
    })
  }

  /** Accepts a connection. Its messages go to the returned session. */
  accept(channel: Channel): Session {
    const session = new Session(++this.people.connections, channel, this)
    if (this.closed) {
      session.end(CLOSE.goingAway, 'the bridge was closed')
      return session
    }
    this.sessions.add(session)
    // Unidentified connections must not keep others out.
    const strangers = [...this.sessions].filter(({ role }) => role === undefined)
    if (strangers.length > STRANGERS) strangers[0]?.end(CLOSE.unauthorized, 'no valid hello came in time')
    this.beating ??= interval(BEAT, this.settings.scheduler).subscribe(() => {
      for (const each of [...this.sessions]) each.beat()
    })
    return session
  }

  /** Called when a client has identified itself. */
  joined(): void {
    if (this.attendance) return
    this.ticked = this.now()
    this.busy = this.busyTime
    this.published = this.publishing
    this.attendance = interval(1000 / this.rate, this.settings.scheduler).subscribe(() => this.tick())
    this.attendance.add(this.recorder.attend())
    this.attendance.add(
      this.trainer.state$.subscribe(state => {
        this.latest = state
      }),
    )
  }

  left(session: Session): void {
    this.sessions.delete(session)
    if (session.role !== undefined) this.people.left()
    if (this.known.length > 0) return
    this.attendance?.unsubscribe()
    this.attendance = undefined
    if (this.sessions.size > 0) return
    this.beating?.unsubscribe()
    this.beating = undefined
  }

  /** The update for a client with that version. */
  stateFor(version: number | undefined): Update | undefined {
    return this.publications.since(version)
  }

  namesOf(query: NamesQuery): readonly string[] | null {
    return rowNames(this.trainer, this.settings.text, query)
  }

  eventsAfter(number: number): LoggedEvent[] {
    return this.log.after(number)
  }

  /** Carries out a command once, however often the client sends its id. */
  command(id: string, command: Command, session: Session): Promise<unknown> {
    const { outcomes, trainer } = this
    const { author, client } = session
    if (!this.mayCommand(session)) return this.refuse(command, author)
    return outcomes.once(client, id, encode(command), async () => {
      const done = command.type === 'edit' ? this.edit(command, author) : trainer.send(command, author)
      const { step, revision } = await done
      return { step, revision }
    })
  }

  /** Reports what is refused, as the trainer does with other commands. */
  private async edit(given: Command, author: string): Promise<Acknowledged> {
    const { trainer, editor } = this
    // It refuses, and says how a graph may be edited.
    if (!editor) return trainer.send(given, author)
    let command: Command | undefined
    try {
      command = commandOf(given)
      return await editor.edit(command as Edit, author)
    } catch (error) {
      trainer.refuse(command, author, error as GradstreamError)
      throw error
    }
  }

  private mayCommand({ role }: Session): boolean {
    return role === 'controller'
  }

  /** Refuses a command and reports the attempt as an event. */
  private async refuse(given: Command, author: string): Promise<never> {
    const error = new GradstreamError('FORBIDDEN', {
      place: 'bridge',
      expected: 'a controller',
      got: 'a viewer',
    })
    let command: Command | undefined
    try {
      command = commandOf(given)
    } catch {
      // Report it as invalid.
    }
    this.trainer.refuse(command, author, error)
    throw error
  }

  /** Answers pending requests, brings all clients up to date, and closes. */
  async close(code: number = CLOSE.goingAway, reason = 'the bridge was closed'): Promise<void> {
    if (this.sessions.size > 0) {
      let patience: NodeJS.Timeout | undefined
      const outOfPatience = new Promise(resolve => {
        patience = setTimeout(resolve, TO_ANSWER)
      })
      await Promise.race([Promise.allSettled(this.outcomes.all), outOfPatience])
      clearTimeout(patience)
      // An answer goes out one turn after its command is done.
      await new Promise(resolve => setTimeout(resolve))
    }
    this.closed = true
    this.publish()
    for (const session of [...this.sessions]) session.end(code, reason)
    this.subscription.unsubscribe()
    this.attendance?.unsubscribe()
    this.beating?.unsubscribe()
    this.watches.close()
  }

  /** Publishes the current state and all events so far. */
  bringUpToDate(): void {
    this.publishState()
  }

  /** Publishes a state: that of this moment, or one that the trainer has just published, since a new one takes time. */
  private publishState(recent?: RunState): void {
    const { trainer, watches, publications, log } = this
    const notes = watches.takeNotes()
    if (notes.size > 0) trainer.note(notes)
    log.flush()
    publications.add((notes.size === 0 && recent) || trainer.state, this.time())
    this.latest = undefined
  }

  private tick(): void {
    // Two fifths for watches, the rest for questions.
    const time = this.timeSince()
    this.watches.tick(0.4 * time)
    this.answers.tick(0.6 * time)
    const start = this.now()
    this.publish(this.latest)
    this.publishing += this.now() - start
  }

  /** The additional milliseconds to spend: a share of the busy time since, plus all idle time. */
  private timeSince(): number {
    const [now, busy] = [this.now(), this.busyTime]
    // Do not make up for a long pause.
    const passed = Math.min(now - this.ticked, BEAT)
    const idle = Math.max(passed - (busy - this.busy), 0)
    const surplus = Math.max(this.publishing - this.published - TO_PUBLISH * passed, 0)
    this.ticked = now
    this.busy = busy
    this.published = this.publishing
    return Math.max(passed * this.settings.share - surplus, 0) + idle
  }

  /** The time of the run and its viewers so far, in milliseconds. */
  private get busyTime(): number {
    const { training, watching } = this.spent
    return training + watching
  }

  /** What the run and its viewers have used so far. */
  get spent(): Spent {
    const { trainer, watches, answers, publishing } = this
    return {
      steps: stepOf(trainer.model),
      training: trainer.workTime,
      watching: watches.spent + answers.spent + publishing,
      waiting: trainer.waitTime,
    }
  }

  private publish(recent?: RunState): void {
    this.publishState(recent)
    for (const session of this.known) session.outbox.publish()
  }
}
