/** The messages between a run and its clients. `docs/protocol.md` describes them in words. */
import type {
  Config,
  ErrorReport,
  GraphChange,
  Limits,
  PortShape,
  Statistics,
  TensorJson,
} from '../../core/index.ts'
import type { Command } from '../training/commands.ts'
import type { TrainerEvent } from '../training/events.ts'
import type { RunState } from '../training/run-state.ts'

/** Both sides must use the same version. */
export const PROTOCOL = 1

/** What a bridge says to a client of another version, which reads it in the reason of the closing frame. */
export const otherProtocol = (own: number, theirs: number): string =>
  `protocol ${own}, not ${theirs}: reload the page, or use one version of gradstream`

/** The most bytes of a message from a client. */
export const PAYLOAD = 64 * 1024

/** The most frames of such a message. */
export const FRAGMENTS = 128

/** Where the socket is, relative to the address of the bridge. */
export const SOCKET = 'socket'

/** A viewer reads; a controller also sends commands. */
export type Role = 'viewer' | 'controller'

/** The most characters of a name. */
export const LONGEST_NAME = 64

/** What a name must be, in words. */
export const NAME_RULE = `a name of 1 to ${LONGEST_NAME} characters that can all be seen`

/**
 * A name as others see it, without spaces around it or several in a row. Undefined if it cannot be one: control characters, among them those that
 * are invisible or turn the direction of a text, would let somebody pass for somebody else.
 */
export function nameOf(text: string): string | undefined {
  const name = text
    .normalize('NFC')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
  const isSeen = !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)
  return isSeen && name !== '' && [...name].length <= LONGEST_NAME ? name : undefined
}

/** How many colours there are for clients, and how many clients are told of. */
export const COLOURS = 8
export const PEOPLE = 64

/** A connected client, as all see it. */
export interface Person {
  /** No two who are connected have the same. */
  readonly name: string
  readonly role: Role
  /** From 0 to 7. While there are at most eight, no two have the same. */
  readonly colour: number
  /** The name under which its commands are recorded. */
  readonly author: string
}

/** Who is connected: at most 64, controllers first, and how many others there are. */
export interface Crowd {
  readonly people: readonly Person[]
  readonly others: number
}

/** Part of an Immer patch, which is JSON. */
export interface Change {
  readonly op: 'replace' | 'remove' | 'add'
  readonly path: readonly (string | number)[]
  readonly value?: unknown
}

/** What a client wants to know about a tensor. */
export type Aspect =
  | { readonly what: 'stats' }
  /** Counts in `bins` of equal width, 32 by default, between the smallest and the largest entry. */
  | { readonly what: 'histogram'; readonly bins?: number }
  /** The values at these quantiles, by default 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1. */
  | { readonly what: 'quantiles'; readonly at?: readonly number[] }
  /** `count` entries, 64 by default, evenly spaced. */
  | { readonly what: 'sample'; readonly count?: number }
  /** The whole tensor, or its first `rows` along the first axis. */
  | { readonly what: 'full'; readonly rows?: number }

/** Which tensor to watch, what to report of it, and how often. */
export type Query = Aspect & {
  /**
   * The id of a node, or the name of an output of the graph. Without it, `stats` of values or gradients cover
   * every node; only the state then reports them. `'*'` means the same, unless a node has that name.
   */
  readonly node?: string
  /** Values, the gradient of the loss at them, or the value or gradient of a parameter. */
  readonly of: 'forward' | 'backward' | 'value' | 'gradient'
  /** An output of the node, if it has several; the first by default. */
  readonly output?: string
  /** The parameter for `'value'` and `'gradient'`. */
  readonly parameter?: string
  /** Report every so many steps. */
  readonly every?: number
  /** The most reports per second; 5 by default, unless `every` is given. */
  readonly rate?: number
}

export interface Histogram {
  readonly minimum: number
  readonly maximum: number
  readonly counts: readonly number[]
}

/** The result of a query: plain data, or for `full` a tensor. */
export type Measurement = Statistics | Histogram | readonly number[]

/** Points of a series, oldest first: steps and values. */
export interface SeriesPoints {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  /** Steps at which the figure was not finite, where a curve breaks. At most as many as the limit of points. */
  readonly gaps: readonly number[]
  /**
   * What the points summarize: parts of the range, each with its last step, the mean of its points and their
   * number.
   */
  readonly means: {
    readonly steps: readonly number[]
    readonly values: readonly number[]
    readonly counts: readonly number[]
  }
}

