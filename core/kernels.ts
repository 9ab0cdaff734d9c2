/**
 * How arithmetic is asked for. Nodes speak to this interface alone; `kernels/` holds what answers.
 *
 * A `Kernels` value owns all memory of a model. Results are lent: they live in the lease that was opened last
 * with `lend`, until that same lease is opened again. The engine gives each node its own lease for each
 * direction, so a step uses again what the step before no longer needs, and a training run allocates nothing
 * once every shape has been seen.
 */
import type { Functions } from './functions.ts'
import type { Shape } from './shape.ts'
import type { Precision, Tensor } from './tensor.ts'

/** A place in memory that results are lent from; only the kernels that made it know what is inside. */
export interface Lease {
  readonly kernels: string
  /** Who computes what it lends. */
  readonly owner: string | undefined
}

/** What a tensor is like. Entries that are not finite are only counted; 0 stands where none is finite. */
export interface Statistics {
  /** How many entries it has. */
  readonly count: number
  readonly mean: number
  /** That of the entries themselves, divided by their count. */
  readonly standardDeviation: number
  readonly minimum: number
  readonly maximum: number
  /** The Euclidean norm. */
  readonly norm: number
  /** The share of entries that are 0. */
  readonly zeros: number
  /** How many entries are NaN or infinite. */
  readonly nonFinite: number
}

/** What is computed, written down so that it can be computed again without asking for it. */
export interface Recording {
  /** Does something else that belongs in its place, and writes it down as a whole. */
  unrecorded(work: () => void): void
  /** What others do until `resume` is no part of it, but that they may make kernels do what was put off. */
  pause(): void
  resume(): void
  /**
   * Ends the recording: the calls, which in their order compute the same from what then lies where the operands lay.
   * Undefined where they would not, since numbers came out of the kernels and may have gone back in.
   */
  end(): readonly (() => void)[] | undefined
}

/** A loop, a product or a routine that is computed in one go. */
export interface ExplainedPart {
  /** `loop`, `product`, `routine` for what is neither, or `check`, which looks whether numbers are finite. */
  readonly kind: 'loop' | 'product' | 'routine' | 'check'
  /** What it computes: primitive operations in their order, or the lengths of a product, `[m, n, k]`. */
  readonly what: string
  /** Who asked for what it computes. */
  readonly owners: readonly string[]
  /** Bytes of the tensors that it reads and writes. */
  readonly read: number
  readonly written: number
  /** Its share of the time of the step; undefined before that was taken. */
  readonly share: number | undefined
}

/** Tensors that are kept, and results that are lent. */
export interface Memory {
  readonly precision: Precision
  /** How many bytes there are for all tensors together. */
  readonly limit: number
  /** A tensor that is kept until `dispose`: a parameter, a total. Zeros where no values are given. */
  tensor(shape: Shape, values?: ArrayLike<number>): Tensor
  /** A new, empty lease. `owner` says who computes what it lends, for people to read. */
  lease(owner?: string): Lease
  /** From now on results are lent from `lease`; what it lent before is given up. */
  lend(lease: Lease): void
  /** Whether `tensor` was lent from `lease`, has memory of its own there, and is still valid. */
  owns(lease: Lease, tensor: Tensor): boolean
  /** Gives the memory of a lease back, or of a kept tensor, for good. */
  free(memory: Lease | Tensor): void
  /** A lent tensor with undefined entries, for the caller to fill. */
  empty(shape: Shape): Tensor
  /** Gives all memory back. */
  dispose(): void
}

/**
 * Operations that are asked for may be put off until somebody looks at numbers, so that those that belong together are
 * done together. Who asks says what will be looked at; the other results need no memory.
 */
export interface Deferring {
  /** Of what was lent since `lend`, only what is kept from now on will be looked at. */
  close(): void
  /** This result will be looked at; one that is `passing`, only until `settle`. */
  keep(result: Tensor, isPassing?: boolean): void
  /**
   * Makes ready, piece by piece, what doing the rest of a pass needs: code, for the most part. Absent where nothing need be made. `isOver` says that
   * nothing more will be asked for.
   */
  prepare?(isOver: boolean): Iterable<void>
  /** Does what was asked for. */
  flush(): void
  /** Does what was asked for; what is passing will not be looked at any more. */
  settle(): void
  /** Forgets what was asked for and is not done. */
  discard(): void
  /** What was computed since the present pass began. Absent in kernels that put nothing off. */
  explain?(): () => readonly ExplainedPart[]
  /** Writes down, from now on, what is computed. Absent in kernels that cannot, as are the two below. */
  record?(): Recording
  /** Where the numbers of a tensor lie. */
  placeOf?(x: Tensor): number
  /** Counts how often a lease changed where it lends from: what was recorded before must not be computed again. */
  readonly moves?: number
}

/** Looks at numbers without lending anything, so it may be done in the middle of a pass. */
export interface Probe {
  /** Whether no entry is NaN or infinite. */
  allFinite(x: Tensor): boolean
  /** Takes note if an entry is NaN or infinite, as soon as it is known. */
  checkFinite(x: Tensor): void
  /** Whether `checkFinite` took note of anything since this was asked last. */
  foundNonFinite(): boolean
  /** What a tensor is like. */
  statistics(x: Tensor): Statistics

  // --- totals: over many steps, kept in float64 whatever the precision ----------------------------------------------

  /** A kept vector of zeros, until it is freed. */
  totals(count: number): Tensor
  /** Makes totals what others of the same length are. */
  copyTotals(from: Tensor, to: Tensor): void
  /** totals[index] += weight · the sum of x. */
  tally(totals: Tensor, index: number, x: Tensor, weight?: number): void
  /** totals[index + j] += the sum of all entries of x that have place j along the last axis. */
  tallyColumns(totals: Tensor, index: number, x: Tensor): void
  /**
   * Adds the entries of x to moments: from totals[index] on, how many entries there were, their mean, and the sum of the
   * squares of their distances from it. Entries that lie close together keep their digits, however large they are. Weights, of the
   * same shape, from 0 up, say how often each entry counts.
   */
  tallyMoments(totals: Tensor, index: number, x: Tensor, weights?: Tensor): void
}

/** All that a node computes with. */
export interface Kernels extends Functions<Tensor>, Memory, Deferring, Probe {
  /** `'reference'`, `'wasm'`, `'blas'`. */
  readonly name: string
  /** What runs it, for a person to read: `'WebAssembly with relaxed SIMD, 2 threads'`. */
  readonly description: string
}
