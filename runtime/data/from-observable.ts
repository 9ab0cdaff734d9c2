/** `fromObservable`: samples that arrive when they will, such as those of a sensor, a socket or a game. */
import { type InteropObservable, Observable, type Subscribable, Subscriber } from 'rxjs'
import {
  adviceOn,
  attempt,
  check,
  checkedAt,
  Emitter,
  GradstreamError,
  recordOf,
  type Shape,
  SubscriberErrors,
  show,
} from '../../core/index.ts'
import { BoundedQueue } from './bounded-queue.ts'
import type { NumberedSample, Sample } from './sample.ts'
import { SampleCursor, type Supply } from './sample-cursor.ts'
import type { Scaling } from './scaling.ts'
import { type BatchCursor, checkedEpoch, type DataSource, type EpochOptions } from './source.ts'

/** A stream of samples: an Observable of RxJS or of another library. */
export type SampleStream = Subscribable<Sample> | InteropObservable<Sample>

export interface ObservableOptions {
  /** How many samples wait at most, when they come faster than they are trained on; 1024 by default. It bounds the memory. */
  readonly buffer?: number
  /**
   * What happens to a sample that finds the buffer full: `'error'` (the default) fails the run with `DATA_OVERFLOW`;
   * `'dropOldest'` leaves out the one that has waited longest, `'dropNewest'` the one that comes. How many were left out
   * is told by `dropped` and `dropped$`.
   */
  readonly onOverflow?: 'error' | 'dropOldest' | 'dropNewest'
  /** How many samples an epoch has, where it is known: progress can be shown then. Unknown by default. */
  readonly size?: number
  /**
   * Shuffles in a window: so many samples are held, and each batch is drawn from them, so training starts when the window is
   * full. By default, samples come in their own order.
   */
  readonly shuffle?: number
}

/** Samples of a stream, and how many of them found no room. */
export interface ObservableSource extends DataSource {
  /** How many samples were left out so far, because the buffer was full. */
  readonly dropped: number
  /** The same as a stream: the present count on subscription, then each new one. */
  readonly dropped$: Observable<number>
}

/**
 * Samples from an Observable. Each epoch subscribes when it begins and unsubscribes when it is over, stopped, or failed; a
 * stream that completes ends the epoch, and one that never does is trained on until `stop()`. While all samples so far
 * have been used, the run waits for the next batch to be full.
 *
 * Where the stream fails, so does the run, with `DATA_FAILED`, after the samples that came before. Called again, it subscribes
 * again, and goes on with what comes from then on. A sample that cannot be used fails the run as well, and is left out then.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example fromObservable(readings$.pipe(map(({ x, y }) => ({ x, target: [y] }))), { onOverflow: 'dropOldest' })
 */
export function fromObservable(stream$: SampleStream, options: ObservableOptions = {}): ObservableSource {
  const {
    buffer = 1024,
    onOverflow = 'error',
    size,
    shuffle,
  } = checkedAt('fromObservable', 'INVALID_OPTION', () =>
    check.options(options, ['buffer', 'onOverflow', 'size', 'shuffle']),
  )
  checkedAt('fromObservable', 'INVALID_OPTION', () => {
    check.positiveInteger({ buffer })
    check.oneOf({ onOverflow }, ['error', 'dropOldest', 'dropNewest'])
    if (size !== undefined) check.positiveInteger({ size })
    if (shuffle !== undefined) check.positiveInteger({ shuffle })
  })
  if (!isStream(stream$)) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'fromObservable',
      expected: 'an Observable of samples',
      got: show(stream$),
      hint: adviceOn('data', stream$) ?? 'For generators and arrays, use fromIterable().',
    })
  }
  return new LiveSource(observableOf(stream$), { buffer, onOverflow, size, shuffle })
}

/** Whether a value can be subscribed to. */
export function isStream(value: unknown): value is SampleStream {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return (
    attempt(
      () => interopOf(value) !== undefined || typeof (value as Subscribable<Sample>).subscribe === 'function',
    ) === true
  )
}

/** How a stream shows itself to other libraries; RxJS takes the text where nobody has defined the symbol. */
function interopOf(stream: object): (() => Subscribable<Sample>) | undefined {
  const names = [Symbol.observable ?? '@@observable', '@@observable']
  const found = names.map(name => (stream as Record<symbol | string, unknown>)[name])
  return found.find(each => typeof each === 'function') as (() => Subscribable<Sample>) | undefined
}

/** As an Observable of our RxJS, whichever it was of. */
function observableOf(stream: SampleStream): Observable<Sample> {
  if (stream instanceof Observable) return stream
  return new Observable(subscriber => {
    const foreign = interopOf(stream)?.call(stream) ?? (stream as Subscribable<Sample>)
    const subscription: unknown = foreign.subscribe(subscriber)
    // By the draft of the standard it has unsubscribe(); some libraries give that function itself.
    return typeof subscription === 'function'
      ? (subscription as () => void)
      : () => (subscription as { unsubscribe?(): void } | undefined)?.unsubscribe?.()
  })
}

interface Settings {
  readonly buffer: number
  readonly onOverflow: 'error' | 'dropOldest' | 'dropNewest'
  readonly size: number | undefined
  readonly shuffle: number | undefined
}

