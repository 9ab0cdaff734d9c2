/** The trainer: runs epochs in slices that let everything else live beside it, and tells what happens. */
import { type Observable, type SchedulerLike, Subject, Subscription } from 'rxjs'
import {
  type Config,
  check,
  checkedAt,
  emitGuarded,
  GradstreamError,
  listOf,
  type Report,
  SafeObservable,
  show,
} from '../../core/index.ts'
import { engineOf, type Model } from '../engine/model.ts'
import { type Command, commandOf } from './commands.ts'
import { EpochLoop, type EpochLoopOptions } from './epoch-loop.ts'
import type { TrainerEvent } from './events.ts'
import { History } from './history.ts'
import { keepInside } from './inside.ts'
import { type EpochRecord, initialState, type RunState, type RunStatus } from './run-state.ts'
import { type StatePatch, Store } from './store.ts'

/** The full options of a trainer. */
export interface TrainerSettings extends EpochLoopOptions {
  readonly epochs: number
  readonly runId: string
  readonly scheduler: SchedulerLike
  readonly sliceTime: number
  readonly publishTime: number
  readonly history: number
  readonly pace: number | undefined
}

/** A bound on the steps of a slice, for schedulers whose clock stands still in it. */
const STEPS_PER_SLICE = 1000

/** How many epochs may be unpublished. */
const BACKLOG = 1000

/** How far a run may be behind its pace and still make up for it, in milliseconds. */
const LAG = 50

/** Someone who waits for the run to come to rest. */
interface Waiter {
  readonly until: readonly RunStatus[]
  readonly resolve: (state: RunState) => void
  readonly reject: (error: GradstreamError) => void
}

/** Trains a model. Made by `createTrainer`. */
export class Trainer {
  readonly model: Model
  /** Everything that happens, as plain events. */
  readonly events$: Observable<TrainerEvent>
  /** The same without the single steps: to listen costs nothing while steps go on. */
  readonly milestones$: Observable<TrainerEvent>
  /** The present state on subscription, then each new one, at most every `publishTime` while steps go on. */
  readonly state$: Observable<RunState>
  /** How each state differs from the one before: patches, inverse patches, version. */
  readonly patches$: Observable<StatePatch>
  /** What subscribers threw: those of this trainer, and those of the model's streams. */
  readonly errors$: Observable<GradstreamError>

  private readonly settings: TrainerSettings
  private readonly loop: EpochLoop
  private readonly store: Store<RunState>
  private readonly history: History<EpochRecord>
  private readonly events = new Subject<TrainerEvent>()
  private readonly milestones = new Subject<TrainerEvent>()
  private readonly reportEvents: Report
  private readonly reportMilestones: Report
  private readonly waiters: Waiter[] = []
  private running: Promise<RunState> | undefined
  private request: 'pause' | 'stop' | undefined
  /** How many steps may be done before the run pauses. */
  private allowance = Number.POSITIVE_INFINITY
  /** Whether a slice stands in the scheduler, or is at work. */
  private scheduled = false
  private inSlice = false
  private sliceEnd = 0
  /** What stands in the scheduler. */
  private next = Subscription.EMPTY
  /** Milliseconds between two steps, and when the next one is due. */
  private period = 0
  private due = 0
  /** The batch that the run waits for. */
  private awaited: Promise<void> | undefined
  /** Changes of hyper-parameters that came inside a step. */
  private readonly changes: (() => void)[] = []
  /** The revision in which a hyper-parameter changed last, by `node.name`. */
  private readonly changed = new Map<string, number>()
  /** The figures that are not finite, and were told to be so. */
  private readonly alarmed = new Set<string>()
  private disposed = false
  private epochStarted = 0
  private published = 0
  /** Epochs that ended while nobody watched: they are published together, when somebody looks. */
  private readonly unpublished: EpochRecord[] = []
  /** What throughput is taken from: samples since a time. */
  private readonly recent = { time: 0, samples: 0 }

