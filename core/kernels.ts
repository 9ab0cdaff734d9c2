/**
 * How arithmetic is asked for. Nodes speak to this interface alone; `kernels/` holds what answers.
 *
 * A `Kernels` value owns all memory of a model. Results are lent: they live in the lease that was opened last
 * with `lend`, until that same lease is opened again. The engine gives each node its own lease for each
 * direction, so a step uses again what the step before no longer needs, and a training run allocates nothing
 * once every shape has been seen.
 */
import type { RandomKey } from './random.ts'
import type { Shape } from './shape.ts'
import type { Precision, Tensor } from './tensor.ts'

/** A place in memory that results are lent from; only the kernels that made it know what is inside. */
export interface Lease {
  readonly kernels: string
}

/** Which operand of a matrix product is read transposed: `'nt'` is a · bᵀ, `'tn'` is aᵀ · b. */
export type Transposition = 'nn' | 'nt' | 'tn'

/** A tensor, or a number that stands for a tensor full of it. */
export type Operand = Tensor | number

/** What `affine` can apply to its result in the same pass. */
export const ACTIVATIONS = ['relu', 'sigmoid', 'tanh'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/** The settings of a step of stochastic gradient descent. */
export interface DescentSettings {
  readonly learningRate: number
  readonly weightDecay: number
}

export interface MomentumSettings extends DescentSettings {
  readonly momentum: number
  readonly nesterov: boolean
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
  /**
   * Ends the recording: the calls, which in their order compute the same from what then lies where the operands lay.
   * Undefined where they would not, since numbers came out of the kernels and may have gone back in.
   */
  end(): readonly (() => void)[] | undefined
}

export interface Kernels {
  /** `'reference'`, `'wasm'`, `'blas'`. */
  readonly name: string
  readonly precision: Precision
  /** What runs it, for a person to read: `'WebAssembly with relaxed SIMD, 2 threads'`. */
  readonly description: string
  /** How many bytes there are for all tensors together. */
  readonly limit: number

  // --- memory ---------------------------------------------------------------------------------------------

  /** A tensor that is kept until `dispose`: a parameter, a total. Zeros where no values are given. */
  tensor(shape: Shape, values?: ArrayLike<number>): Tensor
  /** A new, empty lease. */
  lease(): Lease
  /** From now on results are lent from `lease`; what it lent before is given up. */
  lend(lease: Lease): void
  /** Whether `tensor` was lent from `lease`, has memory of its own there, and is still valid. */
  owns(lease: Lease, tensor: Tensor): boolean
  /** Gives the memory of a lease back, or of a kept tensor, for good. */
  free(memory: Lease | Tensor): void
  /** A lent tensor with undefined entries, for the caller to fill. */
  empty(shape: Shape): Tensor
  /** Writes down, from now on, what is computed. Absent in kernels that cannot. */
  record?(): Recording
  /** Gives all memory back. */
  dispose(): void

  // --- making ---------------------------------------------------------------------------------------------

  fill(shape: Shape, value: number): Tensor
  copy(x: Tensor): Tensor
  /** The same numbers under another shape, without a copy. */
  reshape(x: Tensor, shape: Shape): Tensor
  /** The entries `start` to `start + length - 1` of one axis. */
  slice(x: Tensor, axis: number, start: number, length: number): Tensor
  concatenate(tensors: readonly Tensor[], axis: number): Tensor
  /** 1 with the given probability, else 0; entry i depends on the key and i alone. */
  bernoulli(shape: Shape, probability: number, key: RandomKey): Tensor

  // --- entry by entry, of two tensors: shapes are combined by NumPy's broadcasting ----------------------------

  add(a: Tensor, b: Tensor): Tensor
  sub(a: Tensor, b: Tensor): Tensor
  mul(a: Tensor, b: Tensor): Tensor
  div(a: Tensor, b: Tensor): Tensor
  /** a + factor · b, for equal shapes. */
  addScaled(a: Tensor, b: Tensor, factor: number): Tensor
  /** a where x > 0, else b; all of x's shape, or numbers. */
  wherePositive(x: Tensor, a: Operand, b: Operand): Tensor
  /** 1 where a = b, else 0. */
  equal(a: Tensor, b: Tensor): Tensor

  // --- entry by entry, of one tensor ------------------------------------------------------------------------

  scale(x: Tensor, factor: number): Tensor
  addScalar(x: Tensor, value: number): Tensor
  oneMinus(x: Tensor): Tensor
  maximum(x: Tensor, value: number): Tensor
  /** 1 where x > value, else 0. */
  greater(x: Tensor, value: number): Tensor
  abs(x: Tensor): Tensor
  square(x: Tensor): Tensor
  sqrt(x: Tensor): Tensor
  exp(x: Tensor): Tensor
  /** e^x - 1, exact near 0. */
  expm1(x: Tensor): Tensor
  log(x: Tensor): Tensor
  tanh(x: Tensor): Tensor
  relu(x: Tensor): Tensor
  /** 1 / (1 + e^-x), finite for every x. */
  sigmoid(x: Tensor): Tensor
  /** ln(1 + e^x) as max(x, 0) + ln(1 + e^-|x|), finite for every x. */
  softplus(x: Tensor): Tensor

  // --- along the last axis ------------------------------------------------------------------------------------

  softmax(x: Tensor): Tensor
  logSoftmax(x: Tensor): Tensor
  /** The sum along the last axis, which stays with length 1. */
  sumLastAxis(x: Tensor): Tensor
  /** The place of the largest entry along the last axis, which stays with length 1; the first of equals. */
  argMaxLastAxis(x: Tensor): Tensor

  // --- all together -------------------------------------------------------------------------------------------

  /** The sum of all entries, a scalar. */
  sum(x: Tensor): Tensor
  /** The mean of all entries, a scalar. */
  mean(x: Tensor): Tensor
  /** The reverse of broadcasting: sums over the axes along which `shape` was repeated to become `x.shape`. */
  sumTo(x: Tensor, shape: Shape): Tensor
  /** The sum of several tensors of one shape, always in the order given. */
  addAll(tensors: readonly Tensor[]): Tensor
  // --- looking, without lending anything: so it may be done in the middle of a pass --------------------------------

  /** Whether no entry is NaN or infinite. */
  allFinite(x: Tensor): boolean
  /** Takes note if an entry is NaN or infinite; what an update has just made was looked at when it was written. */
  checkFinite(x: Tensor): void
  /** Whether `checkFinite` took note of anything since this was asked last. */
  foundNonFinite(): boolean
  /** What a tensor is like. */
  statistics(x: Tensor): Statistics

  // --- products -----------------------------------------------------------------------------------------------

  /**
   * The matrix product. Leading axes are folded into the rows: x [2, 3, 5] by kernel [5, 4] is [2, 3, 4], and
   * with `'tn'` both are folded and summed over: x [2, 3, 5] and dy [2, 3, 4] give [5, 4].
   */
  matMul(a: Tensor, b: Tensor, transposition?: Transposition): Tensor
  /** x · kernel + bias, with the bias [units] added to each row, and then the activation. */
  affine(x: Tensor, kernel: Tensor, bias: Tensor, activation?: Activation): Tensor

  // --- compositions of the above, in one pass where that is faster ----------------------------------------------

  /** dy · y · (1 - y), for y = sigmoid(x). */
  sigmoidGradient(dy: Tensor, y: Tensor): Tensor
  /** dy · (1 - y²), for y = tanh(x). */
  tanhGradient(dy: Tensor, y: Tensor): Tensor
  /** dy · sigmoid(x), for y = softplus(x). */
  softplusGradient(dy: Tensor, x: Tensor): Tensor
  /** yᵢ · (dyᵢ - Σⱼ dyⱼ yⱼ) along the last axis, for y = softmax(x). */
  softmaxGradient(dy: Tensor, y: Tensor): Tensor

  /** mean (p - t)², a scalar. */
  squaredError(p: Tensor, t: Tensor): Tensor
  /** dJ · 2/n (p - t) */
  squaredErrorGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor
  /** -1/n Σ (t ln p + (1 - t) ln (1 - p)), a scalar, with logarithms not below -100. */
  binaryCrossentropy(p: Tensor, t: Tensor): Tensor
  /** dJ · 1/n (p - t) / (p (1 - p)), with a divisor not below 1e-12. */
  binaryCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor
  /** 1/n Σ (softplus(z) - z t), a scalar: the binary cross-entropy from logits z. */
  sigmoidCrossentropy(z: Tensor, t: Tensor): Tensor
  /** dJ · 1/n (sigmoid(z) - t) */
  sigmoidCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor
  /** -1/rows Σ t ln p, a scalar, with logarithms not below -100. */
  categoricalCrossentropy(p: Tensor, t: Tensor): Tensor
  /** dJ · -1/rows t / p, with a divisor not below 1e-12. */
  categoricalCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor
  /** -1/rows Σ t logSoftmax(z), a scalar: the categorical cross-entropy from logits z. */
  softmaxCrossentropy(z: Tensor, t: Tensor): Tensor
  /** dJ · 1/rows (softmax(z) Σ t - t), with the sum along the last axis. */
  softmaxCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor

  // --- updates of parameters, each in one pass; g is gradient + weightDecay · value -----------------------------

  /** value - learningRate · g */
  sgd(value: Tensor, gradient: Tensor, settings: DescentSettings): Tensor
  /**
   * v := momentum · velocity + g, and value - learningRate · v, or with Nesterov's momentum
   * value - learningRate · (g + momentum · v).
   */
  sgdMomentum(
    value: Tensor,
    gradient: Tensor,
    velocity: Tensor,
    settings: MomentumSettings,
  ): { value: Tensor; velocity: Tensor }

  // --- totals: over many steps, kept in float64 whatever the precision ----------------------------------------------

  /** A kept vector of zeros, until it is freed. */
  totals(count: number): Tensor
  /** Makes totals what others of the same length are. */
  copyTotals(from: Tensor, to: Tensor): void
  /** totals[index] += weight · the sum of x. */
  tally(totals: Tensor, index: number, x: Tensor, weight?: number): void
  /**
   * Adds the entries of x to moments: from totals[index] on, how many entries there were, their mean, and the sum of the
   * squares of their distances from it. Entries that lie close together keep their digits, however large they are.
   */
  tallyMoments(totals: Tensor, index: number, x: Tensor): void
}
