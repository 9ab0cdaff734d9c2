/** `fromIterable`: samples that arrive one by one. */
import {
  adviceOn,
  attempt,
  check,
  checkedAt,
  entryOf,
  GradstreamError,
  type Nested,
  type Numbers,
  type RandomKey,
  recordOf,
  type Shape,
  sameShape,
  show,
  showShape,
  type TensorLike,
  tensor,
  thingOf,
} from '../../core/index.ts'
import { standardize } from './scaling.ts'
import { type Batch, type BatchCursor, checkedEpoch, type DataSource, type EpochOptions } from './source.ts'

/** One sample: a value for each input of the graph. */
export type Sample = Readonly<Record<string, TensorLike>>

/** Makes a fresh iterator for each epoch; an array or another iterable that can be read again does too. */
export type SampleSource =
  | (() => Iterable<Sample> | AsyncIterable<Sample>)
  | Iterable<Sample>
  | AsyncIterable<Sample>

export interface IterableOptions {
  /** How many samples there are, where it is known: progress can be shown then. Unknown by default. */
  readonly size?: number
  /** How many samples are held to be drawn from at random; 1024 by default. It bounds the memory. */
  readonly shuffleBuffer?: number
}

type Iteration = { next(): IteratorResult<Sample> | Promise<IteratorResult<Sample>>; return?(): unknown }

/**
 * Samples from a generator or another iterable, synchronous or not. They are pulled when a step needs them, so a
 * fast source never runs ahead; shuffling draws from a bounded buffer.
 *
 * Where the source throws, so does the run. Called again, it opens the source anew, passes over the samples that came
 * before, and goes on with those that are missing, so that none is trained on twice. A source that gives other samples
 * each time, or cannot be opened again, cannot be gone on with.
 *
 * @example fromIterable(async function* () { for await (const row of rows) yield { x: row.x, target: [row.y] } })
 */
export function fromIterable(source: SampleSource, options: IterableOptions = {}): DataSource {
  const { size, shuffleBuffer = 1024 } = checkedAt('fromIterable', 'INVALID_OPTION', () =>
    check.options(options, ['size', 'shuffleBuffer']),
  )
  demandSource(source)
  checkedAt('fromIterable', 'INVALID_OPTION', () => {
    if (size !== undefined) check.positiveInteger({ size })
    check.positiveInteger({ shuffleBuffer })
  })
  let epochs = 0
  return {
    size,
    shapes: undefined,
    scalings: recordOf(),
    epoch(options) {
      const cursor = new IterableCursor(() => iterate(source), checkedEpoch(options), shuffleBuffer, epochs)
      epochs++
      return cursor
    },
  }
}

/** A function is asked for its samples only when they are needed; anything else shows at once what it is. */
function demandSource(source: unknown): void {
  if (typeof source === 'function' && thingOf(source) === undefined) return
  if (attempt(() => Symbol.asyncIterator in (source as object) || Symbol.iterator in (source as object)))
    return
  throw notIterable(source)
}

const notIterable = (given: unknown) =>
  new GradstreamError('INVALID_OPTION', {
    place: 'fromIterable',
    expected: 'a generator function, or something to iterate over',
    got: show(given),
    hint: adviceOn('data', given) ?? 'Give samples: fromIterable(() => [{ x: [0, 1], target: [1] }]).',
  })

function iterate(source: SampleSource): Iteration {
  const iterable = typeof source === 'function' ? source() : source
  if (typeof iterable === 'object' && iterable !== null) {
    if (Symbol.asyncIterator in iterable) return iterable[Symbol.asyncIterator]()
    if (Symbol.iterator in iterable) return iterable[Symbol.iterator]()
  }
  throw notIterable(iterable)
}

class IterableCursor implements BatchCursor {
  private readonly open: () => Iteration
  private readonly options: EpochOptions
  private readonly epoch: number
  /** Undefined while the source is closed: at the beginning, and where it threw. */
  private iteration: Iteration | undefined
  /** Samples that wait to be drawn; one place when they come in their own order. */
  private readonly waiting: Sample[] = []
  private readonly room: number
  private readonly draw: () => number
  private shapes: Record<string, Shape> | undefined
  private batch: Sample[] = []
  /** How many samples have come in all, and how many since the source was opened last. */
  private seen = 0
  private passed = 0
  private ended = false

  constructor(open: () => Iteration, options: EpochOptions, shuffleBuffer: number, epoch: number) {
    this.open = open
    this.options = options
    this.epoch = epoch
    this.room = options.shuffle ? shuffleBuffer : 1
    this.draw = options.shuffle ? drawing(options.shuffle) : () => 0
    this.iteration = open()
  }

