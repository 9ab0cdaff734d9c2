/** `moments`: the mean and variance of each feature of a column, learned in one pass over the samples. */
import {
  allocated,
  check,
  checkedAt,
  entryOf,
  GradstreamError,
  type PortShape,
  recordOf,
  show,
  sizeOf,
} from '../../core/index.ts'
import { dataError } from './data-error.ts'
import { demandColumn } from './demand-column.ts'
import { type Batch, type DataSource, demandData } from './source.ts'

export interface MomentsOptions {
  /**
   * The column.
   *
   * @default 'x'
   */
  readonly column?: string
  /**
   * The shape of one sample, as at the input, with null for an open axis: `[null, 32]`. A stream needs it.
   *
   * @default that of the column, for data in memory
   */
  readonly shape?: PortShape
  /**
   * How many samples to read at most, such as those of a stream without an end.
   *
   * @default all
   */
  readonly samples?: number
}

/** The mean and variance of each feature, for `normalization`. */
export interface Moments {
  readonly mean: readonly number[]
  readonly variance: readonly number[]
}

/** How many samples are read at a time. */
const BATCH = 256

/**
 * Learns the mean and variance of each feature along the last axis of a column, before training. What a `normalization` is given stays in the
 * graph, so it goes with its JSON. Reads one pass, in the order of the source, with the standardization of the data, if they have one.
 *
 * @throws GradstreamError `INVALID_OPTION`, `DATA_MISMATCH`, `DATA_EMPTY`, and errors of the source
 * @example const y = x.pipe(normalization(await moments(data)), dense({ units: 16 }))
 */
export async function moments(data: DataSource, options: MomentsOptions = {}): Promise<Moments> {
  demandData('moments', data)
  const { column, shape, samples } = checkedAt('moments', 'INVALID_OPTION', () => {
    const { column = 'x', shape, samples = Infinity } = check.options(options, ['column', 'shape', 'samples'])
    check.text({ column })
    if (shape !== undefined) check.sampleShape({ shape })
    if (samples !== Infinity) check.positiveInteger({ samples })
    return { column, shape, samples }
  })
  const sample = sampleIn(data, column, shape)
  const features = featuresOf(sample)
  const batchSize = Math.min(BATCH, samples)
  const { scalings } = data
  const cursor = data.epoch({
    batchSize,
    inputs: recordOf([[column, sample]]),
    precision: 'float64',
    scalings,
  })
  // Room for the figures is taken when a batch has come: by then, data that have no such shape have said so.
  let tally: Tally | undefined
  try {
    for (let left = samples; left > 0; ) {
      const batch = await cursor.next()
      if (!batch) break
      tally ??= new Tally(features)
      const count = Math.min(batch.size, left)
      const numbers = read(batch, column, sample)
      tally.add(numbers.subarray(0, (numbers.length / batch.size) * count))
      left -= count
    }
  } finally {
    cursor.close()
  }
  if (tally) return tally.moments
  throw new GradstreamError('DATA_EMPTY', { place: 'moments', expected: 'at least one sample', got: 'none' })
}

/** How many features a sample has: the length of its last axis. */
function featuresOf(sample: PortShape): number {
  const features = sample.length === 0 ? 1 : sample.at(-1)
  if (typeof features === 'number') return features
  throw new GradstreamError('INVALID_OPTION', {
    place: 'moments',
    expected: 'a shape whose last axis, the features, has a length',
    got: 'null',
    hint: 'Leave only other axes open: shape: [null, 32].',
  })
}

/** The shape of a sample: the one that is given, which must be that of the column where the source tells it. */
function sampleIn({ shapes }: DataSource, column: string, given: PortShape | undefined): PortShape {
  if (shapes) {
    const sample = given ?? entryOf(shapes, column) ?? []
    demandColumn(shapes, column, sample, {
      place: 'moments',
      missing: { expected: `a column ${show(column)}`, hint: 'Name the column: moments(data, { column }).' },
      fix: own => `Leave out shape, or write shape: [${own.join(', ')}].`,
    })
    return sample
  }
  if (given) return given
  throw new GradstreamError('INVALID_OPTION', {
    place: 'moments',
    expected: 'the shape of a sample, since a stream does not tell it',
    got: 'none',
    hint: 'Write moments(data, { shape: [2] }).',
  })
}

/** The numbers of a batch, one sample behind the other. */
function read(batch: Batch, column: string, sample: PortShape): Float64Array {
  const shape = sample.includes(null) ? batch.shapeOf?.(column) : (sample as readonly number[])
  if (shape === undefined) {
    throw new GradstreamError('DATA_MISMATCH', {
      place: `moments, column "${column}"`,
      expected: 'a batch that tells the shape of its samples',
      got: 'one that does not',
      hint: 'Give the batch a function shapeOf(column).',
    })
  }
  const numbers = allocated('float64', batch.size * sizeOf(shape), 'moments') as Float64Array
  try {
    batch.write(column, numbers)
  } catch (thrown) {
    throw dataError(thrown)
  }
  return numbers
}

/** Mean and sum of squares by the update of Chan, Golub and LeVeque (1979), which joins batches without loss of digits. */
class Tally {
  private count = 0
  private readonly mean: Float64Array
  private readonly squares: Float64Array

  constructor(features: number) {
    this.mean = allocated('float64', features, 'moments') as Float64Array
    this.squares = allocated('float64', features, 'moments') as Float64Array
  }

  add(numbers: Float64Array): void {
    const { mean, squares } = this
    const features = mean.length
    const more = numbers.length / features
    const count = this.count + more
    for (let feature = 0; feature < features; feature++) {
      let own = 0
      for (let i = feature; i < numbers.length; i += features) own += numbers[i] as number
      own /= more
      let spread = 0
      for (let i = feature; i < numbers.length; i += features) spread += ((numbers[i] as number) - own) ** 2
      const gap = own - (mean[feature] as number)
      mean[feature] = (mean[feature] as number) + (gap * more) / count
      squares[feature] = (squares[feature] as number) + spread + (gap * gap * this.count * more) / count
    }
    this.count = count
  }

  get moments(): Moments {
    return {
      mean: Array.from(this.mean),
      variance: Array.from(this.squares, sum => sum / this.count),
    }
  }
}
