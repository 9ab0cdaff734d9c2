/** The source of a trainer's batches. */
import {
  adviceOn,
  attempt,
  CheckFailed,
  check,
  checkedAt,
  entriesOf,
  GradstreamError,
  type Numbers,
  type PortShape,
  type Precision,
  RandomKey,
  recordOf,
  type Shape,
  show,
} from '../../core/index.ts'
import type { Scaling } from './scaling.ts'
import type { Encoder } from './tables/encoder.ts'

/** Samples, ready to write into the tensors of a step. */
export interface Batch {
  /** How many samples it holds. The last batch of an epoch may hold fewer. */
  readonly size: number
  /** Writes one column, sample after sample. `into` has exactly the right size. */
  write(column: string, into: Numbers): void
  /** The shape of each sample of the batch in a column; asked for where the input has an open axis. */
  shapeOf?(column: string): Shape
  /** The number of a sample of the batch in the order of its source, from 0. Errors name it. */
  numberOf?(place: number): number
}

/** One pass over the samples, batch by batch. */
export interface BatchCursor {
  /**
   * The next batch, `undefined` at the end; a promise if the source must be waited for. It may be called
   * again after it throws: it then returns the missing batch or throws again, but never reports the end.
   */
  next(): Batch | undefined | Promise<Batch | undefined>
  /**
   * Releases resources after the run failed and may never continue. `next()` continues where the pass was.
   * Sources that hold nothing leave it out.
   */
  release?(): void
  /** Ends the pass at any point and frees what it holds. */
  close(): void
}

export interface EpochOptions {
  readonly batchSize: number
  /** The inputs that a batch fills, each with the shape of one sample, null for open axes; in a batch, all have the same length. */
  readonly inputs: Readonly<Record<string, PortShape>>
  /**
   * The key for the order of this epoch; without one, samples keep their own order. With a key, samples in
   * memory are shuffled, those of a stream only within the window that its options set.
   */
  readonly shuffle?: RandomKey | undefined
  readonly precision: Precision
  /** The standardization to apply, by column. */
  readonly scalings: Readonly<Record<string, Scaling>>
}

/** Samples with named columns, read once per epoch. */
export interface DataSource {
  /** The number of samples, if known in advance. */
  readonly size: number | undefined
  /** The shape of one sample of each column, if known in advance. */
  readonly shapes: Readonly<Record<string, Shape>> | undefined
  /** The standardization fitted on these samples, by column. */
  readonly scalings: Readonly<Record<string, Scaling>>
  /** Whether samples keep their own order, even if a pass gets a key to shuffle them. By default they do not. */
  readonly keepsOrder?: boolean
  /** Whether samples arrive once, at their own pace, as those of a sensor: they cannot wait, nor be read again. By default they can. */
  readonly isLive?: boolean
  /** How columns become numbers, for data from a table. */
  readonly encoder?: Encoder | undefined
  epoch(options: EpochOptions): BatchCursor
}

/** No standardization. One shared object, because prepared samples are cached by identity. */
const NONE: Readonly<Record<string, Scaling>> = recordOf()

/** Checks the options of a pass, since code other than a trainer may read a source. */
export function checkedEpoch(options: EpochOptions): EpochOptions {
  // A trainer passes valid options, and checking each one takes about as long as a short epoch.
  if (attempt(() => isRight(options))) return options
  return checkedAt('epoch', 'INVALID_OPTION', () => {
    const given = check.options(options, ['batchSize', 'inputs', 'shuffle', 'precision', 'scalings'])
    const { batchSize, inputs, shuffle, precision = 'float32', scalings = NONE } = given
    for (const [name, shape] of check.byName({ inputs: inputs ?? {} })) check.sampleShape({ [name]: shape })
    check.positiveInteger({ batchSize })
    check.oneOf({ precision }, ['float32', 'float64'])
    demandScalings(scalings)
    if (shuffle !== undefined && attempt(() => shuffle instanceof RandomKey) !== true)
      throw new CheckFailed('shuffle to be a RandomKey', show(shuffle), { hint: 'Write RandomKey.of(7).' })
    return { batchSize, inputs: inputs ?? {}, shuffle, precision, scalings }
  })
}

const isRight = ({ batchSize, inputs, shuffle, precision, scalings }: EpochOptions): boolean =>
  Number.isSafeInteger(batchSize) &&
  batchSize > 0 &&
  typeof inputs === 'object' &&
  Object.values(inputs).every(Array.isArray) &&
  (precision === 'float32' || precision === 'float64') &&
  (shuffle === undefined || shuffle instanceof RandomKey) &&
  found.has(scalings)

/** Scalings already checked: each epoch passes them again. */
const found = new WeakSet<object>()

/** Checks standardizations by column, each with as many means as deviations. */
export function demandScalings(scalings: Readonly<Record<string, Scaling>>): void {
  if (typeof scalings === 'object' && found.has(scalings)) return
  const isScaling = ({ mean, deviation }: Scaling) =>
    [mean, deviation].every(list => Array.isArray(list) && list.every(Number.isFinite)) &&
    mean.length === deviation.length
  for (const [name, scaling] of check.byName({ scalings })) {
    if (attempt(() => isScaling(scaling)) === true) continue
    const expected = `the scaling of "${name}" to have a list of means and a list of deviations`
    throw new CheckFailed(expected, show(scaling), { hint: 'Write { mean: [0, 0], deviation: [1, 1] }.' })
  }
  found.add(scalings)
}

/** What to write for plain arrays by name, for samples, and for what split() gives. */
function ofPlain(given: unknown): string | undefined {
  const entries = entriesOf(given as object)
  if (
    entries?.some(
      ([name, part]) => name === 'train' && typeof (part as DataSource | undefined)?.epoch === 'function',
    )
  )
    return 'Take it apart: const { train, validation } = data.split(...), then createTrainer(model, { data: train, validation }).'
  if (Array.isArray(given) && entriesOf(given[0]) !== undefined)
    return 'Make it with fromIterable(samples), or, by columns, with fromArrays({ x, target }).'
  if (entries === undefined || entries.length === 0) return undefined
  return `Write fromArrays({ ${entries.map(([name]) => name).join(', ')} }).`
}

/** Throws if the value is not a source of data, and says what to write. */
export function demandData(place: string, source: unknown): asserts source is DataSource {
  if (attempt(() => typeof (source as DataSource).epoch === 'function')) return
  const usual = 'Make it with fromArrays({ x, target }), csv(), fromIterable() or fromObservable().'
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'data made by fromArrays(), csv(), fromIterable() or fromObservable()',
    got: source === undefined ? 'none' : show(source),
    hint: adviceOn('data', source) ?? ofPlain(source) ?? usual,
  })
}
