/** `fromIterable`: samples that are pulled one by one. */
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
import { SampleCursor, type Supply } from './sample-cursor.ts'
import { checkedEpoch, type DataSource } from './source.ts'

/**
 * Makes a fresh iterator for each epoch; an array or another iterable that can be read again does too. An Observable is
 * taken as `fromObservable` takes it.
 */
export type SampleSource =
  | (() => Iterable<Sample> | AsyncIterable<Sample>)
  | Iterable<Sample>
  | AsyncIterable<Sample>
  | SampleStream

export interface IterableOptions {
  /** How many samples there are, where it is known: progress can be shown then. Unknown by default. */
  readonly size?: number
  /**
   * Shuffles in a window: so many samples are held, and each batch is drawn from them, so training starts when the window is
   * full. By default, samples come in their own order.
   */
  readonly shuffle?: number
}

type Iteration = { next(): IteratorResult<Sample> | Promise<IteratorResult<Sample>>; return?(): unknown }

/**
 * Samples from a generator or another iterable, synchronous or not. They are pulled when a step needs them, so a
 * fast source never runs ahead.
 *
 * Where the source throws, so does the run. Called again, it opens the source anew, passes over the samples that came
 * before, and goes on with those that are missing, so that none is trained on twice. A source that gives other samples
 * each time, or cannot be opened again, cannot be gone on with.
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
  // A function is asked for its samples only when they are needed; anything else shows at once what it is.
  if (!isIterable(source) && (typeof source !== 'function' || thingOf(source) !== undefined))
    throw notIterable(source)
  let epochs = 0
  return {
    size,
    shapes: undefined,
    scalings: recordOf(),
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
  /** Undefined while the source is closed: at the end, and where it threw. */
  private iteration: Iteration | undefined
  /** How many samples have come in all, and how many since the source was opened last. */
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

  /** A generator stays where it is: nothing is lost meanwhile, and to open it anew takes long. */
  release(): void {}

  close(): void {
    const { iteration } = this
    this.iteration = undefined
    // What a source throws while it is closed concerns nobody any more.
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

  /** The source has thrown, and is not asked again: a generator that has thrown says that it is done. */
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

  /** Whether it came before already: after a failure, those come again. */
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
