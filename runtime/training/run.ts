/**
 * A run as a state machine: its status, the requests it handles, and its work in slices that leave time for
 * everything else.
 */
import type { SchedulerLike, Subscription } from 'rxjs'
import { GradstreamError } from '../../core/index.ts'
import type { RunStatus } from './run-state.ts'

/** The kind of a piece of work; a `part` is one of a step, which the next call goes on with. */
export type Piece = 'step' | 'epoch' | 'part' | 'other'

/** The work of a run. */
export interface Work {
  /** Does the next piece. Returns a promise if something must be waited for; call it again after that. */
  advance(): Piece | Promise<void>
  /** Whether all planned work is done. */
  readonly isOver: boolean
  /** Plans the same amount again. */
  plan(): void
  /** Skips the rest of the epoch. */
  abandon(): void
  /** Called before other work gets a turn; `goesOn` says whether another slice follows. */
  endSlice(goesOn: boolean): void
  /** Turns what was thrown into the error that ends the run. */
  failure(thrown: unknown): GradstreamError
}

/** A change of the status of a run. */
export type Transition = 'started' | 'resumed' | 'paused' | 'stopped' | 'finished' | 'failed'

export interface RunSettings<Answer> {
  readonly work: Work
  /** The clock, and the scheduler of slices. */
  readonly scheduler: SchedulerLike
  /** How long a slice may take, in milliseconds. */
  readonly sliceTime: number
  /** The most steps per second. */
  readonly stepsPerSecond: number | undefined
  readonly onTransition: (transition: Transition, why?: { error?: GradstreamError; reason?: string }) => void
  /** The value that promises resolve with. */
  readonly answer: () => Answer
  /** Called when the work begins to wait. */
  readonly onWait?: () => void
}

/** The most pieces in a slice, for schedulers whose clock stands still meanwhile. */
const PIECES = 1000
/**
 * How many requests to handle in a row: subscribers that answer requests with requests must not block
 * everything else.
 */
const REQUESTS = 1000
/** How far a run may fall behind its speed limit and still catch up, in milliseconds. */
const LAG = 50

/** A promise and its resolvers. */
interface Deferred<Answer> {
  readonly promise: Promise<Answer>
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: GradstreamError) => void
}

/** A caller waiting for a number of steps. */
interface Waiter<Answer> extends Omit<Deferred<Answer>, 'promise'> {
  /** The step count to wait for. */
  readonly steps: number
}

/**
 * All requests to a run go into one queue. They are handled between two steps, one at a time and each as a
 * whole, or at once if no step is in progress. The methods from `start` on are the actions available there;
 * one that does not fit the current status does nothing.
 */
export class Run<Answer> {
  status: RunStatus = 'idle'
  private readonly settings: RunSettings<Answer>
  private readonly requests: (() => void)[] = []
  private isHandling = false
  private inSlice = false
  /** The promise of `run`, while pending. */
  private ending: Deferred<Answer> | undefined
  private waiters: Waiter<Answer>[] = []
  /** How many steps are done, and at how many the run pauses. */
  private steps = 0
  private limit = Number.POSITIVE_INFINITY
  /** The scheduled work, if any. */
  private next: Subscription | undefined
  private sliceEnd = 0
  /** Whether a step was begun and is not over, so that what is asked for has to wait. */
  private isInStep = false
  /** The time of all slices, in milliseconds. */
  workTime = 0
  /** Milliseconds between two steps, and when the next one is due. */
  private period: number
  private due = 0
  /** What the work is waiting for. */
  private awaited: Promise<void> | undefined
  private awaitedSince = 0
  /** The time of all waiting that is over, in milliseconds. */
  private waited = 0
  isDisposed = false

  constructor(settings: RunSettings<Answer>) {
    this.settings = settings
    this.period = periodOf(settings.stepsPerSecond)
  }

  /** Since when the work has been waiting for something, by the scheduler's clock. */
  get waitingSince(): number | undefined {
    return this.awaited && this.status === 'running' ? this.awaitedSince : undefined
  }

  /** The time that the run has waited for batches, in milliseconds. A pause is no waiting. */
  get waitTime(): number {
    const { waitingSince, waited, settings } = this
    return waitingSince === undefined ? waited : waited + settings.scheduler.now() - waitingSince
  }

