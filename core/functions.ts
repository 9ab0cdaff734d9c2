/** What nodes are written with: functions over the primitive operations, each as its formula. */
import type { Arithmetic, Shaped } from './arithmetic.ts'
import { GradstreamError } from './errors.ts'
import type { Contraction, Fold } from './primitives.ts'
import { type Shape, sameShape, showShape } from './shape.ts'

/** Above this, e^x / (1 + e^x) is 1 in float32, and e^x still finite. */
const LARGE = 88

/** Which operand of a matrix product is read transposed: `'nt'` is a · bᵀ, `'tn'` is aᵀ · b. */
export type Transposition = 'nn' | 'nt' | 'tn'

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
  tanh(x: T): T {
    return this.arithmetic.entry('tanh', x)
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

  /** 1 / (1 + e^-x) as e^x / (1 + e^x), which keeps all digits where x is negative. */
  sigmoid(x: T): T {
    const e = this.exp(this.minimum(x, LARGE))
    return this.div(e, this.add(e, 1))
  }

  /** ln (1 + e^x) as max(x, 0) + ln (1 + e^-|x|), finite for every x. */
  softplus(x: T): T {
    return this.add(this.maximum(x, 0), this.log1p(this.exp(this.neg(this.abs(x)))))
  }

  // --- views --------------------------------------------------------------------------------------------------

  reshape(x: T, shape: Shape): T {
    return sameShape(x.shape, shape) ? x : this.arithmetic.apply('reshape', x, { shape })
  }
  permute(x: T, axes: readonly number[]): T {
    return this.arithmetic.apply('permute', x, { axes })
  }
  expand(x: T, shape: Shape): T {
    return sameShape(x.shape, shape) ? x : this.arithmetic.apply('expand', x, { shape })
  }
  flip(x: T, axes: readonly number[]): T {
    return this.arithmetic.apply('flip', x, { axes })
  }
  pad(x: T, before: readonly number[], after: readonly number[]): T {
    return this.arithmetic.apply('pad', x, { before, after })
  }

  /** The entries `start` to `start + length - 1` of one axis. */
  slice(x: T, axis: number, start: number, length: number): T {
    if (x.shape[axis] === undefined) throw mismatch('slice', `an axis of ${showShape(x.shape)}`, String(axis))
    return this.arithmetic.apply('slice', x, {
      starts: x.shape.map((_, i) => (i === axis ? start : 0)),
      lengths: x.shape.map((whole, i) => (i === axis ? length : whole)),
    })
  }

  // --- products -----------------------------------------------------------------------------------------------

  contract(a: T, b: T, options: Contraction): T {
    return this.arithmetic.contract(a, b, options)
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
    return this.arithmetic.apply('reduce', x, { fold: 'sum', axes })
  }
  max(x: T, axes = all(x)): T {
    return this.arithmetic.apply('reduce', x, { fold: 'max', axes })
  }
  min(x: T, axes = all(x)): T {
    return this.arithmetic.apply('reduce', x, { fold: 'min', axes })
  }
  mean(x: T, axes = all(x)): T {
    return this.div(
      this.sum(x, axes),
      axes.reduce((count, axis) => count * (x.shape[axis] as number), 1),
    )
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
    return this.keepAxes(this.arithmetic.apply('reduce', x, { fold, axes }), x.shape, axes)
  }
}

const mismatch = (place: string, expected: string, got: string) =>
  new GradstreamError('SHAPE_MISMATCH', { place, expected, got })

const all = ({ shape }: Shaped): readonly number[] => shape.map((_, axis) => axis)