  constructor(model: Model, settings: TrainerSettings) {
    const engine = engineOf(model)
    this.model = model
    this.settings = settings
    this.loop = new EpochLoop(engine, settings)
    model.scalings = settings.data.scalings
    const reportTo = (stream: string) => (thrown: unknown) => engine.report(`trainer.${stream}`, thrown)
    this.history = new History(settings.history)
    this.period = periodOf(settings.pace)
    this.store = new Store(
      initialState(engine, model.graph, settings, this.loop.stepsPerEpoch),
      reportTo,
      () => {
        if (this.unpublished.length > 0) this.publish()
      },
    )
    this.state$ = this.store.state$
    this.patches$ = this.store.patches$
    this.errors$ = model.errors$
    this.reportEvents = reportTo('events$')
    this.reportMilestones = reportTo('milestones$')
    this.events$ = safe(this.events, this.reportEvents)
    this.milestones$ = safe(this.milestones, this.reportMilestones)
    keepInside(this, {
      source: name => settings[name],
      lastLoss: () => this.loop.lastLoss,
      note: notes =>
        this.store.update(({ nodes }) => {
          for (const [id, note] of notes) Object.assign(nodes[id] ?? {}, note)
        }),
      refuse: (command, author, error) => this.tellCommand(command, author, error),
    })
  }

  /** The present state. */
  get state(): RunState {
    return this.store.state
  }

  /** Counts the changes of the state; the version of the present one. */
  get version(): number {
    return this.store.version
  }

  /**
   * Trains all planned epochs. Resolves when they are done, or at `stop()`; stays pending while paused. Called again,
   * it goes on where it was: after a failure with the same batch, after `stop()` with the next epoch, and when all
   * is done it plans as many epochs anew.
   *
   * @throws GradstreamError (as a rejection) what a node threw; no parameter has changed in that step.
   */
  run(): Promise<RunState> {
    this.allowance = Number.POSITIVE_INFINITY
    this.running ??= this.until(['finished', 'stopped'])
    const { running } = this
    this.start()
    return running
  }

  /** Holds the run after the step under way. Resolves when it holds, or has ended. */
  pause(): Promise<RunState> {
    return this.ask('pause', ['paused', 'finished', 'stopped'])
  }

  /** Lets a paused run go on. */
  resume(): void {
    if (this.state.status !== 'paused') return
    this.allowance = Number.POSITIVE_INFINITY
    this.start()
  }

  /** Does `count` steps, then holds. Resolves when they are done. */
  step(count = 1): Promise<RunState> {
    checkedAt('trainer.step', 'INVALID_OPTION', () => check.positiveInteger({ count }))
    this.allowance = count
    const done = this.until(['paused', 'finished', 'stopped'])
    this.start()
    return done
  }

  /** Ends the run after the step under way; the rest of its epoch is left out. Resolves when it has ended. */
  stop(): Promise<RunState> {
    return this.ask('stop', ['finished', 'stopped'])
  }

  /**
   * Changes hyper-parameters of an optimizer, from the next step on. Resolves when it is done.
   *
   * @param revision a `state.revision`: refuses where one of these values has changed since
   * @throws GradstreamError (as a rejection) `UNKNOWN_NAME`, `INVALID_CONFIG`, `REVISION_CONFLICT`.
   * @example await trainer.set('sgd1', { learningRate: 0.01 })
   */
  async set(node: string, values: Config, revision = Number.POSITIVE_INFINITY): Promise<RunState> {
    const { optimizers } = engineOf(this.model)
    const optimizer = optimizers.find(({ id }) => id === node)
    if (!optimizer) {
      throw new GradstreamError('UNKNOWN_NAME', {
        place: 'trainer.set',
        expected: `an optimizer: ${listOf(optimizers.map(({ id }) => id))}`,
        got: show(node),
      })
    }
    // Checked at once, so that what is wrong is said to the one who asked, and again when its turn has come.
    optimizer.configWith(values)
    if (Object.keys(values).length === 0) return this.state
    await this.betweenSteps(() => {
      const stale = Object.keys(values).find(name => (this.changed.get(`${node}.${name}`) ?? 0) > revision)
      if (stale !== undefined) {
        throw new GradstreamError('REVISION_CONFLICT', {
          place: `trainer.set: ${node}`,
          expected: `${stale} as it was in revision ${revision}`,
          got: `${show(optimizer.config[stale])}, set in revision ${this.changed.get(`${node}.${stale}`)}`,
        })
      }
      optimizer.config = optimizer.configWith(values)
      const next = this.state.revision + 1
      for (const name of Object.keys(values)) this.changed.set(`${node}.${name}`, next)
      this.publish(state => {
        state.revision = next
        state.hyperparameters[node] = optimizer.config
      })
    })
    return this.state
  }

