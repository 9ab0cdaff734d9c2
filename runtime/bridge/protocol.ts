/** What travels between a run and those who watch it: `docs/protocol.md` says the same in words. */
import type { ErrorReport, Statistics, TensorJson } from '../../core/index.ts'
import type { Command } from '../training/commands.ts'
import type { TrainerEvent } from '../training/events.ts'
import type { RunState } from '../training/run-state.ts'

/** Both sides have to speak the same version. */
export const PROTOCOL = 1

/** The most bytes of a message from a client. */
export const PAYLOAD = 64 * 1024

/** The most frames that it may come in. */
export const FRAGMENTS = 128

/** Where the socket is, relative to the address of the bridge. */
export const SOCKET = 'socket'

/** A viewer reads; a controller sends commands as well. */
export type Role = 'viewer' | 'controller'

/** Part of an Immer patch, which is JSON. */
export interface Change {
  readonly op: 'replace' | 'remove' | 'add'
  readonly path: readonly (string | number)[]
  readonly value?: unknown
}

/** What a watcher wants to know of a tensor. */
export type Aspect =
  | { readonly what: 'stats' }
  /** Counts in `bins` of equal width, 32 by default, between the smallest and the largest entry. */
  | { readonly what: 'histogram'; readonly bins?: number }
  /** The values at these shares, by default 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1. */
  | { readonly what: 'quantiles'; readonly at?: readonly number[] }
  /** `count` entries, 64 by default, evenly apart. */
  | { readonly what: 'sample'; readonly count?: number }
  /** The whole tensor. */
  | { readonly what: 'full' }

/** Which tensor is watched, what of it, and how often. */
export type Query = Aspect & {
  /**
   * The id of a node, or the name of an output of the graph. Left out, for `stats` of values or gradients: every node;
   * what is found is then told by the state alone. `'*'` means the same, unless a node has that name.
   */
  readonly node?: string
  /** Values, the gradient of the loss at them, or the value or gradient of a parameter. */
  readonly of: 'forward' | 'backward' | 'value' | 'gradient'
  /** An output of the node, where it has several; the first by default. */
  readonly output?: string
  /** The parameter that `'value'` and `'gradient'` are of. */
  readonly parameter?: string
  /** Every so many steps. */
  readonly every?: number
  /** At most so often a second; 5 by default, where `every` is not given. */
  readonly rate?: number
}

export interface Histogram {
  readonly minimum: number
  readonly maximum: number
  readonly counts: readonly number[]
}

/** What a query gives: plain data, or for `full` a tensor. */
export type Measurement = Statistics | Histogram | readonly number[]

/** Points of a series, oldest first: steps, and what was there. */
export interface SeriesPoints {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  /** Steps at which the figure was not finite: a curve breaks there. At most as many as there may be points. */
  readonly gaps: readonly number[]
  /** What the points stand for: the range in parts, each with the step it ends in, the mean of its points and their number. */
  readonly means: {
    readonly steps: readonly number[]
    readonly values: readonly number[]
    readonly counts: readonly number[]
  }
}

/** Rows by input, or samples of the run's own data: its first `count` (256 by default), with what they are (by default). */
export type PredictQuery =
  | { readonly inputs: Readonly<Record<string, readonly unknown[]>> }
  | { readonly of: 'data' | 'validation'; readonly count?: number; readonly columns?: boolean }

/** What the model makes of rows. */
export interface Predictions {
  /** By the names of the graph's outputs. */
  readonly outputs: Readonly<Record<string, TensorJson>>
  /** For samples: the columns of the data, inputs and targets, as they were before they were standardized. */
  readonly columns?: Readonly<Record<string, TensorJson>>
  /** For samples: what the entries along the last axis of a column are called, where that is known. */
  readonly names?: Readonly<Record<string, readonly string[]>>
}

/** What one side can ask the other, with an id that the answer carries. */
export type Request =
  | { readonly type: 'command'; readonly id: string; readonly command: Command }
  | { readonly type: 'watch'; readonly id: string; readonly query: Query }
  | { readonly type: 'unwatch'; readonly id: string; readonly watch: string }
  | {
      readonly type: 'series'
      readonly id: string
      readonly name: string
      readonly from?: number
      readonly to?: number
      readonly points?: number
    }
  | ({ readonly type: 'predict'; readonly id: string } & PredictQuery)

export type ClientMessage =
  /** The first message: who comes, and what it has already. */
  | {
      readonly type: 'hello'
      readonly protocol: number
      readonly token: string
      readonly name?: string
      /** After a lost connection: `session` and `client` of the last `welcome`, and what has come. */
      readonly session?: string
      readonly client?: string
      readonly version?: number
      readonly event?: number
    }
  /** What has arrived: the version of the state, and the largest `n` of an event or result. */
  | { readonly type: 'ack'; readonly version: number; readonly received: number }
  /** A patch did not fit: send on from this version, or all of the state. */
  | { readonly type: 'sync'; readonly version?: number }
  | Request

export type ServerMessage =
  | {
      readonly type: 'welcome'
      readonly protocol: number
      /** Changes when the bridge is opened anew: versions and numbers of events count from the beginning then. */
      readonly session: string
      /** What the client is known by in this session: ids of requests are its own, and are remembered for it. */
      readonly client: string
      /** Tells one run from another, whatever they are called: what a client knows of one says nothing of another. */
      readonly run: string
      readonly role: Role
      /** The name under which its commands are recorded. */
      readonly author: string
    }
  /** `time` is when it was published, in milliseconds since 1970 by the clock of the bridge. */
  | {
      readonly type: 'snapshot'
      readonly version: number
      readonly time: number
      readonly state: RunState
    }
  | {
      readonly type: 'patch'
      readonly from: number
      readonly to: number
      readonly time: number
      readonly patches: readonly Change[]
    }
  /** `number` counts the events of the run; `n` what is made for this client, so that gaps show what was dropped. */
  | { readonly type: 'event'; readonly n: number; readonly number: number; readonly event: TrainerEvent }
  | {
      readonly type: 'result'
      readonly n: number
      readonly watch: string
      readonly step: number
      readonly value: Measurement
    }
  | { readonly type: 'reply'; readonly id: string; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: string; readonly error: ErrorReport }
  /** Once a second: the latest version sent, and how many events and results were made for this client and dropped. */
  | {
      readonly type: 'heartbeat'
      readonly version: number
      readonly made: number
      readonly dropped: number
    }

/** Why the bridge ends a connection, as the code of the closing frame. */
export const CLOSE = {
  /** The bridge itself was closed. */
  goingAway: 1001,
  /** Not a message that the protocol knows. */
  invalid: 1002,
  /** A text that is no UTF-8. */
  notText: 1007,
  /** Too many messages, or one in too many pieces. */
  policy: 1008,
  /** A message that is too long. */
  tooLarge: 1009,
  /** It did not read what was sent. */
  tooSlow: 4008,
  /** It did not say who it is in time, or with a wrong token. */
  unauthorized: 4401,
  /** There are too many already. */
  full: 4429,
} as const
