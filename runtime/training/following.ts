/** A hyper-parameter that follows a stream. */
import { type Observable, Subscription } from 'rxjs'
import { GradstreamError, show } from '../../core/index.ts'
import type { LiveSettings } from '../engine/live-settings.ts'

interface FollowingSettings {
  /** Queues something to do between two steps. */
  readonly ask: (handle: () => void) => void
  /** The number of the hyper-parameter has changed. */
  readonly onTaken: () => void
  /** The stream emitted something else than a number that fits: told of the first after one that did. */
  readonly onRefused: (error: GradstreamError) => void
  /** The stream has ended, with an error or not. */
  readonly onEnded: (error?: GradstreamError) => void
}

/**
 * Gives an optimizer or a link the latest number of a stream, between two steps. However fast the stream is, one number waits at most. What does
 * not fit changes nothing.
 */
export class Following {
  private readonly tuned: LiveSettings
  private readonly name: string
  private readonly settings: FollowingSettings
  /** Open until the end of the stream is handled, or something else takes its place. */
  readonly subscription = new Subscription()
  /** The number that arrived last and is not taken yet. */
  private waiting: number | undefined
  private isRefusing = false

  constructor(tuned: LiveSettings, name: string, settings: FollowingSettings) {
    this.tuned = tuned
    this.name = name
    this.settings = settings
    tuned.follow(name, () => this.subscription.unsubscribe())
    this.subscription.add(() => tuned.release(name))
  }

  start(stream$: Observable<unknown>): void {
    this.subscription.add(
      stream$.subscribe({
        next: value => this.arrive(value),
        error: cause => this.end(cause),
        complete: () => this.end(),
      }),
    )
  }

  private end(...causes: unknown[]): void {
    const { subscription, settings } = this
    settings.ask(() => {
      if (subscription.closed) return
      subscription.unsubscribe()
      settings.onEnded(...causes.map(cause => this.failure(cause)))
    })
  }

  private arrive(value: unknown): void {
    try {
      if (typeof value !== 'number') throw this.refusal('a number', show(value))
      this.tuned.configWith({ [this.name]: value })
    } catch (thrown) {
      this.refuse(thrown)
      return
    }
    this.isRefusing = false
    const isFirst = this.waiting === undefined
    this.waiting = value as number
    if (isFirst) this.settings.ask(() => this.take())
  }

  private take(): void {
    const { tuned, name, waiting, subscription } = this
    this.waiting = undefined
    if (waiting === undefined || subscription.closed || waiting === tuned.config[name]) return
    try {
      // What fitted when it arrived may not fit any more.
      tuned.take(name, waiting)
      this.settings.onTaken()
    } catch (thrown) {
      this.refuse(thrown)
    }
  }

  private refuse(thrown: unknown): void {
    if (this.isRefusing) return
    this.isRefusing = true
    const { expected, got } =
      thrown instanceof GradstreamError ? thrown : this.refusal('a number', show(thrown))
    this.settings.onRefused(this.refusal(expected, got))
  }

  private refusal(expected: string, got: string): GradstreamError {
    const { tuned, name } = this
    const hint = `The run goes on with ${show(tuned.config[name])}. Correct what the stream emits.`
    return new GradstreamError('INVALID_CONFIG', { place: this.place, expected, got, hint })
  }

  private failure(cause: unknown): GradstreamError {
    const { tuned, name, place } = this
    const hint = `The run goes on with ${show(tuned.config[name])}. See the cause, and pass another stream to trainer.set.`
    return new GradstreamError('STREAM_FAILED', {
      place,
      expected: 'numbers',
      got: `"${show(cause)}"`,
      hint,
      cause,
    })
  }

  private get place(): string {
    return `${this.tuned.id}, stream of ${this.name}`
  }
}