  /** Pulls as long as samples come at once, and goes on when a promise of one is kept. */
  next(): Batch | undefined | Promise<Batch | undefined> {
    while (this.batch.length < this.options.batchSize) {
      if (!this.ended && this.waiting.length < this.room) {
        const result = this.pull()
        if (result instanceof Promise) {
          return result.then(
            settled => {
              this.take(settled)
              return this.next()
            },
            thrown => this.fail(thrown),
          )
        }
        this.take(result)
      } else if (this.waiting.length > 0) {
        const place = Math.floor(this.draw() * this.waiting.length)
        this.batch.push(this.waiting[place] as Sample)
        const last = this.waiting.pop() as Sample
        if (place < this.waiting.length) this.waiting[place] = last
      } else break
    }
    if (this.batch.length === 0) return undefined
    // A batch that holds something wrong is the next one again.
    const batch = this.batchOf(this.batch)
    this.batch = []
    return batch
  }

  close(): void {
    this.waiting.length = 0
    this.batch = []
    this.ended = true
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

  private take({ done, value }: IteratorResult<Sample>): void {
    if (!done) {
      // After a failure, those that came before it come again.
      if (++this.passed <= this.seen) return
      this.seen++
      this.waiting.push(value)
      return
    }
    this.iteration = undefined
    if (this.passed < this.seen) {
      throw new GradstreamError('DATA_EXHAUSTED', {
        place: `data, pass ${this.epoch + 1}`,
        expected: `the ${this.seen} samples that it gave before it failed, and those after them`,
        got: String(this.passed),
      })
    }
    this.ended = true
    if (this.seen > 0) return
    throw new GradstreamError(this.epoch === 0 ? 'DATA_EMPTY' : 'DATA_EXHAUSTED', {
      place: `data, pass ${this.epoch + 1}`,
      expected: 'at least one sample',
      got: 'none',
    })
  }

  private batchOf(samples: readonly Sample[]): Batch {
    const { scalings } = this.options
    const first = this.seen - this.waiting.length - samples.length
    const rows = samples.map((sample, i) => this.checked(sample, `sample ${first + i}`))
    return {
      size: samples.length,
      write: (column, into) => {
        rows.forEach((row, i) => {
          const values = row[column]
          if (values === undefined) {
            throw new GradstreamError('DATA_MISMATCH', {
              place: `data, sample ${first + i}`,
              expected: `a value for the input "${column}"`,
              got: show(Object.keys(row)),
            })
          }
          if (values.length * samples.length !== into.length) {
            throw new GradstreamError('DATA_MISMATCH', {
              place: `data, column "${column}"`,
              expected: `${into.length / samples.length} numbers for each sample`,
              got: String(values.length),
              hint: 'Make the samples fit the shape of the input.',
            })
          }
          into.set(values, i * values.length)
        })
        const scaling = entryOf(scalings, column)
        if (scaling) standardize(into, scaling)
      },
    }
  }

  private checked(sample: Sample, place: string): Record<string, Numbers> {
    if (typeof sample !== 'object' || sample === null) {
      throw new GradstreamError('DATA_MISMATCH', {
        place: `data, ${place}`,
        expected: 'an object with a value for each input',
        got: show(sample),
        hint: 'Yield samples such as { x: [0, 1], target: [1] }.',
      })
    }
    const tensors = Object.entries(sample).map(([name, values]) => {
      const { shape, data } = tensor(values as Nested, 'float64', `data, ${place}, ${name}`)
      if (!data.every(Number.isFinite)) {
        throw new GradstreamError('DATA_NOT_FINITE', {
          place: `data, ${place}, ${name}`,
          expected: 'finite numbers',
          got: `${data.find(value => !Number.isFinite(value))}`,
          hint: 'Replace the value, or leave this sample out.',
        })
      }
      return { name, shape, data }
    })
    this.shapes ??= recordOf(tensors.map(({ name, shape }) => [name, shape] as const))
    for (const { name, shape } of tensors) {
      const known = this.shapes[name]
      if (known && sameShape(known, shape)) continue
      throw new GradstreamError('DATA_MISMATCH', {
        place: `data, ${place}, ${name}`,
        expected: known
          ? `the shape ${showShape(known)} of the first sample`
          : 'the columns of the first sample',
        got: showShape(shape),
        hint: 'Give all samples the same columns and shapes.',
      })
    }
    return recordOf(tensors.map(({ name, data }) => [name, data] as const))
  }
}

/** Numbers in [0, 1), made a block at a time. */
function drawing(key: RandomKey): () => number {
  const length = 256
  let block: Float64Array | undefined
  let drawn = 0
  return () => {
    if (drawn % length === 0) block = key.child(drawn / length).uniform(length)
    return block?.[drawn++ % length] as number
  }
}
