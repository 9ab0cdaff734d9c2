/** `fromObservable`: samples that arrive at their own pace, for example from a sensor, a socket or a game. */
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
import { isWindow, SampleCursor, type Supply } from './sample-cursor.ts'
import type { Scaling } from './scaling.ts'
import { type BatchCursor, checkedEpoch, type DataSource, type EpochOptions } from './source.ts'

/** A stream of samples: an Observable from RxJS or another library. */
export type SampleStream = Subscribable<Sample> | InteropObservable<Sample>

export interface ObservableOptions {
  /**
   * The most samples that wait when they arrive faster than the run trains; 1024 by default. It bounds the
   * memory.
   */
  readonly buffer?: number
  /**
   * What happens when the buffer is full: `'error'` (the default) fails the run with `DATA_OVERFLOW`;
   * `'dropOldest'` drops the sample that has waited longest, `'dropNewest'` the one that arrives. `dropped`
   * and `dropped$` count the dropped samples.
   */
  readonly onOverflow?: 'error' | 'dropOldest' | 'dropNewest'
  /** The number of samples in an epoch, if known, to show progress. Unknown by default. */
  readonly size?: number
  /**
   * Shuffles within a window of this many samples. Each batch is drawn from the window, so training starts
   * when it is full. By default, samples keep their own order.
   */
  readonly shuffle?: number
}

/** Samples of a stream, and how many of them were dropped. */
export interface ObservableSource extends DataSource {
  /** How many samples have been dropped so far because the buffer was full. */
  readonly dropped: number
  /** The same as a stream: the current count on subscription, then each change. */
  readonly dropped$: Observable<number>
}

/**
 * Samples from an Observable. Each epoch subscribes when it begins, and unsubscribes when it ends, stops or
 * fails. A stream that completes ends the epoch; one that never completes trains until `stop()`. The run
 * waits until a batch is full.
 *
 * If the stream fails, the run trains on the samples that came before, then fails with `DATA_FAILED`. The
 * next `run()` subscribes again and continues with the samples that arrive from then on. An invalid sample
 * also fails the run, and the next `run()` skips it.
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

/** The method by which libraries exchange streams. Without a `Symbol.observable`, RxJS uses the string as the key. */
function interopOf(stream: object): (() => Subscribable<Sample>) | undefined {
  const names = [Symbol.observable ?? '@@observable', '@@observable']
  const found = names.map(name => (stream as Record<symbol | string, unknown>)[name])
  return found.find(each => typeof each === 'function') as (() => Subscribable<Sample>) | undefined
}

/** The stream as an Observable of our own RxJS. */
function observableOf(stream: SampleStream): Observable<Sample> {
  if (stream instanceof Observable) return stream
  return new Observable(subscriber => {
    const foreign = interopOf(stream)?.call(stream) ?? (stream as Subscribable<Sample>)
    const subscription: unknown = foreign.subscribe(subscriber)
    // The draft standard returns an object with unsubscribe(); some libraries return the function itself.
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
  readonly isLive = true
  dropped = 0
  readonly dropped$: Observable<number>
  readonly size: number | undefined
  readonly shapes: Readonly<Record<string, Shape>> | undefined = undefined
  readonly scalings: Readonly<Record<string, Scaling>> = recordOf()
  readonly keepsOrder: boolean
  readonly settings: Settings
  readonly stream$: Observable<Sample>
  private readonly drops: Emitter<number>
  private epochs = 0

  constructor(stream$: Observable<Sample>, settings: Settings) {
    this.stream$ = stream$
    this.settings = settings
    this.size = settings.size
    this.keepsOrder = !isWindow(settings.shuffle)
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

/** A request that waits for a sample. */
interface Asking {
  readonly resolve: (given: NumberedSample | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Buffers what a stream emits, in order: samples, then the end or an error. */
class LiveSupply implements Supply {
  readonly isLive = true
  private readonly source: LiveSource
  private readonly epoch: number
  private readonly waiting: BoundedQueue<NumberedSample>
  /** How many samples have arrived, including dropped ones. */
  private count = 0
  private subscriber: Subscriber<Sample> | undefined
  /** How the stream ended, if it has: with an error or by completing. */
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
    // Resubscribe even if samples are waiting, so that none is missed meanwhile.
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
      // Errors on unsubscribing no longer matter.
    }
  }

  close(): void {
    this.isClosed = true
    this.release()
    this.waiting.clear()
    this.answer(({ resolve }) => resolve(undefined))
  }

  private subscribe(): void {
    // A Subscriber can be ended from inside, even by a stream that emits everything during subscribe().
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

  /** Returns or throws at the end of the stream. After an error, the next request subscribes again. */
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