  /**
   * Does so many steps a second from now on, at most, so that somebody can watch; `null` as many as there can be.
   *
   * @throws GradstreamError `INVALID_OPTION`
   */
  setPace(stepsPerSecond: number | null): void {
    if (stepsPerSecond !== null)
      checkedAt('trainer.setPace', 'INVALID_OPTION', () => check.positiveNumber({ stepsPerSecond }))
    this.period = periodOf(stepsPerSecond)
    this.due = 0
    this.store.update(state => {
      state.pace = stepsPerSecond
    })
    if (!this.scheduled) return
    // What is due late by the pace of before.
    this.next.unsubscribe()
    this.scheduled = false
    this.schedule()
  }

  /**
   * Does what a command says. It is told as an event, with its author, whether it was done or refused. Resolves when it
   * is done; after `start` and `step`, when they have begun.
   *
   * @throws GradstreamError (as a rejection) `INVALID_COMMAND`, `NOT_AVAILABLE`, and what `set` throws.
   * @example await trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } })
   */
  async send(given: Command, author = 'local'): Promise<RunState> {
    let command: Command | undefined
    try {
      command = commandOf(given)
      await this.perform(command)
    } catch (thrown) {
      const error = errorOf(thrown, 'trainer.send', 'a command that can be done')
      this.tellCommand(command, author, error)
      throw error
    }
    this.tellCommand(command, author)
    return this.state
  }

  private tellCommand(command: Command | undefined, author: string, error?: GradstreamError): void {
    const told = { type: 'command', ...this.at(), command: command ?? { type: 'invalid' }, author } as const
    this.emit(error ? { ...told, error: error.toJSON() } : told)
  }

  private async perform(command: Command): Promise<void> {
    const { status } = this.state
    const demand = (...statuses: RunStatus[]) => {
      if (statuses.includes(status)) return
      throw new GradstreamError('NOT_AVAILABLE', {
        place: `command "${command.type}"`,
        expected: `a run that is ${statuses.join(' or ')}`,
        got: `one that is ${status}`,
      })
    }
    switch (command.type) {
      case 'set':
        await this.set(command.node, command.values, command.revision)
        return
      case 'pace':
        this.setPace(command.stepsPerSecond)
        return
      case 'start':
        demand('idle', 'stopped', 'finished', 'failed')
        // Who waits for run() hears of a failure; the events tell it as well.
        this.run().catch(() => undefined)
        return
      case 'step':
        this.step(command.count).catch(() => undefined)
        return
      case 'resume':
        demand('paused')
        this.resume()
        return
      case 'pause':
        demand('running')
        await this.pause()
        return
      case 'stop':
        demand('running', 'paused')
        await this.stop()
        return
      case 'checkpoint':
        throw new GradstreamError('NOT_AVAILABLE', {
          place: 'command "checkpoint"',
          expected: 'a trainer that keeps checkpoints',
          got: 'one that does not',
          wayOut: 'There are no checkpoints yet.',
        })
    }
  }

  /** Ends the run and completes all streams of the trainer. The model lives on. */
  dispose(): void {
    if (this.disposed) return
    if (this.state.status === 'running' || this.state.status === 'paused') this.rest('stopped')
    this.disposed = true
    this.loop.dispose()
    emitGuarded(() => this.events.complete(), this.reportEvents)
    emitGuarded(() => this.milestones.complete(), this.reportMilestones)
    this.store.complete()
  }

  // --- coming to life and to rest -------------------------------------------------------------------------------

  private start(): void {
    const { status, epochs } = this.state
    if (this.disposed) {
      this.reject(
        new GradstreamError('ALREADY_DISPOSED', {
          place: 'trainer',
          expected: 'a living trainer',
          got: 'a disposed one',
          wayOut: 'Make another trainer of the same model.',
        }),
      )
      return
    }
    if (status === 'running') return
    if (this.loop.epoch >= epochs && !this.loop.inEpoch) {
      this.store.update(state => {
        state.epochs += this.settings.epochs
      })
    }
    this.request = undefined
    this.recent.time = this.settings.scheduler.now()
    this.recent.samples = 0
    this.become('running')
    this.emit({ type: status === 'paused' ? 'resumed' : 'started', ...this.at() })
    this.schedule()
  }