/** A grid of `side` × `side` points over the plane of an input of two numbers, in rows from the largest y down. */
export interface PlaneQuery {
  readonly input: string
  /** The range of the first number, and of the second. */
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
  /** From 2 to 64. */
  readonly side: number
}

/**
 * Rows by input, a grid over a plane, or samples of the run's own data: the first `count` (256 by default) or those
 * in `rows`, which holds their places from 0, with their columns (by default), and of a table with its `cells` (not by
 * default). With a `node`, its values instead of the outputs of the graph.
 */
export type PredictQuery = { readonly node?: string } & (
  | { readonly inputs: Readonly<Record<string, readonly unknown[]>> }
  | { readonly plane: PlaneQuery }
  | {
      readonly of: 'data' | 'validation'
      readonly count?: number
      readonly rows?: readonly number[]
      readonly columns?: boolean
      readonly cells?: boolean
    }
)

/** The outputs of the model for rows. */
export interface Predictions {
  /** By the names of the graph's outputs, or of the `node` of the query. */
  readonly outputs: Readonly<Record<string, TensorJson>>
  /** For samples: the columns of the data, inputs and targets, before standardization. */
  readonly columns?: Readonly<Record<string, TensorJson>>
  /** For samples: the names of the entries along the last axis of a column, if known. */
  readonly names?: Readonly<Record<string, readonly string[]>>
  /** For samples of a table: what its rows say, by column of the data: `x` and `target`. At most 16,384 cells of each. */
  readonly cells?: Readonly<Record<string, Cells>>
}

/** Rows of a table, in words where the table had words. */
export interface Cells {
  /** The columns of the table. */
  readonly names: readonly string[]
  /** One row for each sample, with a cell for each column. */
  readonly rows: readonly (readonly Cell[])[]
}

/**
 * A number in the unit of the table, the name of a category or a date, at most 64 characters; `''` for an empty cell that counts as a category,
 * `null` for a category that was not in the training data.
 */
export type Cell = number | string | null

/** The rows of a parameter whose names are wanted. */
export interface NamesQuery {
  /** The id of a node, or the name of an output of the graph. */
  readonly node: string
  readonly parameter: string
  /** How many, from the first; 2,000 by default, at most 4,096. */
  readonly count?: number
}

/** A text for a language model to continue. */
export interface WriteQuery {
  /** At most 4,096 characters; by default the beginning of the first training sample. */
  readonly text?: string
  /** The most tokens to write; 32 by default, at most 256. */
  readonly count?: number
  /** What logits are divided by before a token is drawn: 0 takes the likeliest; 1 by default. */
  readonly temperature?: number
  /** The seed of what is drawn; 0 by default. */
  readonly seed?: number
}

/** The next part of a text: as much as the run has time for, one token at least. */
export interface Written {
  /** What it continues. */
  readonly prompt: string
  readonly text: string
  /** How many tokens it has. */
  readonly tokens: number
  /** The step of the model that wrote it. */
  readonly step: number
}

/** A graph with changes that nobody has trained yet. */
export interface GraphDraft {
  /** Its nodes but for the optimizers and the links behind them, in their order. */
  readonly nodes: Readonly<Record<string, DraftNode>>
  /** How many numbers the parameters of all nodes have. */
  readonly parameters: number
  /** What is wrong with it; the `place` of each begins with the name of a node, if it is about one. */
  readonly faults: readonly ErrorReport[]
  /** For the node of the question. */
  readonly node?: DraftChoices
}

export interface DraftNode {
  readonly type: string
  readonly config: Config
  /** The nodes that feed it, in the order of its inputs. */
  readonly inputs: readonly string[]
  /** `null` while a fault of this node, or of one before it, leaves it open. */
  readonly shape: PortShape | null
  /** How many numbers its parameters have. */
  readonly parameters: number
}

/** What can be done with a node without more wiring. */
export interface DraftChoices {
  /** The numbers that its options accept, as its config checks them. */
  readonly limits: Readonly<Record<string, Limits>>
  /** The words that its options accept. */
  readonly words: Readonly<Record<string, readonly string[]>>
  /** The types that fit behind it, each with options to begin with. */
  readonly insertable: readonly { readonly type: string; readonly config: Config }[]
  readonly isRemovable: boolean
}