  // --- asking -------------------------------------------------------------------------------------------------

  /** Queues something to do between two steps. Resolves with what it returns, rejects with what it throws. */
  ask<T>(handle: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.requests.push(() => {
        try {
          resolve(handle())
        } catch (error) {
          reject(error)
        }
      })
      if (!this.inSlice && !this.isHandling && !this.isInStep) this.handle()
    })
  }

  /**
   * Starts or continues without a limit. Resolves when the run finishes or stops; until then all calls share
   * one promise.
   */
  untilEnd(): Promise<Answer> {
    let ending: Promise<Answer> | undefined
    const asked = this.ask(() => {
      this.start()
      this.ending ??= deferred()
      ending = this.ending.promise
    })
    // In the middle of a step, the run that this will be is known only later.
    return ending ?? asked.then(() => ending as Promise<Answer>)
  }

  /** Runs `count` steps, like `addSteps`. Resolves when they are done, or the run stops earlier. */
  untilDone(count: number): Promise<Answer> {
    const { promise, resolve, reject } = deferred<Answer>()
    const asked = this.ask(() => {
      this.waiters.push({ steps: this.addSteps(count), resolve, reject })
    })
    return asked.then(() => promise)
  }

  private handle(): void {
    this.isHandling = true
    try {
      for (let handled = 0; this.requests.length > 0; handled++) {
        if (handled === REQUESTS) {
          this.settings.scheduler.schedule(() => this.handle())
          break
        }
        this.requests.shift()?.()
      }
    } finally {
      this.isHandling = false
    }
  }

  // --- what can be done between two steps -----------------------------------------------------------------------

  /** @throws GradstreamError `ALREADY_DISPOSED` */
  demandUsable(): void {
    if (!this.isDisposed) return
    throw new GradstreamError('ALREADY_DISPOSED', {
      place: 'trainer',
      expected: 'a trainer that has not been disposed',
      got: 'one that has been',
      hint: 'Create another trainer for the same model.',
    })
  }

  /** Starts or continues, and pauses after `count` steps. @throws GradstreamError `ALREADY_DISPOSED` */
  start(count = Number.POSITIVE_INFINITY): void {
    const { status, settings } = this
    this.demandUsable()
    this.limit = this.steps + count
    if (status === 'running') return
    if (settings.work.isOver) settings.work.plan()
    this.awaitedSince = settings.scheduler.now()
    this.become('running', status === 'paused' ? 'resumed' : 'started')
    this.schedule()
  }

  /** Runs `count` steps and then pauses; adds them if some are already pending. Returns the step count to reach. */
  addSteps(count: number): number {
    const isStepping = this.status === 'running' && Number.isFinite(this.limit)
    const target = (isStepping ? this.limit : this.steps) + count
    this.start(target - this.steps)
    return target
  }

  resume(): void {
    if (this.status === 'paused') this.start()
  }

  pause(): void {
    if (this.status === 'running') this.rest('paused')
  }

  stop(reason?: string): void {
    if (this.status === 'running' || this.status === 'paused') this.rest('stopped', reason)
  }

  /** Limits the steps per second from now on. */
  setStepsPerSecond(stepsPerSecond: number | null): void {
    this.period = periodOf(stepsPerSecond)
    this.due = 0
    if (this.next === undefined) return
    // Cancel work that the old limit scheduled for later.
    this.cancel()
    this.schedule()
  }

  dispose(): void {
    this.isDisposed = true
    this.stop()
  }

  // --- coming to rest -----------------------------------------------------------------------------------------

  private become(
    status: RunStatus,
    transition: Transition,
    why?: { error?: GradstreamError; reason?: string },
  ): void {
    this.status = status
    this.settings.onTransition(transition, why)
  }

  private rest(status: 'paused' | 'stopped' | 'finished', reason?: string): void {
    const { work, answer } = this.settings
    this.cancel()
    this.waited = this.waitTime
    if (status !== 'paused') {
      work.abandon()
      this.awaited = undefined
    }
    // A listener may start the run again, which is a new run.
    const { ending, waiters } = this
    this.waiters = []
    if (status !== 'paused') this.ending = undefined
    this.become(status, status, reason === undefined ? {} : { reason })
    const state = answer()
    for (const { resolve } of waiters) resolve(state)
    if (status !== 'paused') ending?.resolve(state)
  }

  private fail(thrown: unknown): void {
    const error = this.settings.work.failure(thrown)
    const { ending, waiters } = this
    this.cancel()
    this.waiters = []
    this.ending = undefined
    this.become('failed', 'failed', { error })
    for (const { reject } of waiters) reject(error)
    ending?.reject(error)
  }

  // --- the loop -----------------------------------------------------------------------------------------------

  private schedule(): void {
    if (this.next) return
    const { scheduler, sliceTime } = this.settings
    const wait = Math.max(this.dueNext - scheduler.now(), 0)
    this.next = scheduler.schedule(() => {
      this.next = undefined
      this.sliceEnd = scheduler.now() + sliceTime
      this.slice()
    }, wait)
  }

  /** When the next piece is due: what is left of a step, at once. */
  private get dueNext(): number {
    return this.period > 0 && !this.isInStep ? this.due : 0
  }

  /** Cancels scheduled work, which would keep the process alive. */
  private cancel(): void {
    this.next?.unsubscribe()
    this.next = undefined
  }

  private get mayWork(): boolean {
    return this.status === 'running' && this.awaited === undefined
  }

  /** Works until the slice is over, the run stops or pauses, or something must be waited for. */
  private slice(): void {
    const { scheduler, work } = this.settings
    const start = scheduler.now()
    this.inSlice = true
    try {
      for (let pieces = 0; pieces < PIECES && this.mayWork; pieces++) {
        this.doPiece()
        if (this.requests.length > 0 && !this.isInStep) this.handle()
        const now = scheduler.now()
        if (now >= this.sliceEnd || now < this.dueNext) break
      }
    } catch (thrown) {
      this.fail(thrown)
    } finally {
      if (!this.isInStep) work.endSlice(this.mayWork)
      this.inSlice = false
      this.workTime += scheduler.now() - start
    }
    // Requests made during a failed step, or by listeners at the end of the slice.
    if (!this.isInStep) this.handle()
    if (this.mayWork) this.schedule()
  }

  private doPiece(): void {
    const { work, scheduler } = this.settings
    this.isInStep = false
    const done = work.advance()
    this.isInStep = done === 'part'
    if (done === 'step') {
      this.steps++
      if (this.period > 0) this.due = Math.max(this.due, scheduler.now() - LAG) + this.period
      if (this.steps >= this.limit) this.rest('paused')
      else if (this.waiters.length > 0) this.keepPromises()
    } else if (done === 'epoch') {
      if (work.isOver) this.rest('finished')
    } else if (done instanceof Promise) this.wait(done)
  }

  /** Resolves the callers whose steps are done. */
  private keepPromises(): void {
    const { waiters, steps, settings } = this
    this.waiters = waiters.filter(waiter => waiter.steps > steps)
    for (const waiter of waiters) if (waiter.steps <= steps) waiter.resolve(settings.answer())
  }

  /** Continues in the same slice if the batch arrives in time, else in the next one. */
  private wait(batch: Promise<void>): void {
    this.awaited = batch
    this.awaitedSince = this.settings.scheduler.now()
    this.settings.onWait?.()
    const arrived = (goOn: () => void) => () => {
      // The run may have been stopped meanwhile, or be waiting for another batch.
      if (this.awaited !== batch) return
      this.waited = this.waitTime
      this.awaited = undefined
      goOn()
      if (!this.mayWork) return
      if (this.settings.scheduler.now() < this.sliceEnd) this.slice()
      else this.schedule()
    }
    batch.then(
      arrived(() => undefined),
      thrown => arrived(() => void this.ask(() => this.fail(thrown)))(),
    )
  }
}

function deferred<Answer>(): Deferred<Answer> {
  let [resolve, reject]: [Deferred<Answer>['resolve'], Deferred<Answer>['reject']] = [noop, noop]
  const promise = new Promise<Answer>((keep, refuse) => {
    resolve = keep
    reject = refuse
  })
  return { promise, resolve, reject }
}

const noop = () => undefined

const periodOf = (stepsPerSecond: number | null | undefined) => (stepsPerSecond ? 1000 / stepsPerSecond : 0)
