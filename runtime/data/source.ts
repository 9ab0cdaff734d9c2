/** Where a trainer gets its batches from. */
import {
  adviceOn,
  attempt,
  CheckFailed,
  check,
  checkedAt,
  GradstreamError,
  type Numbers,
  type Precision,
  RandomKey,
  recordOf,
  type Shape,
  show,
} from '../../core/index.ts'
import type { Scaling } from './scaling.ts'
import type { Encoder } from './tables/encoder.ts'

/** Some samples, ready to be written into the tensors of a step. */
export interface Batch {
  /** How many samples it holds; the last batch of an epoch may hold fewer. */
  readonly size: number
  /** Writes one column, sample after sample. `into` has exactly the room for it. */
  write(column: string, into: Numbers): void
  /** The number of the sample at a place of the batch, in the order of its source from 0, for errors that name it. */
  numberOf?(place: number): number
}

/** One pass over the samples, batch by batch. */
export interface BatchCursor {
  /**
   * The next batch, `undefined` at the end; a promise where the source has to be waited for. Where it throws, it may be
   * asked again: it gives what is missing, or throws again, but never says that this is the end.
   */
  next(): Batch | undefined | Promise<Batch | undefined>
  /**
   * The run has failed, and may never go on: lets go of what is open. `next()` goes on where the pass was. For sources that
   * hold nothing, it is left out.
   */
  release?(): void
  /** Gives back what the pass holds, wherever it stands. */
  close(): void
}

export interface EpochOptions {
  readonly batchSize: number
  /** The inputs that each batch is written for, and the shape of one sample of each. */
  readonly inputs: Readonly<Record<string, Shape>>
  /**
   * The key of the order of this epoch; without one, the samples come in their own order. Samples in memory are shuffled
   * wherever there is a key, those of a stream only in a window that was asked for.
   */
  readonly shuffle?: RandomKey | undefined
  readonly precision: Precision
  /** The standardization to apply, by column. */
  readonly scalings: Readonly<Record<string, Scaling>>
}

/** Samples with named columns, which may be read again for each epoch. */
export interface DataSource {
  /** How many samples there are, where that is known beforehand. */
  readonly size: number | undefined
  /** The shape of one sample of each column, where that is known beforehand. */
  readonly shapes: Readonly<Record<string, Shape>> | undefined
  /** The standardization that was fitted on these samples, by column. */
  readonly scalings: Readonly<Record<string, Scaling>>
  /** What its columns mean, for data from a table. */
  readonly encoder?: Encoder | undefined
  epoch(options: EpochOptions): BatchCursor
}

/** No standardization, always the same one: what is prepared for it is known by it. */
const NONE: Readonly<Record<string, Scaling>> = recordOf()

/** The options of a pass, checked, since a source may be read by others than a trainer. */
export function checkedEpoch(options: EpochOptions): EpochOptions {
  // Those of a trainer are right, and a short epoch takes hardly longer than to find that out one by one.
  if (attempt(() => isRight(options))) return options
  return checkedAt('epoch', 'INVALID_OPTION', () => {
    const given = check.options(options, ['batchSize', 'inputs', 'shuffle', 'precision', 'scalings'])
    const { batchSize, inputs, shuffle, precision = 'float32', scalings = NONE } = given
    check.byName({ inputs: inputs ?? {} })
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
  (precision === 'float32' || precision === 'float64') &&
  (shuffle === undefined || shuffle instanceof RandomKey) &&
  found.has(scalings)

/** Those that were looked at before: they are asked for in each epoch. */
const found = new WeakSet<object>()

/** Standardizations by column, each with as many means as deviations. */
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

/** Refuses what is no source of data, and says what to write. */
export function demandData(place: string, source: unknown): asserts source is DataSource {
  if (attempt(() => typeof (source as DataSource).epoch === 'function')) return
  const usual = 'Make it with fromArrays({ x, target }), csv(), fromIterable() or fromObservable().'
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'data made by fromArrays(), csv(), fromIterable() or fromObservable()',
    got: source === undefined ? 'none' : show(source),
    hint: adviceOn('data', source) ?? usual,
  })
}
