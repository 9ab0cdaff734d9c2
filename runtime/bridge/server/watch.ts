/** One active query, shared by all its listeners: computed once, as often as requested, within its time. */
import { filter, Subscription, take } from 'rxjs'
import type { Frame } from '../../../core/index.ts'
import type { Query } from '../protocol.ts'
import { Budget } from './budget.ts'
import type { Source } from './sources.ts'

/** The default reports per second. */
const RATE = 5

export interface WatchSettings {
  readonly query: Query
  readonly sources: readonly Source[]
  /** The number of steps done. */
  readonly step: () => number
  /** Whether the queries have time left. */
  readonly hasTime: () => boolean
  /** Measures a frame and reports it; `skipped` counts earlier results without time. Returns how long it took. */
  readonly measure: (source: Source, frame: Frame, skipped: number) => number
}

export class Watch {
  private readonly settings: WatchSettings
  private readonly budget = new Budget()
  /** With a rate: when to measure again. */
  private due: number | undefined
  /** With `every`: the number of the last result, made or due. */
  private index: number
  /** Taps a stream only for the wanted frames, so that the steps between cost nothing. */
  private tapped = new Subscription()
  private waits = false
  /** Whether a new listener still needs the current value. */
  private isAsked = true
  private lastStep: number | undefined

  constructor(settings: WatchSettings) {
    this.settings = settings
    this.index = this.indexOf(settings.step())
  }

  /** Called for a new listener: reports again what can be read without a step. */
  ask(): void {
    this.isAsked = true
  }

  /** Called between steps, with the time granted to it. */
  tick(now: number, time: number): void {
    const { budget, settings } = this
    const { every, rate = RATE } = settings.query
    if (!this.waits) this.stop()
    budget.give(time)
    if (!budget.hasTime()) return
    const isDue = every === undefined && (this.due === undefined || now >= this.due)
    if (isDue) this.due = Math.max((this.due ?? now) + 1000 / rate, now)
    if (this.look(isDue)) return
    if (every !== undefined) this.tap(step => step % every === 0)
    else if (isDue) this.tap()
  }

  stop(): void {
    this.tapped.unsubscribe()
    this.waits = false
  }

  /** Reads a value that needs no step. Returns whether there is no need to wait for a step. */
  private look(isDue: boolean): boolean {
    const { sources, step, query } = this.settings
    const [source] = sources
    if (!source?.present) return false
    if (this.isAsked || (isDue && step() !== this.lastStep)) this.take(source, source.present())
    return query.every === undefined
  }

  /** Takes the next frame of each source, or all frames of certain steps. */
  private tap(isWanted?: (step: number) => boolean): void {
    if (this.waits) return
    this.stop()
    const tapped = new Subscription()
    this.tapped = tapped
    this.waits = true
    const { sources, hasTime } = this.settings
    for (const source of sources) {
      const trained$ = source.frames$.pipe(filter(({ mode }) => mode === 'train'))
      const wanted$ = isWanted ? trained$.pipe(filter(({ step }) => isWanted(step))) : trained$.pipe(take(1))
      tapped.add(
        wanted$.subscribe(frame => {
          // Measure all sources of a step or none: other queries may have used up the time.
          if (frame.step !== this.lastStep && !hasTime()) {
            this.stop()
            return
          }
          // Some of several sources may stay silent; the next tick does not wait for them.
          if (!isWanted) this.waits = false
          this.take(source, frame)
          if (isWanted && !this.budget.hasTime()) this.stop()
        }),
      )
    }
  }

  private take(source: Source, frame: Frame): void {
    const { measure } = this.settings
    const index = this.indexOf(frame.step)
    const skipped = Math.max(index - this.index - 1, 0)
    this.index = index
    this.isAsked = false
    this.lastStep = frame.step
    this.budget.spend(measure(source, frame, skipped))
  }

  private indexOf(step: number): number {
    const { every } = this.settings.query
    return every === undefined ? 0 : Math.floor(step / every)
  }
}
