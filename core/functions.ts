/** What nodes are written with: functions over the primitive operations, each as its formula. */
import type { Arithmetic, Shaped } from './arithmetic.ts'
import { GradstreamError } from './errors.ts'
import type { Contraction, Fold, Options, Windows } from './primitives.ts'
import type { RandomKey } from './random.ts'
import { type Shape, sameShape, showShape } from './shape.ts'

/** Which operand of a matrix product is read transposed: `'nt'` is a · bᵀ, `'tn'` is aᵀ · b. */
export type Transposition = 'nn' | 'nt' | 'tn'

/** Defaults: axis 0, no shared axes. */
export interface ScatterOptions {
  readonly axis?: number
  readonly batch?: number
  readonly length: number
}

export abstract class Functions<T extends Shaped> {
  /** What does the primitive operations. */
  abstract readonly arithmetic: Arithmetic<T>

  // --- making ---------------------------------------------------------------------------------------------------

  fill(shape: Shape, value: number): T {
    return this.expand(this.arithmetic.entry('add', value, 0), shape)
  }

  copy(x: T): T {
    return this.mul(x, 1)
  }

  /** 0, 1, 2, ... */
  iota(length: number): T {
    return this.arithmetic.apply('iota', [], { length })
  }

  /** The numbers of a random key, as operations take them. */
  protected abstract keyNumbers(key: RandomKey): T

  /** Evenly distributed in [0, 1), in steps of 2⁻²⁴; entry i depends on the key and i alone. */
  uniform(shape: Shape, key: RandomKey): T {
    return this.arithmetic.apply('uniform', [this.keyNumbers(key)], { shape })
  }

  /** From the standard normal distribution: √(-2 ln u) cos 2πv (Box and Muller, 1958). */
  normal(shape: Shape, key: RandomKey): T {
    const both = this.uniform([2, ...shape], key)
    const [u, v] = [0, 1].map(i => this.reshape(this.slice(both, 0, i, 1), shape)) as [T, T]
    const radius = this.sqrt(this.mul(this.log(this.oneMinus(u)), -2))
    return this.mul(radius, this.cos(this.mul(v, 2 * Math.PI)))
  }

  /** 1 with the given probability, else 0; entry i depends on the key and i alone. */
  bernoulli(shape: Shape, probability: number, key: RandomKey): T {
    if (probability >= 1) return this.fill(shape, 1)
    return this.arithmetic.apply('bernoulli', [this.keyNumbers(key), this.fill([], probability)], { shape })
  }

  // --- entry by entry -----------------------------------------------------------------------------------------

  add(a: T | number, b: T | number): T {
    return this.arithmetic.entry('add', a, b)
  }
  sub(a: T | number, b: T | number): T {
    return this.arithmetic.entry('sub', a, b)
  }
  mul(a: T | number, b: T | number): T {
    return this.arithmetic.entry('mul', a, b)
  }
  div(a: T | number, b: T | number): T {
    return this.arithmetic.entry('div', a, b)
  }
  maximum(a: T | number, b: T | number): T {
    return this.arithmetic.entry('max', a, b)
  }
  minimum(a: T | number, b: T | number): T {
    return this.arithmetic.entry('min', a, b)
  }
  /** aᵇ */
  pow(a: T | number, b: T | number): T {
    return this.arithmetic.entry('pow', a, b)
  }
  /** 1 where a < b, else 0. */
  less(a: T | number, b: T | number): T {
    return this.arithmetic.entry('less', a, b)
  }
  /** 1 where a = b, else 0. */
  equal(a: T | number, b: T | number): T {
    return this.arithmetic.entry('equal', a, b)
  }
  /** `a` where the condition is not 0, else `b`. */
  where(condition: T, a: T | number, b: T | number): T {
    return this.arithmetic.entry('where', condition, a, b)
  }
  neg(x: T): T {
    return this.arithmetic.entry('neg', x)
  }
  abs(x: T): T {
    return this.arithmetic.entry('abs', x)
  }
  floor(x: T): T {
    return this.arithmetic.entry('floor', x)
  }
  sqrt(x: T): T {
    return this.arithmetic.entry('sqrt', x)
  }
  exp(x: T): T {
    return this.arithmetic.entry('exp', x)
  }
  /** e^x - 1, exact near 0. */
  expm1(x: T): T {
    return this.arithmetic.entry('expm1', x)
  }
  log(x: T): T {
    return this.arithmetic.entry('log', x)
  }
  /** ln (1 + x), exact near 0. */
  log1p(x: T): T {
    return this.arithmetic.entry('log1p', x)
  }
  sin(x: T): T {
    return this.arithmetic.entry('sin', x)
  }
  cos(x: T): T {
    return this.arithmetic.entry('cos', x)
  }
  tanh(x: T): T {
    return this.arithmetic.entry('tanh', x)
  }
  /** 1 / (1 + e^-x) */
  sigmoid(x: T): T {
    return this.arithmetic.entry('sigmoid', x)
  }
  erf(x: T): T {
    return this.arithmetic.entry('erf', x)
  }