/** What a run and its bridge cost, measured over about the last second. Shares are of that time, from 0 to 1. */
export interface SystemFigures {
  /** CPU time of the whole process per time: 1.5 means that one and a half cores were busy. */
  readonly cpu: number
  /** Memory that the process holds, in bytes. */
  readonly memory: number
  /** JavaScript objects in it, in bytes. */
  readonly heap: number
  /** The mean time of a step with everything around it, in milliseconds; `null` before the first. */
  readonly stepTime: number | null
  /** Spent on steps and everything around them. */
  readonly trainingShare: number
  /** Spent on publications, watches and answers. */
  readonly watchingShare: number
  /** Spent waiting for batches. */
  readonly waitingShare: number
}

/** Requests, with an id that the answer repeats. */
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
  /** Another name for this client. */
  | { readonly type: 'name'; readonly id: string; readonly name: string }
  /** `packed` asks for outputs in base64. */
  | ({ readonly type: 'predict'; readonly id: string; readonly packed?: boolean } & PredictQuery)
  | ({ readonly type: 'write'; readonly id: string } & WriteQuery)
  /** What becomes of the graph of `back` edits ago, or `forward` edits that were taken back, with some changes, and what else can be done with a `node` of it. */
  | {
      readonly type: 'draft'
      readonly id: string
      readonly changes: readonly GraphChange[]
      readonly node?: string
      readonly back?: number
      readonly forward?: number
    }
  | ({ readonly type: 'names'; readonly id: string } & NamesQuery)

export type ClientMessage =
  /** The first message: who connects, and what it already has. */
  | {
      readonly type: 'hello'
      readonly protocol: number
      readonly token: string
      readonly name?: string
      /** After a lost connection: `session` and `client` of the last `welcome`, and what has arrived. */
      readonly session?: string
      readonly client?: string
      readonly version?: number
      readonly event?: number
    }
  /** Before `hello`: asks a bridge whose address stays to prove that it knows the token of a role. */
  | { readonly type: 'challenge'; readonly nonce: string; readonly role: Role }
  /** What has arrived: the version of the state, and the largest `n` of an event or result. */
  | { readonly type: 'ack'; readonly version: number; readonly received: number }
  /** A patch did not fit: continue from this version, or send the full state. */
  | { readonly type: 'sync'; readonly version?: number }
  | Request

export type ServerMessage =
  | {
      readonly type: 'welcome'
      readonly protocol: number
      /** Changes when the bridge is opened again: versions and event numbers then restart. */
      readonly session: string
      /** Identifies the client in this session. Request ids are per client, and remembered. */
      readonly client: string
      /** Identifies the run, whatever its name. Data of one run is invalid for another. */
      readonly run: string
      readonly role: Role
      /** The name under which its commands are recorded. */
      readonly author: string
      readonly crowd: Crowd
      /** If its address stays from run to run: the port that it proves to listen at when it is asked. */
      readonly port?: number
      /** Whether controllers may edit the graph. */
      readonly editable?: boolean
      /** How many edits of the graph can be taken back, if any. */
      readonly edits?: number
      /** How many edits that were taken back can be made again, if any. */
      readonly takenBack?: number
    }
  /** The answer to `challenge`, in base64. */
  | { readonly type: 'proof'; readonly proof: string }
  /** `time` is the time of publication, in milliseconds since 1970 by the clock of the bridge. */
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
  /** `number` counts the events of the run; `n` counts what is made for this client, so that gaps reveal drops. */
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
  /**
   * Once a second: the latest version sent, how many events and results were made for this client and dropped, and
   * what the run costs.
   */
  | {
      readonly type: 'heartbeat'
      readonly version: number
      readonly made: number
      readonly dropped: number
      readonly system: SystemFigures
      /** Who is connected, if that has changed. */
      readonly crowd?: Crowd
    }

/** Why the bridge ends a connection, as the code of the closing frame. */
export const CLOSE = {
  /** The bridge itself was closed. */
  goingAway: 1001,
  /** Not a message of the protocol. */
  invalid: 1002,
  /** Text that is not UTF-8. */
  notText: 1007,
  /** Too many messages, or a message in too many pieces. */
  policy: 1008,
  /** The message is too long. */
  tooLarge: 1009,
  /** The client did not read what was sent. */
  tooSlow: 4008,
  /** Another run has taken the place of this one: connect again. */
  replaced: 4205,
  /** The client did not identify itself in time, or its token is wrong. */
  unauthorized: 4401,
  /** There are too many clients. */
  full: 4429,
} as const
