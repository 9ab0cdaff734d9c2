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
  type Shape,
  show,
} from '../../core/index.ts'
import type { Scaling } from './scaling.ts'

/** Some samples, ready to be written into the tensors of a step. */
export interface Batch {
  /** How many samples it holds; the last batch of an epoch may hold fewer. */
  readonly size: number
  /** Writes one column, sample after sample. `into` has exactly the room for it. */
  write(column: string, into: Numbers): void
}

/** One pass over the samples, batch by batch. */
export interface BatchCursor {
  /**
   * The next batch, `undefined` at the end; a promise where the source has to be waited for. Where it throws, it may be
   * asked again: it gives what is missing, or throws again, but never says that this is the end.
   */
  next(): Batch | undefined | Promise<Batch | undefined>
  /** Gives back what the pass holds, wherever it stands. */
  close(): void
}

export interface EpochOptions {
  readonly batchSize: number
  /** The key of the order of this epoch; without one, the samples come in their own order. */
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
  epoch(options: EpochOptions): BatchCursor
}

/** The options of a pass, checked, since a source may be read by others than a trainer. */
export function checkedEpoch(options: EpochOptions): EpochOptions {
  return checkedAt('epoch', 'INVALID_OPTION', () => {
    const given = check.options(options, ['batchSize', 'shuffle', 'precision', 'scalings'])
    const { batchSize, shuffle, precision = 'float32', scalings = {} } = given
    check.positiveInteger({ batchSize })
    check.oneOf({ precision }, ['float32', 'float64'])
    demandScalings(scalings)
    if (shuffle !== undefined && attempt(() => shuffle instanceof RandomKey) !== true)
      throw new CheckFailed('shuffle to be a RandomKey', show(shuffle), { hint: 'Write RandomKey.of(7).' })
    return { batchSize, shuffle, precision, scalings }
  })
}

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
    const expected = `the scaling of "${name}" to have a list of means and one of deviations`
    throw new CheckFailed(expected, show(scaling), { hint: 'Write { mean: [0, 0], deviation: [1, 1] }.' })
  }
  found.add(scalings)
}

/** Refuses what is no source of data, and says what to write. */
export function demandData(place: string, source: unknown): asserts source is DataSource {
  if (attempt(() => typeof (source as DataSource).epoch === 'function')) return
  const usual = 'Make it with fromArrays({ x, target }), csv() or fromIterable().'
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'data made by fromArrays(), csv() or fromIterable()',
    got: source === undefined ? 'none' : show(source),
    hint: adviceOn('data', source) ?? usual,
  })
}