  /** 1 where x > value, else 0. */
  greater(x: T, value: T | number): T {
    return this.less(value, x)
  }
  /** `a` where x > 0, else `b`. */
  wherePositive(x: T, a: T | number, b: T | number): T {
    return this.where(this.less(0, x), a, b)
  }
  scale(x: T, factor: number): T {
    return this.mul(x, factor)
  }
  addScalar(x: T, value: number): T {
    return this.add(x, value)
  }
  /** a + factor · b */
  addScaled(a: T, b: T, factor: number): T {
    return this.add(a, this.mul(b, factor))
  }
  /** The sum of several tensors, in the order given. */
  addAll(tensors: readonly T[]): T {
    if (tensors.length > 0) return tensors.reduce((sum, x) => this.add(sum, x))
    throw mismatch('addAll', 'at least one tensor', 'none')
  }
  square(x: T): T {
    return this.mul(x, x)
  }
  oneMinus(x: T): T {
    return this.sub(1, x)
  }
  relu(x: T): T {
    return this.maximum(x, 0)
  }

  /** ln (1 + e^x) as max(x, 0) + ln (1 + e^-|x|), finite for every x. */
  softplus(x: T): T {
    return this.add(this.maximum(x, 0), this.log1p(this.exp(this.neg(this.abs(x)))))
  }

  // --- views --------------------------------------------------------------------------------------------------

  reshape(x: T, shape: Shape): T {
    return sameShape(x.shape, shape) ? x : this.arithmetic.apply('reshape', [x], { shape })
  }
  permute(x: T, axes: readonly number[]): T {
    return this.arithmetic.apply('permute', [x], { axes })
  }
  expand(x: T, shape: Shape): T {
    return sameShape(x.shape, shape) ? x : this.arithmetic.apply('expand', [x], { shape })
  }
  flip(x: T, axes: readonly number[]): T {
    return this.arithmetic.apply('flip', [x], { axes })
  }
  /** Windows that move along some axes, which then count them; the new axes at the end go along each window. */
  windows(x: T, windows: Windows): T {
    return this.arithmetic.apply('windows', [x], windows)
  }

  /** The entries `start` to `start + length - 1` of one axis. */
  slice(x: T, axis: number, start: number, length: number): T {
    if (x.shape[axis] === undefined) throw mismatch('slice', `an axis of ${showShape(x.shape)}`, String(axis))
    if (start === 0 && length === x.shape[axis]) return x
    return this.arithmetic.apply('slice', [x], {
      starts: x.shape.map((_, i) => (i === axis ? start : 0)),
      lengths: x.shape.map((whole, i) => (i === axis ? length : whole)),
    })
  }

  // --- putting together ---------------------------------------------------------------------------------------

  /** Zeros around x: by axis, `before` in front and `after` behind. */
  pad(x: T, before: readonly number[], after: readonly number[]): T {
    if (before.length === x.shape.length && [...before, ...after].every(zeros => zeros === 0)) return x
    return this.arithmetic.apply('pad', [x], { before, after })
  }

  /** One behind the other along an axis. */
  concatenate(tensors: readonly T[], axis: number): T {
    return this.arithmetic.apply('concatenate', tensors, { axis })
  }

  /** The reverse of `windows`: zeros of these lengths, to which each window is added in its place. */
  overlapAdd(x: T, options: Options['overlapAdd']): T {
    return isApart(options) ? sideBySide(this, x, options) : this.arithmetic.apply('overlapAdd', [x], options)
  }

  // --- looking up ---------------------------------------------------------------------------------------------

  /**
   * The entries of x at these places of an axis, which the axes of the indices replace; NaN where there is no such place.
   * The first `batch` axes are those of x and of the indices alike.
   */
  gather(x: T, indices: T, axis = 0, batch = 0): T {
    return this.arithmetic.apply('gather', [x, indices], { axis, batch })
  }

  /** The reverse of `gather`: zeros, `length` of them along the axis, to which y is added at these places. */
  scatterAdd(y: T, indices: T, options: ScatterOptions): T {
    const { axis = 0, batch = 0, length } = options
    return this.arithmetic.apply('scatterAdd', [y, indices], { axis, batch, length })
  }

  // --- products -----------------------------------------------------------------------------------------------

  contract(a: T, b: T, options: Contraction): T {
    return this.arithmetic.apply('contract', [a, b], options)
  }

  /**
   * The matrix product. Leading axes are folded into the rows: x [2, 3, 5] by kernel [5, 4] is [2, 3, 4], and with `'tn'`
   * both are folded and summed over: x [2, 3, 5] and dy [2, 3, 4] give [5, 4].
   */
  matMul(a: T, b: T, transposition: Transposition = 'nn'): T {
    for (const { shape } of [a, b])
      if (shape.length < 2) throw mismatch('matMul', 'at least two axes', showShape(shape))
    const last = a.shape.length - 1
    if (transposition === 'nn') return this.contract(a, b, { batch: [], sum: [[last, 0]] })
    if (transposition === 'nt') return this.contract(a, b, { batch: [], sum: [[last, b.shape.length - 1]] })
    return this.contract(a, b, {
      batch: [],
      sum: a.shape.slice(0, -1).map((_, axis) => [axis, axis] as const),
    })
  }

