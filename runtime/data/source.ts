/** Where a trainer gets its batches from. */
import type { Numbers, Precision, RandomKey, Shape } from '../../core/index.ts'
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
