/** A run as a machine: which state it is in, what it can be asked for, and slices of work that let all else live beside it. */
import type { SchedulerLike, Subscription } from 'rxjs'
import { GradstreamError } from '../../core/index.ts'
import type { RunStatus } from './run-state.ts'

/** What a piece of work was. */
export type Piece = 'step' | 'epoch' | 'other'

/** The work of a run. */
export interface Work {
  /** Does the next piece; a promise where something has to be waited for, after which it can be called again. */
  advance(): Piece | Promise<void>
  /** Whether all that was planned is done. */
  readonly isOver: boolean
  /** Plans as much anew. */
  plan(): void
  /** Leaves out the rest of the epoch. */
  abandon(): void
  /** Called before other things get their turn; `goesOn` says whether another slice follows. */
  endSlice(goesOn: boolean): void
  /** What was thrown, as the error that ends the run. */
  failure(thrown: unknown): GradstreamError
}

/** How a run comes from one state to another, for those who are told. */
export type Transition = 'started' | 'resumed' | 'paused' | 'stopped' | 'finished' | 'failed'

export interface RunSettings<Answer> {
  readonly work: Work
  /** The clock, and where slices are scheduled. */
  readonly scheduler: SchedulerLike
  /** How long a slice may take, in milliseconds. */
  readonly sliceTime: number
  /** Steps a second, at most. */
  readonly stepsPerSecond: number | undefined
  readonly onTransition: (transition: Transition, error?: GradstreamError) => void
  /** What promises are kept with. */
  readonly answer: () => Answer
}

/** A bound on the pieces of a slice, for schedulers whose clock stands still in it. */
const PIECES = 1000
/** How many requests are handled at once: those who answer one another with requests must not hold up all else. */
const REQUESTS = 1000
/** How far a run may be behind its speed limit and still make up for it, in milliseconds. */
const LAG = 50

/** A promise, and how it is kept. */
interface Deferred<Answer> {
  readonly promise: Promise<Answer>
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: GradstreamError) => void
}

/** Somebody who waits for a number of steps. */
interface Waiter<Answer> extends Omit<Deferred<Answer>, 'promise'> {
  /** How many steps will have been done then. */
  readonly steps: number
}

/**
 * Whatever is asked of a run stands in one queue, and is done between two steps, one after another and each as a whole:
 * at once where no step is under way. The methods from `start` on are what can be done there; one that does not fit the
 * present state does nothing.
 */
export class Run<Answer> {
  status: RunStatus = 'idle'
  private readonly settings: RunSettings<Answer>
  private readonly requests: (() => void)[] = []
  private isHandling = false
  private inSlice = false
  /** The promise of `run`, as long as it is open. */
  private ending: Deferred<Answer> | undefined
  private waiters: Waiter<Answer>[] = []
  /** How many steps were done, and after how many the run holds. */
  private steps = 0
  private limit = Number.POSITIVE_INFINITY
  /** What stands in the scheduler, if anything. */
  private next: Subscription | undefined
  private sliceEnd = 0
  /** How many milliseconds all slices have taken. */
  workTime = 0
  /** Milliseconds between two steps, and when the next one is due. */
  private period: number
  private due = 0
  /** What the work waits for. */
  private awaited: Promise<void> | undefined
  isDisposed = false

  constructor(settings: RunSettings<Answer>) {
    this.settings = settings
    this.period = periodOf(settings.stepsPerSecond)
  }

  // --- asking -------------------------------------------------------------------------------------------------

