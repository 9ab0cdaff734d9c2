/** `fromIterable`: samples pulled one by one. */
import {
  adviceOn,
  attempt,
  check,
  checkedAt,
  GradstreamError,
  recordOf,
  show,
  thingOf,
} from '../../core/index.ts'
import { fromObservable, isStream, type SampleStream } from './from-observable.ts'
import type { NumberedSample, Sample } from './sample.ts'
import { isWindow, SampleCursor, type Supply } from './sample-cursor.ts'
import { checkedEpoch, type DataSource } from './source.ts'

/**
 * A function that returns a new iterator for each epoch, or an iterable that can be read again, such as an
 * array. An Observable works as in `fromObservable`.
 */
export type SampleSource =
  | (() => Iterable<Sample> | AsyncIterable<Sample>)
  | Iterable<Sample>
  | AsyncIterable<Sample>
  | SampleStream

export interface IterableOptions {
  /** The number of samples, if known, to show progress. Unknown by default. */
  readonly size?: number
  /**
   * Shuffles within a window of this many samples. Each batch is drawn from the window, so training starts
   * when it is full. By default, samples keep their own order.
   */
  readonly shuffle?: number
}

type Iteration = { next(): IteratorResult<Sample> | Promise<IteratorResult<Sample>>; return?(): unknown }

/**
 * Samples from a generator or another iterable, synchronous or asynchronous. A step pulls them when it needs
 * them, so a fast source never runs ahead.
 *
 * If the source throws, the run fails. `run()` then reopens the source, skips the samples it has already
 * seen, and continues with the rest, so that none is trained on twice. This requires a source that can be
 * opened again and repeats its samples.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example fromIterable(async function* () { for await (const row of rows) yield { x: row.x, target: [row.y] } })
 */
export function fromIterable(source: SampleSource, options: IterableOptions = {}): DataSource {
  const { size, shuffle } = checkedAt('fromIterable', 'INVALID_OPTION', () =>
    check.options(options, ['size', 'shuffle']),
  )
  checkedAt('fromIterable', 'INVALID_OPTION', () => {
    if (size !== undefined) check.positiveInteger({ size })
    if (shuffle !== undefined) check.positiveInteger({ shuffle })
  })
  if (!isIterable(source) && isStream(source)) {
    return fromObservable(source, {
      ...(size !== undefined && { size }),
      ...(shuffle !== undefined && { shuffle }),
    })
  }
  // A function is called only when samples are needed; anything else can be checked right away.
  if (!isIterable(source) && (typeof source !== 'function' || thingOf(source) !== undefined))
    throw notIterable(source)
  let epochs = 0
  return {
    size,
    shapes: undefined,
    scalings: recordOf(),
    keepsOrder: !isWindow(shuffle),
    epoch(given) {
      const options = checkedEpoch(given)
      const supply = new IterableSupply(() => iterate(source as Exclude<SampleSource, SampleStream>), epochs)
      epochs++
      return new SampleCursor(supply, options, shuffle)
    },
  }
}

function iterate(source: Exclude<SampleSource, SampleStream>): Iteration {
  const iterable = typeof source === 'function' ? source() : source
  if (!isIterable(iterable)) throw notIterable(iterable)
  return Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]()
}

function isIterable(value: unknown): value is Iterable<Sample> | AsyncIterable<Sample> {
  if (typeof value !== 'object' || value === null) return false
  return attempt(() => Symbol.asyncIterator in value || Symbol.iterator in value) === true
}

function notIterable(value: unknown): GradstreamError {
  return new GradstreamError('INVALID_OPTION', {
    place: 'fromIterable',
    expected: 'a generator function, something to iterate over, or an Observable',
    got: show(value),
    hint: isStream(value)
      ? 'Pass the Observable itself; defer(() => stream$) creates a new one for each epoch.'
      : (adviceOn('data', value) ?? 'Pass samples: fromIterable(() => [{ x: [0, 1], target: [1] }]).'),
  })
}

class IterableSupply implements Supply {
  readonly isLive = false
  private readonly open: () => Iteration
  private readonly epoch: number
  /** Undefined while the source is closed: at the end, and after it threw. */
  private iteration: Iteration | undefined
  /** How many samples have come in total, and how many since the source was last opened. */
  private seen = 0
  private passed = 0

  constructor(open: () => Iteration, epoch: number) {
    this.open = open
    this.epoch = epoch
    this.iteration = open()
  }

  next(): NumberedSample | undefined | Promise<NumberedSample | undefined> {
    for (;;) {
      const result = this.pull()
      if (result instanceof Promise) {
        return result.then(
          settled => (this.isRepeated(settled) ? this.next() : this.given(settled)),
          thrown => this.fail(thrown),
        )
      }
      if (!this.isRepeated(result)) return this.given(result)
    }
  }

  /** Keeps the generator open: it loses nothing meanwhile, and reopening it takes long. */
  release(): void {}

  close(): void {
    const { iteration } = this
    this.iteration = undefined
    // Errors on closing no longer matter.
    const closed = async () => iteration?.return?.()
    closed().catch(() => undefined)
  }

  private pull(): ReturnType<Iteration['next']> {
    try {
      if (this.iteration === undefined) {
        this.passed = 0
        this.iteration = this.open()
      }
      return this.iteration.next()
    } catch (thrown) {
      return this.fail(thrown)
    }
  }

  /** Closes a source that threw. A generator that has thrown would only report that it is done. */
  private fail(cause: unknown): never {
    this.iteration = undefined
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('DATA_FAILED', {
      place: `data, pass ${this.epoch + 1}, after ${this.seen} samples`,
      expected: 'another sample, or the end',
      got: `"${show(cause)}"`,
      cause,
    })
  }

  /** Whether the sample came before; a source reopened after a failure repeats them. */
  private isRepeated({ done }: IteratorResult<Sample>): boolean {
    return !done && ++this.passed <= this.seen
  }

  private given({ done, value }: IteratorResult<Sample>): NumberedSample | undefined {
    if (!done) return { number: this.seen++, sample: value }
    this.iteration = undefined
    if (this.passed < this.seen) {
      throw new GradstreamError('DATA_EXHAUSTED', {
        place: `data, pass ${this.epoch + 1}`,
        expected: `the ${this.seen} samples from before the failure, and the ones after them`,
        got: String(this.passed),
      })
    }
    if (this.seen > 0) return undefined
    throw new GradstreamError(this.epoch === 0 ? 'DATA_EMPTY' : 'DATA_EXHAUSTED', {
      place: `data, pass ${this.epoch + 1}`,
      expected: 'at least one sample',
      got: 'none',
    })
  }
}
