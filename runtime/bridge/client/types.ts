/** What a client tells: how it stands, what a query gives, what became of a command. */
import type { Statistics, Tensor } from '../../../core/index.ts'
import type { Histogram, Query, Role } from '../protocol.ts'

/** How a client stands with its bridge. */
export interface ConnectionState {
  readonly status: 'connecting' | 'open' | 'waiting' | 'closed'
  /** Why there is no connection, where one was lost or did not come about. */
  readonly reason?: string | undefined
  /** How often it was open so far. */
  readonly connections: number
  /** Which run it is, once it is known: another one begins anew at its step 0, even if it has the same `runId`. */
  readonly run?: string
  /** What it may do, once it is known. */
  readonly role?: Role
  /** The name under which its commands are recorded. */
  readonly author?: string
  /** Events and results made for the present connection, and those of them that it was too slow for. */
  readonly made: number
  readonly dropped: number
  /** Events and results that came over the present connection. */
  readonly received: number
}

interface Values {
  stats: Statistics
  histogram: Histogram
  quantiles: readonly number[]
  sample: readonly number[]
}

/** What a query gives: a `value`, or for `full` the `tensor`, which is yours. */
export type WatchResult<What extends Query['what']> = What extends keyof Values
  ? { readonly step: number; readonly value: Values[What] }
  : { readonly step: number; readonly tensor: Tensor }

/** What is said of a command that was done. */
export interface Acknowledgement {
  /** How many steps had been done then. */
  readonly step: number
  /** The revision of the hyper-parameters. */
  readonly revision: number
}