  /** Does something between two steps, in its turn. Resolves with what it gives, rejects with what it throws. */
  ask<T>(handle: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.requests.push(() => {
        try {
          resolve(handle())
        } catch (error) {
          reject(error)
        }
      })
      if (!this.inSlice && !this.isHandling) this.handle()
    })
  }

  /** Starts or goes on, without a limit. Resolves when the run is finished or stopped; it is one promise until then. */
  untilEnd(): Promise<Answer> {
    let ending: Promise<Answer> | undefined
    const asked = this.ask(() => {
      this.start()
      this.ending ??= deferred()
      ending = this.ending.promise
    })
    // In the middle of a step it is known only later which run that will be.
    return ending ?? asked.then(() => ending as Promise<Answer>)
  }

  /** Does so many steps, as `addSteps` says. Resolves when they are done, or the run comes to rest before. */
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

  /** Starts, or goes on, to hold after so many steps. @throws GradstreamError `ALREADY_DISPOSED` */
  start(count = Number.POSITIVE_INFINITY): void {
    const { status, settings } = this
    if (this.isDisposed) {
      throw new GradstreamError('ALREADY_DISPOSED', {
        place: 'trainer',
        expected: 'a trainer that has not been disposed',
        got: 'one that has been',
        hint: 'Create another trainer for the same model.',
      })
    }
    this.limit = this.steps + count
    if (status === 'running') return
    if (settings.work.isOver) settings.work.plan()
    this.become('running', status === 'paused' ? 'resumed' : 'started')
    this.schedule()
  }

  /** Does so many steps and then holds; where it is doing some already, so many more. Gives how many that are in all. */
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

  stop(): void {
    if (this.status === 'running' || this.status === 'paused') this.rest('stopped')
  }

  /** From now on at most so many steps a second. */
  setStepsPerSecond(stepsPerSecond: number | null): void {
    this.period = periodOf(stepsPerSecond)
    this.due = 0
    if (this.next === undefined) return
    // What is due late by the speed limit of before.
    this.cancel()
    this.schedule()
  }

  dispose(): void {
    this.stop()
    this.isDisposed = true
  }

  // --- coming to rest -----------------------------------------------------------------------------------------

  private become(status: RunStatus, transition: Transition, error?: GradstreamError): void {
    this.status = status
    this.settings.onTransition(transition, error)
  }

  private rest(status: 'paused' | 'stopped' | 'finished'): void {
    const { work, answer } = this.settings
    this.cancel()
    if (status !== 'paused') {
      work.abandon()
      this.awaited = undefined
    }
    // Those who are told may start the run again, which is another run.
    const { ending, waiters } = this
    this.waiters = []
    if (status !== 'paused') this.ending = undefined
    this.become(status, status)
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
    this.become('failed', 'failed', error)
    for (const { reject } of waiters) reject(error)
    ending?.reject(error)
  }

  // --- the loop -----------------------------------------------------------------------------------------------

  private schedule(): void {
    if (this.next) return
    const { scheduler, sliceTime } = this.settings
    const wait = this.period > 0 ? Math.max(this.due - scheduler.now(), 0) : 0
    this.next = scheduler.schedule(() => {
      this.next = undefined
      this.sliceEnd = scheduler.now() + sliceTime
      this.slice()
    }, wait)
  }

  /** Nothing is left in the scheduler, which would keep the process alive. */
  private cancel(): void {
    this.next?.unsubscribe()
    this.next = undefined
  }

  private get mayWork(): boolean {
    return this.status === 'running' && this.awaited === undefined
  }

  /** Works until the time of the slice is over, the run comes to rest, or something has to be waited for. */
  private slice(): void {
    const { scheduler, work } = this.settings
    const start = scheduler.now()
    this.inSlice = true
    try {
      for (let pieces = 0; pieces < PIECES && this.mayWork; pieces++) {
        this.doPiece()
        if (this.requests.length > 0) this.handle()
        const now = scheduler.now()
        if (now >= this.sliceEnd || now < this.due) break
      }
    } catch (thrown) {
      this.fail(thrown)
    } finally {
      work.endSlice(this.mayWork)
      this.inSlice = false
      this.workTime += scheduler.now() - start
    }
    // Those of a step that failed, and of those who were told at the end of the slice.
    this.handle()
    if (this.mayWork) this.schedule()
  }

  private doPiece(): void {
    const { work, scheduler } = this.settings
    const done = work.advance()
    if (done === 'step') {
      this.steps++
      if (this.period > 0) this.due = Math.max(this.due, scheduler.now() - LAG) + this.period
      if (this.steps >= this.limit) this.rest('paused')
      else if (this.waiters.length > 0) this.keepPromises()
    } else if (done === 'epoch') {
      if (work.isOver) this.rest('finished')
    } else if (done instanceof Promise) this.wait(done)
  }

  /** Tells those whose steps are done, while others go on. */
  private keepPromises(): void {
    const { waiters, steps, settings } = this
    this.waiters = waiters.filter(waiter => waiter.steps > steps)
    for (const waiter of waiters) if (waiter.steps <= steps) waiter.resolve(settings.answer())
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