  private ask(request: 'pause' | 'stop', until: readonly RunStatus[]): Promise<RunState> {
    const { status } = this.state
    const heard = status === 'running' || (status === 'paused' && request === 'stop')
    if (!heard) return Promise.resolve(this.state)
    const done = this.until(until)
    // A run that fails meanwhile tells those who wait for run(); here it need not be heard.
    done.catch(() => undefined)
    this.request = request
    if (!this.inSlice) this.obey()
    return done
  }

  /** Runs `work` at once, or after the step under way. */
  private betweenSteps(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const change = () => {
        try {
          work()
          resolve()
        } catch (error) {
          reject(error)
        }
      }
      if (this.inSlice) this.changes.push(change)
      else change()
    })
  }

  private makeChanges(): void {
    for (const change of this.changes.splice(0)) change()
  }

  /** Between two steps, does what was asked for. */
  private obey(): void {
    if (this.changes.length > 0) this.makeChanges()
    if (this.request === 'stop') this.rest('stopped')
    else if (this.request === 'pause' || this.allowance === 0) this.rest('paused')
    this.request = undefined
  }

  private rest(status: 'paused' | 'stopped' | 'finished'): void {
    if (status !== 'paused') {
      this.loop.abandon()
      this.awaited = undefined
      this.running = undefined
    }
    this.become(status)
    const { state } = this
    // Kept before the event is told, whose subscribers may start the run again.
    for (const waiter of this.waiters.splice(0)) {
      if (waiter.until.includes(status)) waiter.resolve(state)
      else this.waiters.push(waiter)
    }
    if (status === 'finished') this.emit({ type: status, ...this.at(), metrics: state.metrics })
    else this.emit({ type: status, ...this.at() })
  }

  private fail(thrown: unknown): void {
    const error = errorOf(thrown, 'trainer: data', 'a batch')
    this.become('failed', error)
    this.reject(error)
    this.emit({ type: 'failed', ...this.at(), error: error.toJSON() })
  }

  private reject(error: GradstreamError): void {
    this.running = undefined
    for (const { reject } of this.waiters.splice(0)) reject(error)
  }

  private until(statuses: readonly RunStatus[]): Promise<RunState> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ until: statuses, resolve, reject })
    })
  }

  // --- the loop -----------------------------------------------------------------------------------------------

  private schedule(): void {
    if (this.scheduled) return
    const { scheduler, sliceTime } = this.settings
    this.scheduled = true
    const wait = this.period > 0 ? Math.max(this.due - scheduler.now(), 0) : 0
    this.next = scheduler.schedule(() => {
      this.scheduled = false
      this.sliceEnd = scheduler.now() + sliceTime
      this.slice()
    }, wait)
  }

  /** Works until the time of the slice is over, the run comes to rest, or a batch has to be waited for. */
  private slice(): void {
    const { scheduler, publishTime } = this.settings
    this.inSlice = true
    try {
      for (let steps = 0; steps < STEPS_PER_SLICE && this.mayWork; steps++) {
        this.work()
        this.obey()
        const now = scheduler.now()
        if (now >= this.sliceEnd || now < this.due) break
      }
    } catch (thrown) {
      this.fail(thrown)
    } finally {
      this.inSlice = false
      // Before anything else runs through the graph.
      void this.loop.lastLoss
      // Those of a step that failed.
      this.makeChanges()
    }
    if (!this.mayWork) return
    if (scheduler.now() - this.published >= publishTime) this.publish()
    this.schedule()
  }

  private get mayWork(): boolean {
    // A status is always published at once.
    return this.store.present.status === 'running' && this.awaited === undefined
  }

  private work(): void {
    const { loop } = this
    if (!loop.inEpoch) this.epochStarted = this.settings.scheduler.now()
    const done = loop.advance()
    if (done instanceof Promise) this.wait(done)
    else if (done === 'epoch') this.endEpoch()
    else if (done === 'step') {
      this.allowance--
      if (this.period > 0) this.due = Math.max(this.due, this.settings.scheduler.now() - LAG) + this.period
      this.recent.samples += loop.samples
      if (this.events.observed) {
        this.emit({ type: 'step', ...this.at(), samples: loop.samples, loss: loop.lastLoss })
      }
    }
  }

  /** Goes on in the same slice when the batch comes in its time, else in the next one. */
  private wait(batch: Promise<void>): void {
    this.awaited = batch
    const arrived = (goOn: () => void) => () => {
      // The run may have been stopped meanwhile, and may even wait for another batch.
      if (this.awaited !== batch) return
      this.awaited = undefined
      goOn()
      if (!this.mayWork) return
      if (this.settings.scheduler.now() < this.sliceEnd) this.slice()
      else this.schedule()
    }
    batch.then(
      arrived(() => undefined),
      thrown => arrived(() => this.fail(thrown))(),
    )
  }

  private endEpoch(): void {
    const { epoch, figures: metrics } = this.loop
    const { time, step } = this.at()
    // A small network has thousands of epochs a second.
    this.unpublished.push({ epoch, step, metrics })
    if (this.store.observed || this.unpublished.length === BACKLOG) this.publish()
    const seconds = (time - this.epochStarted) / 1000
    this.emit({ type: 'epoch', time, epoch, step, metrics, seconds, samplesPerSecond: this.throughput(time) })
    for (const [name, value] of Object.entries(metrics)) {
      if (Number.isFinite(value)) this.alarmed.delete(name)
      if (Number.isFinite(value) || this.alarmed.has(name)) continue
      this.alarmed.add(name)
      this.emit({ type: 'alarm', time, epoch, step, code: 'NOT_FINITE', message: `${name} is ${value}` })
    }
    if (epoch >= this.store.present.epochs) this.rest('finished')
  }

  // --- telling ------------------------------------------------------------------------------------------------

  private become(status: RunStatus, error?: GradstreamError): void {
    this.publish(state => {
      state.status = status
      state.error = error?.toJSON() ?? null
    })
  }

  /** Brings the state up to date, and makes a further change with it. */
  private publish(change: Parameters<Store<RunState>['update']>[0] = () => undefined): void {
    const { loop, recent, store, history } = this
    const { time, epoch, step } = this.at()
    this.published = time
    const bringUpToDate: typeof change = state => {
      state.epoch = epoch
      state.step = step
      state.stepsPerEpoch = loop.stepsPerEpoch ?? null
      state.metrics = loop.figures
      state.throughput = this.throughput(time)
      change(state)
    }
    const ended = this.unpublished.splice(0)
    if (ended.length > 0) store.updateAndGrow(bringUpToDate, 'history', list => history.take(list, ended))
    else store.update(bringUpToDate)
    // Throughput is that of the last second or so.
    if (time - recent.time < 1000) return
    recent.time = time
    recent.samples = 0
  }

  /** Samples a second. */
  private throughput(time: number): number {
    const { recent, store } = this
    const elapsed = time - recent.time
    return elapsed > 0 && recent.samples > 0 ? (recent.samples / elapsed) * 1000 : store.present.throughput
  }

  private at(): { time: number; epoch: number; step: number } {
    return { time: this.settings.scheduler.now(), epoch: this.loop.epoch, step: engineOf(this.model).step }
  }

  private emit(event: TrainerEvent): void {
    emitGuarded(() => this.events.next(event), this.reportEvents)
    if (event.type === 'step') return
    emitGuarded(() => this.milestones.next(event), this.reportMilestones)
  }
}

/** What was thrown, as an error of this framework. */
function errorOf(thrown: unknown, place: string, expected: string): GradstreamError {
  if (thrown instanceof GradstreamError) return thrown
  const wayOut = 'See the cause.'
  return new GradstreamError('NODE_FAILED', {
    place,
    expected,
    got: `"${show(thrown)}"`,
    wayOut,
    cause: thrown,
  })
}

function safe<T>(subject: Subject<T>, report: Report): Observable<T> {
  return new SafeObservable(report, subscriber => {
    const subscription = subject.subscribe(subscriber)
    return () => subscription.unsubscribe()
  })
}

const periodOf = (stepsPerSecond: number | null | undefined) => (stepsPerSecond ? 1000 / stepsPerSecond : 0)
