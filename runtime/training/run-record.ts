/** What a checkpoint says of a run, beside the model: `run.json`. */
import { attempt, type ErrorReport, GradstreamError, type GraphDef, isRecord } from '../../core/index.ts'
import type { DataSource } from '../data/source.ts'
import type { SavedSettings } from '../engine/live-settings.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import type { SavedLoop } from './epoch-loop.ts'
import type { RecoverySettings } from './on-non-finite.ts'
import type { SavedPublisher } from './publisher.ts'

export const RUN = 'run.json'
const VERSION = 1

/** What a source of data tells of itself. */
export interface DataRecord {
  readonly samples: number | null
  readonly columns: Readonly<Record<string, readonly number[]>> | null
}

/** The figure that a checkpoint is kept for. */
export interface BestFigure {
  readonly monitor: string
  readonly epoch: number
  readonly figure: number
}

export interface RunRecord {
  readonly version: number
  /** What the bytes depend on: versions, machine, kernels. */
  readonly environment: string
  /** The graph as it was compiled, before hyper-parameters were set. */
  readonly graph: GraphDef
  readonly settings: {
    readonly runId: string
    readonly epochs: number
    readonly batchSize: number
    readonly shuffle: boolean | null
    readonly seed: number
    readonly history: number
    readonly stepsPerSecond: number | null
    readonly metrics: readonly object[]
    readonly onNonFinite: RecoverySettings
    readonly checkpoints: Omit<CheckpointOptions, 'directory'>
    readonly limitBatches: number | null
    readonly overfitBatches: number | null
  }
  readonly data: DataRecord
  readonly validation: DataRecord | null
  readonly planned: number
  readonly loop: SavedLoop
  readonly publisher: SavedPublisher
  /** The revision in which each hyper-parameter last changed. */
  readonly changed: readonly (readonly [name: string, revision: number])[]
  /** Where the hyper-parameters of optimizers and links stand. */
  readonly tuned: Readonly<Record<string, SavedSettings>>
  readonly best: BestFigure | null
}

/** A run that continues. */
export interface Resumed {
  readonly record: RunRecord
  /** The best figure of which a checkpoint is there. */
  readonly best: BestFigure | undefined
  /** What to tell about it. */
  readonly warnings: readonly ErrorReport[]
}

export const dataRecord = ({ size, shapes }: DataSource): DataRecord => ({
  samples: size ?? null,
  columns: shapes ?? null,
})

/** JSON, with the numbers that it has no words for: NaN, infinities and -0. */
export const textFrom = (record: Omit<RunRecord, 'version'>): string =>
  `${JSON.stringify({ version: VERSION, ...record }, (_, value) => (isOdd(value) ? { $number: Object.is(value, -0) ? '-0' : String(value) } : value))}\n`

const isOdd = (value: unknown) =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))

/** @throws GradstreamError `BAD_FILE` */
export function recordFrom(bytes: Uint8Array | undefined, place: string): RunRecord {
  const record = attempt(() =>
    JSON.parse(new TextDecoder().decode(bytes), (_, value) =>
      isRecord(value) && typeof value.$number === 'string' && Object.keys(value).length === 1
        ? Number(value.$number)
        : value,
    ),
  ) as RunRecord | undefined
  if (bytes && isRecord(record) && record.version === VERSION) return record
  throw new GradstreamError('BAD_FILE', {
    place: `${place}: ${RUN}`,
    expected: 'the record of a run that this version reads',
    got: bytes ? 'another one' : 'none',
  })
}
