/** The files of a recorded run, and what their bytes mean. `docs/runs.md` describes them. */
import type { ErrorReport, GraphDef } from '../../core/index.ts'
import type { TrainerEvent } from '../training/events.ts'
import type { DataRecord } from '../training/run-record.ts'
import type { RunState } from '../training/run-state.ts'

export const FORMAT = 'gradstream-run'
export const VERSION = 1

export const RUN = 'run.json'
export const EVENTS = 'events.jsonl'
export const NAMES = 'series.json'
export const SERIES = 'series.f64'
/** It is made with the first histograms. */
export const HISTOGRAMS = 'histograms.jsonl'
/** What a list needs of the others; it may be missing. */
export const SUMMARY = 'summary.json'
export const FILES = [RUN, EVENTS, NAMES, SERIES] as const

/** A file is read as a whole, so a larger one than was ever written is refused. */
export const LARGEST = 2 ** 27

/** The first part of a file. */
export interface Covered {
  readonly bytes: number
  /** The CRC-32 of its last 64 bytes, or of all where it has fewer, by which that part is known again. */
  readonly check: number
}

/** How many bytes that are. */
export const ENDING = 64

/** The columns of `series.f64`. */
export const COLUMNS = ['series', 'step', 'time', 'value'] as const
/** The bytes of a record. */
export const RECORD = 8 * COLUMNS.length
/**
 * Stands in the place of a series in the record that closes a batch. Its step is how many records it closes, its time when that was, and its value
 * the CRC-32 of all bytes of the batch before that value.
 */
export const SEAL = -1

/** How a run ended. */
export interface RunEnd {
  readonly status: 'stopped' | 'finished' | 'failed'
  readonly time: number
  readonly epoch: number
  readonly step: number
  /** The last figures; `null` for one that is not finite. */
  readonly metrics: Readonly<Record<string, number | null>>
  readonly reason: string | null
  readonly error: ErrorReport | null
}

/** What `run.json` has. */
export interface RunDescription {
  readonly runId: string
  /** What the run is called, who began it, and what else there is to say, where `recordRun` was told. */
  readonly name: string | null
  readonly author: string | null
  readonly notes: string | null
  /** When the recording began, in milliseconds since 1970, by the scheduler's clock. */
  readonly started: number
  /** The number of steps that were done before. */
  readonly from: number
  /** What wrote it. */
  readonly process: { readonly id: number; readonly host: string }
  /** Versions, machine and kernels. */
  readonly environment: string
  readonly kernels: string
  readonly precision: string
  /** The graph as it was compiled, and how many numbers its parameters have. */
  readonly graph: GraphDef
  readonly parameters: number
  /** The seed of the initial values. */
  readonly seed: number
  readonly settings: {
    readonly epochs: number
    readonly batchSize: number
    readonly shuffle: boolean | null
    /** The seed of the order of the samples. */
    readonly seed: number
    readonly metrics: readonly object[]
    readonly limitBatches: number | null
    readonly overfitBatches: number | null
  }
  /** The hyper-parameters when the recording began. */
  readonly hyperparameters: RunState['hyperparameters']
  readonly follows: RunState['follows']
  readonly data: DataRecord
  readonly validation: DataRecord | null
  /** The names of the figures of an epoch. */
  readonly figures: readonly string[]
  /** The latest end; `null` before the first. */
  readonly end: RunEnd | null
}

interface At {
  readonly time: number
  readonly epoch: number
  readonly step: number
}

/** A line of `events.jsonl`: what the trainer tells, epochs aside, and what only a recording does. */
export type RunEvent =
  | Exclude<TrainerEvent, { type: 'step' | 'epoch' }>
  /** Hyper-parameters have changed: all their present values. */
  | (At & {
      readonly type: 'hyperparameters'
      readonly revision: number
      readonly values: RunState['hyperparameters']
    })
  /** So many events are left out here, since there were too many. */
  | (At & { readonly type: 'leftOut'; readonly count: number })
  /** The recording was given up before the run came to its end. */
  | (At & { readonly type: 'unrecorded' })

/** The bytes of JSON on lines of its own, with `null` for numbers that are not finite. */
export const jsonFrom = (value: object): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

export const headerOf = (names: readonly string[]): Uint8Array =>
  jsonFrom({ format: `${FORMAT}-series`, version: VERSION, columns: COLUMNS, names })
