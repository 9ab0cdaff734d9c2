/** What the server of the page of runs answers, for the page. Types alone. */
import type { RunStatus } from '../training/run-state.ts'

/** A setting in one line. */
export type Setting = number | string | boolean | null

export type Settings = Readonly<Record<string, Setting>>

/** What people say about a run. */
export interface RunNotes {
  readonly notes: string
  readonly tags: readonly string[]
  /** The name of a colour of the page; `null` for the one that its place gives. */
  readonly colour: string | null
}

/** A row of the table of runs. */
export interface RunRow extends RunNotes {
  /** The name of its folder in the directory, by which it is asked for. */
  readonly folder: string
  readonly runId: string
  /** What it is called; its folder by default. */
  readonly name: string
  readonly status: RunStatus | 'interrupted' | 'unknown'
  readonly author: string | null
  /** In milliseconds since 1970: when the recording began, and the latest that is known. */
  readonly began: number
  readonly updated: number
  readonly epoch: number
  /** How many it was to have; `null` where its files do not say. */
  readonly epochs: number | null
  readonly step: number
  /** The batch size, and the numbers of optimizers and links: `sgd1.learningRate`. A text for one that follows a schedule. */
  readonly hyperparameters: Settings
  /** Seeds, kernels, data and the like. */
  readonly settings: Settings
  /** The configs of nodes, as `dense1.units`, where the runs differ. */
  readonly config: Settings
  /** The latest figures of an epoch. */
  readonly last: Readonly<Record<string, number | null>>
  /** The best of each figure: the lowest of a loss or an error, the highest of others. */
  readonly best: Readonly<Record<string, { readonly value: number; readonly step: number }>>
  /** Why it failed, or why it was stopped, where that is known. */
  readonly reason: string | null
}

/** The answer to `/api/runs`. */
export interface RunsAnswer {
  readonly directory: string
  /** The latest first. */
  readonly runs: readonly RunRow[]
  /** Folders that cannot be read, and why. */
  readonly broken: readonly { readonly folder: string; readonly message: string }[]
  /** How many folders have not been read yet. */
  readonly unread: number
}

/** A node of a graph, in what two graphs can differ. */
export interface NodeRow {
  readonly id: string
  readonly type: string
  readonly config: Settings
  /** From which node, and from which of its outputs, each input comes; the usual output is an empty text. */
  readonly inputs: readonly { readonly input: string; readonly from: string; readonly output: string }[]
}

/** The answer to `/api/run`. */
export interface RunAnswer {
  /** The path of its folder. */
  readonly path: string
  /** The path of the file with what people say about it. */
  readonly notes: string
  /** `null` where its files do not say. */
  readonly environment: string | null
  readonly nodes: readonly NodeRow[]
  /** The names of its series. */
  readonly series: readonly string[]
}

/**
 * The answer to `/api/series` is numbers, float64 with the lowest byte first. For each name that was asked for: how many points there are, then
 * their steps, then the seconds that the run had been running, then the values. A value that is NaN is a gap.
 */
export const SERIES_COLUMNS = 3

/** The colours that a run can have. */
export const COLOURS = [
  'blue',
  'orange',
  'green',
  'pink',
  'amber',
  'sky',
  'red',
  'purple',
  'teal',
  'brown',
  'lime',
  'grey',
] as const
