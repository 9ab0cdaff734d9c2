/** Publishes a run: its events, state, history and throughput. */
import type { Observable, SchedulerLike, Subscription } from 'rxjs'
import {
  asRecords,
  type EmissionOrder,
  Emitter,
  type ErrorReport,
  type GraphDef,
  type Report,
  type Warnings,
} from '../../core/index.ts'
import type { DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import type { EpochLoop } from './epoch-loop.ts'
import type { TrainerEvent } from './events.ts'
import { History, type SavedHistory } from './history.ts'
import type { Transition } from './run.ts'
import {
  type EpochRecord,
  initialState,
  type Note,
  type RunNote,
  type RunState,
  type RunStatus,
} from './run-state.ts'
import { type StatePatch, Store } from './store.ts'

export interface PublisherSettings {
  readonly scheduler: SchedulerLike
  readonly publishTime: number
  readonly history: number
  readonly runId: string
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  readonly data: DataSource
  readonly validation: DataSource | undefined
  readonly stepsPerSecond: number | undefined
}

/** What is published of a run, as plain data. */
export interface SavedPublisher {
  readonly history: SavedHistory<EpochRecord>
  readonly alarmed: readonly string[]
  readonly revision: number
  /** In milliseconds. Missing in checkpoints of earlier versions, as the best epoch is. */
  readonly elapsed?: number
  readonly best?: EpochRecord | null
  readonly notes?: readonly RunNote[]
}

/** Publishing the state takes at most one part in this many of the time. */
const SHARE = 20

/** Receives the number and the loss of a step. */
export type LossListener = (step: number, loss: number) => void

type Change = NonNullable<Parameters<Store<RunState>['update']>[1]>

export class Publisher {
  readonly events$: Observable<TrainerEvent>
  readonly milestones$: Observable<TrainerEvent>
  readonly state$: Observable<RunState>
  readonly patches$: Observable<StatePatch>
  private readonly engine: Engine
  private readonly loop: EpochLoop
  private readonly scheduler: SchedulerLike
  private readonly publishTime: number
  private readonly store: Store<RunState>
  private readonly history: History<EpochRecord>
  private readonly events: Emitter<TrainerEvent>
  private readonly milestones: Emitter<TrainerEvent>
  private readonly warnings: Warnings
  /** How many warnings have been emitted as events. */
  private warned = 0
  private hasStarted = false
  /** The non-finite figures that have already raised an alarm. */
  private readonly alarmed = new Set<string>()
  private epochStarted = 0
  /** How long it ran before the status last changed, and since when it has been running, if it is. */
  private elapsed = 0
  private runningSince: number | undefined
  private best: EpochRecord | null = null
  /** The earliest time to publish the state again. */
  private due = 0
  /** Whether anything has happened since the state was last brought up to date. */
  private isBehind = false
  /** The basis of the throughput: the samples of this period, since a time, and of the one before. Time stands still while the run rests. */
  private readonly recent = { since: 0, samples: 0, before: { time: 0, samples: 0 } }
  /** Called with each step and its loss. */
  lossListeners: readonly LossListener[] = []
  /** The scheduled publication of the state, if any. */
  private later: Subscription | undefined

  constructor(
    engine: Engine,
    graph: GraphDef,
    loop: EpochLoop,
    settings: PublisherSettings,
    warnings: Warnings,
    order: EmissionOrder,
  ) {
    this.engine = engine
    this.loop = loop
    this.warnings = warnings
    this.scheduler = settings.scheduler
    this.publishTime = settings.publishTime
    this.history = new History(settings.history)
    const reportTo =
      (stream: string): Report =>
      thrown =>
        engine.report(`trainer.${stream}`, thrown)
    this.store = new Store(initialState(engine, graph, settings, loop.stepsPerEpoch), {
      reportTo,
      settle: () => this.settle(),
      order,
    })
    this.events = new Emitter({ report: reportTo('events$'), order })
    this.milestones = new Emitter({ report: reportTo('milestones$'), order })
    this.events$ = this.events.stream$
    this.milestones$ = this.milestones.stream$
    this.state$ = this.store.state$
    this.patches$ = this.store.patches$
  }

  get state(): RunState {
    this.settle()
    return this.store.present
  }

  get version(): number {
    this.settle()
    return this.store.version
  }

  // --- what happens -------------------------------------------------------------------------------------------

  /** Publishes a change of the run's status at once. */
  transition(transition: Transition, error?: ErrorReport, reason?: string): void {
    const status: RunStatus = transition === 'started' || transition === 'resumed' ? 'running' : transition
    const now = this.scheduler.now()
    this.elapsed = this.elapsedAt(now)
    this.runningSince = status === 'running' ? now : undefined
    if (status !== 'running') this.cancelLater()
    this.change(state => {
      state.status = status
      state.error = error ? asRecords(error) : null
      state.reason = reason ?? null
    })
    if (transition === 'finished') this.event({ type: transition, ...this.at(), metrics: this.state.metrics })
    else if (transition === 'failed')
      this.event({ type: transition, ...this.at(), error: error as ErrorReport })
    else if (transition === 'stopped')
      this.event({ type: transition, ...this.at(), ...(reason !== undefined && { reason }) })
    else this.event({ type: transition, ...this.at() })
    if (transition !== 'started') return
    this.hasStarted = true
    this.publishWarnings()
  }

  /** Emits warnings as events, for remote watchers. Starts with the run. */
  publishWarnings(): void {
    if (!this.hasStarted) return
    const { all } = this.warnings
    while (this.warned < all.length) {
      const { code, message } = all[this.warned++] as (typeof all)[number]
      this.event({ type: 'alarm', ...this.at(), code, message })
    }
  }

  /** Changes the state and publishes it at once. */
  change(recipe: Change): void {
    this.update(recipe)
    this.publish()
  }

  /** Stores measurements of nodes in the state, in one change with all that is new. */
  note(notes: ReadonlyMap<string, Note>): void {
    this.update(({ nodes }) => {
      for (const [id, note] of notes) if (nodes[id]) Object.assign(nodes[id], asRecords(note))
    })
  }

  epochBegins(): void {
    this.epochStarted = this.scheduler.now()
  }

  stepDone(): void {
    const { loop } = this
    this.isBehind = true
    this.recent.samples += loop.samples
    if (this.lossListeners.length > 0) this.reportLoss()
    if (this.events.observed)
      this.event({ type: 'step', ...this.at(), samples: loop.samples, loss: loop.lastLoss })
  }

  private reportLoss(): void {
    const [step, loss] = [this.engine.stepsDone, this.loop.lastLoss]
    for (const take of this.lossListeners) {
      try {
        take(step, loss)
      } catch (thrown) {
        this.engine.report('trainer.eachLoss', thrown)
      }
    }
  }

  epochDone(): void {
    const { epoch, figures: metrics } = this.loop
    const { time, step } = this.at()
    this.isBehind = true
    const record = asRecords({ epoch, step, metrics })
    this.history.add(record)
    this.judge(record)
    const seconds = (time - this.epochStarted) / 1000
    const samplesPerSecond = this.throughput(time)
    this.event({ type: 'epoch', time, epoch, step, metrics, seconds, samplesPerSecond })
    for (const [name, value] of Object.entries(metrics)) {
      if (Number.isFinite(value)) this.alarmed.delete(name)
      if (Number.isFinite(value) || this.alarmed.has(name)) continue
      this.alarmed.add(name)
      this.event({ type: 'alarm', time, epoch, step, code: 'NOT_FINITE', message: `${name} is ${value}` })
    }
  }

  /** The state has changed, and is published when it is time. */
  touch(): void {
    this.isBehind = true
    this.tickInTime()
  }

  /** Called now and then while steps run. Publishes the state if it is time. */
  tick(): void {
    if (this.scheduler.now() < this.due) return
    this.settle()
    this.publish()
  }

  /** The same while waiting for a batch, which may take long. */
  tickInTime(): void {
    const wait = this.due - this.scheduler.now()
    if (wait <= 0) this.tick()
    else {
      this.later ??= this.scheduler.schedule(() => {
        this.later = undefined
        this.tick()
      }, wait)
    }
  }

  private cancelLater(): void {
    this.later?.unsubscribe()
    this.later = undefined
  }

  save(): SavedPublisher {
    const { history, alarmed, store, best } = this
    const { revision, notes } = store.present
    const elapsed = this.elapsedAt(this.scheduler.now())
    return { history: history.save(), alarmed: [...alarmed], revision, elapsed, best, notes }
  }

  load({ history, alarmed, revision, elapsed = 0, best = null, notes = [] }: SavedPublisher): void {
    this.history.load(asRecords(history))
    this.elapsed = elapsed
    this.recent.since = elapsed
    this.best = best && asRecords(best)
    for (const name of alarmed) this.alarmed.add(name)
    this.change(state => {
      state.revision = revision
      state.notes = asRecords([...notes])
    })
  }

  event(event: TrainerEvent): void {
    this.events.next(event)
    if (event.type !== 'step') this.milestones.next(event)
  }

  complete(): void {
    this.cancelLater()
    this.events.complete()
    this.milestones.complete()
    this.warnings.complete()
    this.store.complete()
  }

  // --- the state ----------------------------------------------------------------------------------------------

  at(): { time: number; epoch: number; step: number } {
    return { time: this.scheduler.now(), epoch: this.loop.epoch, step: this.engine.stepsDone }
  }

  private elapsedAt(time: number): number {
    const { elapsed, runningSince } = this
    return runningSince === undefined ? elapsed : elapsed + time - runningSince
  }

  /** A figure that is not a number is never the best. */
  private judge(record: EpochRecord): void {
    const figure = ({ metrics }: EpochRecord) => metrics.validationLoss ?? metrics.loss ?? Number.NaN
    if (figure(record) < (this.best ? figure(this.best) : Number.POSITIVE_INFINITY)) this.best = record
  }

  /** Brings the state up to date. */
  private settle(): void {
    if (this.isBehind) this.update()
  }

  /** Brings the state up to date and applies another change. */
  private update(recipe?: Change): void {
    const { loop, recent, store, history } = this
    const { time, epoch, step } = this.at()
    this.isBehind = false
    const fields = {
      epoch,
      step,
      stepsPerEpoch: loop.stepsPerEpoch ?? null,
      elapsed: this.elapsedAt(time) / 1000,
      best: this.best,
      metrics: loop.figures,
      throughput: this.throughput(time),
    }
    const growth = history.since(store.present.history)
    store.update(fields, this.withFollowed(recipe), growth && ['history', growth])
    // Throughput covers the last one or two seconds.
    const passed = this.elapsedAt(time) - recent.since
    if (passed < 1000) return
    recent.before = { time: passed, samples: recent.samples }
    recent.since += passed
    recent.samples = 0
  }

  /** A change, and before it the numbers of hyper-parameters that follow something. */
  private withFollowed(recipe: Change | undefined): Change | undefined {
    const following = this.engine.tuned.filter(({ follows }) => Object.keys(follows).length > 0)
    if (following.length === 0) return recipe
    return state => {
      for (const { id, follows, config } of following)
        for (const name of Object.keys(follows))
          Object.assign(state.hyperparameters[id] ?? {}, { [name]: config[name] })
      recipe?.(state)
    }
  }

  private publish(): void {
    const start = this.scheduler.now()
    this.store.publish()
    const now = this.scheduler.now()
    this.due = start + Math.max(this.publishTime, SHARE * (now - start))
  }

  /** Samples per second of the time that it has been running. */
  private throughput(time: number): number {
    const { since, samples, before } = this.recent
    const [all, passed] = [before.samples + samples, before.time + this.elapsedAt(time) - since]
    return passed > 0 && all > 0 ? (all / passed) * 1000 : this.store.present.throughput
  }
}