  /** x · kernel + bias, with the bias [units] added to each row. */
  affine(x: T, kernel: T, bias: T): T {
    return this.add(this.matMul(x, kernel), bias)
  }

  // --- along axes: all of them where none are named -------------------------------------------------------------

  sum(x: T, axes = all(x)): T {
    return this.arithmetic.apply('reduce', [x], { fold: 'sum', axes })
  }
  max(x: T, axes = all(x)): T {
    return this.arithmetic.apply('reduce', [x], { fold: 'max', axes })
  }
  min(x: T, axes = all(x)): T {
    return this.arithmetic.apply('reduce', [x], { fold: 'min', axes })
  }
  mean(x: T, axes = all(x)): T {
    return this.div(
      this.sum(x, axes),
      axes.reduce((count, axis) => count * (x.shape[axis] as number), 1),
    )
  }

  /** Folds the entries of each window into one number. */
  reduceWindows(x: T, fold: Fold, windows: Windows): T {
    return this.arithmetic.apply('reduceWindows', [x], { fold, ...windows })
  }

  /** The sums of all entries up to each one, along an axis. */
  cumulativeSum(x: T, axis = x.shape.length - 1): T {
    return this.arithmetic.apply('cumulativeSum', [x], { axis })
  }

  /** Puts axes of length 1 where axes were folded, so that the result fits what it was made of. */
  keepAxes(x: T, shape: Shape, axes: readonly number[]): T {
    return this.reshape(
      x,
      shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    )
  }

  /** The reverse of broadcasting: sums over the axes along which `shape` was repeated to become `x.shape`. */
  sumTo(x: T, shape: Shape): T {
    const missing = x.shape.length - shape.length
    const axes = x.shape.flatMap((length, axis) =>
      axis < missing || shape[axis - missing] !== length ? [axis] : [],
    )
    return this.reshape(axes.length === 0 ? x : this.sum(x, axes), shape)
  }

  /** The places of the entries along the last axis, from the smallest to the largest; equal ones stay in order. */
  argSort(x: T): T {
    return this.arithmetic.apply('argSort', [x], {})
  }

  /** The entries along the last axis, from the smallest to the largest; NaN comes last. */
  sort(x: T): T {
    const last = x.shape.length - 1
    return this.gather(x, this.argSort(x), last, last)
  }

  /** The place of the largest entry along the last axis, which stays with length 1; the first of equals, and ∞ where there is NaN. */
  argMaxLastAxis(x: T): T {
    const places = this.iota(x.shape.at(-1) ?? 0)
    return this.lastAxis(
      'min',
      this.where(this.equal(x, this.lastAxis('max', x)), places, Number.POSITIVE_INFINITY),
    )
  }

  /** The sum along the last axis, which stays with length 1. */
  sumLastAxis(x: T): T {
    return this.lastAxis('sum', x)
  }

  /** e^x / Σ e^x along the last axis, from x - max x, so that it is finite for every x. */
  softmax(x: T): T {
    const e = this.exp(this.sub(x, this.lastAxis('max', x)))
    return this.mul(e, this.div(1, this.sumLastAxis(e)))
  }

  /** x - ln Σ e^x along the last axis. */
  logSoftmax(x: T): T {
    const shifted = this.sub(x, this.lastAxis('max', x))
    return this.sub(shifted, this.log(this.sumLastAxis(this.exp(shifted))))
  }

  /** A fold along the last axis, which stays with length 1. */
  private lastAxis(fold: Fold, x: T): T {
    const axes = [x.shape.length - 1]
    return this.keepAxes(this.arithmetic.apply('reduce', [x], { fold, axes }), x.shape, axes)
  }
}

const mismatch = (place: string, expected: string, got: string) =>
  new GradstreamError('SHAPE_MISMATCH', { place, expected, got })

const all = ({ shape }: Shaped): readonly number[] => shape.map((_, axis) => axis)

/** Whether windows lie side by side. */
export const isApart = ({ sizes, strides, dilations }: Windows): boolean =>
  sizes.every((size, i) => size === strides[i] && dilations[i] === 1)

/** Windows that do not overlap, in their places: the axis of windows, and behind it that along a window, are one axis. */
function sideBySide<T extends Shaped>(
  k: Functions<T>,
  x: T,
  { axes, lengths, sizes }: Options['overlapAdd'],
): T {
  const rank = x.shape.length - axes.length
  const order = Array.from({ length: rank }, (_, axis) => {
    const at = axes.indexOf(axis)
    return at < 0 ? [axis] : [axis, rank + at]
  })
  const whole = x.shape.slice(0, rank).map((length, axis) => length * (sizes[axes.indexOf(axis)] ?? 1))
  const placed = k.reshape(k.permute(x, order.flat()), whole)
  const rest = whole.map((length, axis) => (lengths[axes.indexOf(axis)] ?? length) - length)
  return k.pad(
    placed,
    rest.map(() => 0),
    rest,
  )
}
