/** The results of a client: its connection state, the values of queries, acknowledged commands. */
import type { Statistics, Tensor } from '../../../core/index.ts'
import type { Histogram, Query, Role } from '../protocol.ts'

/** The connection of a client to its bridge. */
export interface ConnectionState {
  readonly status: 'connecting' | 'open' | 'waiting' | 'closed'
  /** Why there is no connection, if one was lost or failed. */
  readonly reason?: string | undefined
  /** How often it has been open so far. */
  readonly connections: number
  /** Identifies the run, once known. A different run starts again at step 0, even with the same `runId`. */
  readonly run?: string
  /** What it may do, once known. */
  readonly role?: Role
  /** The name under which its commands are recorded. */
  readonly author?: string
  /** Whether controllers may edit the graph. */
  readonly editable?: boolean
  /** How many edits of the graph can be taken back: at most 16. */
  readonly edits?: number
  /** How many edits that were taken back can be made again: at most 16. */
  readonly takenBack?: number
  /** Events and results made for this connection, and how many were dropped because it was too slow. */
  readonly made: number
  readonly dropped: number
  /** Events and results that arrived over this connection. */
  readonly received: number
}

interface Values {
  stats: Statistics
  histogram: Histogram
  quantiles: readonly number[]
  sample: readonly number[]
}

/** The result of a query: a `value`, or for `full` a `tensor` of your own. */
export type WatchResult<What extends Query['what']> = What extends keyof Values
  ? { readonly step: number; readonly value: Values[What] }
  : { readonly step: number; readonly tensor: Tensor }

/** Confirms that a command was done. */
export interface Acknowledgement {
  /** The step at which it was done. */
  readonly step: number
  /** The revision of the hyper-parameters. */
  readonly revision: number
}