class LiveSource implements ObservableSource {
  dropped = 0
  readonly dropped$: Observable<number>
  readonly size: number | undefined
  readonly shapes: Readonly<Record<string, Shape>> | undefined = undefined
  readonly scalings: Readonly<Record<string, Scaling>> = recordOf()
  readonly settings: Settings
  readonly stream$: Observable<Sample>
  private readonly drops: Emitter<number>
  private epochs = 0

  constructor(stream$: Observable<Sample>, settings: Settings) {
    this.stream$ = stream$
    this.settings = settings
    this.size = settings.size
    const errors = new SubscriberErrors()
    this.drops = new Emitter({
      report: errors.reportOf('fromObservable: dropped$'),
      present: () => this.dropped,
    })
    this.dropped$ = this.drops.stream$
  }

  epoch(given: EpochOptions): BatchCursor {
    const options = checkedEpoch(given)
    const supply = new LiveSupply(this, this.epochs)
    this.epochs++
    return new SampleCursor(supply, options, this.settings.shuffle)
  }

  drop(): void {
    this.dropped++
    this.drops.next(this.dropped)
  }
}

/** Somebody who waits for a sample. */
interface Asking {
  readonly resolve: (given: NumberedSample | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Keeps what a stream tells until it is asked for, in its order: samples, then the end or a failure. */
class LiveSupply implements Supply {
  readonly isLive = true
  private readonly source: LiveSource
  private readonly epoch: number
  private readonly waiting: BoundedQueue<NumberedSample>
  /** How many samples have come, those included that were left out. */
  private count = 0
  private subscriber: Subscriber<Sample> | undefined
  /** How the stream ended, if it has: with an error, or by itself. */
  private end: { readonly error?: GradstreamError } | undefined
  private asking: Asking | undefined
  private isClosed = false

  constructor(source: LiveSource, epoch: number) {
    this.source = source
    this.epoch = epoch
    this.waiting = new BoundedQueue(source.settings.buffer)
    this.subscribe()
  }

  next(): NumberedSample | undefined | Promise<NumberedSample | undefined> {
    if (this.isClosed) return undefined
    // At once, although some may wait: what comes meanwhile is not to be missed.
    if (!this.subscriber && !this.end) this.subscribe()
    if (this.waiting.length > 0) return this.waiting.take()
    if (this.end) return this.atEnd()
    return new Promise((resolve, reject) => {
      this.asking = { resolve, reject }
    })
  }

  release(): void {
    const { subscriber } = this
    this.subscriber = undefined
    try {
      subscriber?.unsubscribe()
    } catch {
      // What a stream throws while it is left concerns nobody any more.
    }
  }

  close(): void {
    this.isClosed = true
    this.release()
    this.waiting.clear()
    this.answer(({ resolve }) => resolve(undefined))
  }

  private subscribe(): void {
    // A Subscriber can be ended from within, also by a stream that tells all it has while it is subscribed to.
    const subscriber = new Subscriber<Sample>({
      next: sample => this.arrive(sample),
      error: (cause: unknown) => this.endWith({ error: this.failure(cause) }),
      complete: () => this.endWith({}),
    })
    this.subscriber = subscriber
    this.source.stream$.subscribe(subscriber)
  }

  private arrive(sample: Sample): void {
    const { waiting, source, asking } = this
    const { onOverflow, buffer } = source.settings
    const numbered = { number: this.count++, sample }
    if (asking) this.answer(({ resolve }) => resolve(numbered))
    else if (!waiting.isFull) waiting.add(numbered)
    else if (onOverflow === 'error') {
      const error = new GradstreamError('DATA_OVERFLOW', {
        place: `data, sample ${numbered.number}`,
        expected: `room in the buffer of ${buffer} samples`,
        got: 'none',
      })
      this.endWith({ error })
    } else {
      if (onOverflow === 'dropOldest') {
        waiting.take()
        waiting.add(numbered)
      }
      source.drop()
    }
  }

  private endWith(end: { readonly error?: GradstreamError }): void {
    this.end = end
    this.release()
    this.answer(({ resolve, reject }) => {
      try {
        resolve(this.atEnd())
      } catch (error) {
        reject(error)
      }
    })
  }

  private answer(how: (asking: Asking) => void): void {
    const { asking } = this
    this.asking = undefined
    if (asking) how(asking)
  }

  /** Says how the stream ended. Asked again after a failure, it subscribes again. */
  private atEnd(): undefined {
    const { end, epoch, count } = this
    if (end?.error) {
      this.end = undefined
      throw end.error
    }
    if (count > 0) return undefined
    this.end = undefined
    throw new GradstreamError(epoch === 0 ? 'DATA_EMPTY' : 'DATA_EXHAUSTED', {
      place: `data, pass ${epoch + 1}`,
      expected: 'at least one sample',
      got: 'none',
      hint: 'Pass a stream that emits samples to every subscriber, such as defer(() => samples$()).',
    })
  }

  private failure(cause: unknown): GradstreamError {
    if (cause instanceof GradstreamError) return cause
    return new GradstreamError('DATA_FAILED', {
      place: `data, pass ${this.epoch + 1}, after ${this.count} samples`,
      expected: 'another sample, or the end',
      got: `"${show(cause)}"`,
      hint: 'See the cause. run() subscribes again and continues with the samples that arrive from then on.',
      cause,
    })
  }
}
