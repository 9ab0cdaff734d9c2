/** What nodes are written with: functions over the primitive operations, each as its formula. */
import type { Arithmetic, Shaped } from './arithmetic.ts'
import type { Transposition } from './kernels.ts'
import type { Contraction } from './primitives.ts'
import { type Shape, sameShape } from './shape.ts'

/** Above this, e^x / (1 + e^x) is 1 in float32, and e^x still finite. */
const LARGE = 88

export class Functions<T extends Shaped> {
  private readonly arithmetic: Arithmetic<T>

  constructor(arithmetic: Arithmetic<T>) {
    this.arithmetic = arithmetic
  }

  // --- entry by entry -----------------------------------------------------------------------------------------

  add = (a: T | number, b: T | number): T => this.arithmetic.entry('add', a, b)
  sub = (a: T | number, b: T | number): T => this.arithmetic.entry('sub', a, b)
  mul = (a: T | number, b: T | number): T => this.arithmetic.entry('mul', a, b)
  div = (a: T | number, b: T | number): T => this.arithmetic.entry('div', a, b)
  maximum = (a: T | number, b: T | number): T => this.arithmetic.entry('max', a, b)
  minimum = (a: T | number, b: T | number): T => this.arithmetic.entry('min', a, b)
  /** 1 where a < b, else 0. */
  less = (a: T | number, b: T | number): T => this.arithmetic.entry('less', a, b)
  /** 1 where a = b, else 0. */
  equal = (a: T | number, b: T | number): T => this.arithmetic.entry('equal', a, b)
  /** `a` where the condition is not 0, else `b`. */
  where = (condition: T, a: T | number, b: T | number): T => this.arithmetic.entry('where', condition, a, b)
  neg = (x: T): T => this.arithmetic.entry('neg', x)
  abs = (x: T): T => this.arithmetic.entry('abs', x)
  floor = (x: T): T => this.arithmetic.entry('floor', x)
  sqrt = (x: T): T => this.arithmetic.entry('sqrt', x)
  exp = (x: T): T => this.arithmetic.entry('exp', x)
  /** e^x - 1, exact near 0. */
  expm1 = (x: T): T => this.arithmetic.entry('expm1', x)
  log = (x: T): T => this.arithmetic.entry('log', x)
  /** ln (1 + x), exact near 0. */
  log1p = (x: T): T => this.arithmetic.entry('log1p', x)
  tanh = (x: T): T => this.arithmetic.entry('tanh', x)
  erf = (x: T): T => this.arithmetic.entry('erf', x)

  square = (x: T): T => this.mul(x, x)
  oneMinus = (x: T): T => this.sub(1, x)
  relu = (x: T): T => this.maximum(x, 0)

  /** 1 / (1 + e^-x) as e^x / (1 + e^x), which keeps all digits where x is negative. */
  sigmoid = (x: T): T => {
    const e = this.exp(this.minimum(x, LARGE))
    return this.div(e, this.add(e, 1))
  }

  /** ln (1 + e^x) as max(x, 0) + ln (1 + e^-|x|), finite for every x. */
  softplus = (x: T): T => this.add(this.maximum(x, 0), this.log1p(this.exp(this.neg(this.abs(x)))))

  // --- views --------------------------------------------------------------------------------------------------

  reshape = (x: T, shape: Shape): T =>
    sameShape(x.shape, shape) ? x : this.arithmetic.apply('reshape', x, { shape })
  permute = (x: T, axes: readonly number[]): T => this.arithmetic.apply('permute', x, { axes })
  expand = (x: T, shape: Shape): T =>
    sameShape(x.shape, shape) ? x : this.arithmetic.apply('expand', x, { shape })
  flip = (x: T, axes: readonly number[]): T => this.arithmetic.apply('flip', x, { axes })
  pad = (x: T, before: readonly number[], after: readonly number[]): T =>
    this.arithmetic.apply('pad', x, { before, after })

  /** The entries `start` to `start + length - 1` of one axis. */
  slice = (x: T, axis: number, start: number, length: number): T =>
    this.arithmetic.apply('slice', x, {
      starts: x.shape.map((_, i) => (i === axis ? start : 0)),
      lengths: x.shape.map((whole, i) => (i === axis ? length : whole)),
    })

  // --- products -----------------------------------------------------------------------------------------------

  contract = (a: T, b: T, options: Contraction): T => this.arithmetic.contract(a, b, options)

  /**
   * The matrix product. Leading axes are folded into the rows: x [2, 3, 5] by kernel [5, 4] is [2, 3, 4], and with `'tn'`
   * both are folded and summed over: x [2, 3, 5] and dy [2, 3, 4] give [5, 4].
   */
  matMul = (a: T, b: T, transposition: Transposition = 'nn'): T => {
    const last = a.shape.length - 1
    if (transposition === 'nn') return this.contract(a, b, { batch: [], sum: [[last, 0]] })
    if (transposition === 'nt') return this.contract(a, b, { batch: [], sum: [[last, b.shape.length - 1]] })
    return this.contract(a, b, {
      batch: [],
      sum: a.shape.slice(0, -1).map((_, axis) => [axis, axis] as const),
    })
  }

  // --- along axes: all of them where none are named -------------------------------------------------------------

  sum = (x: T, axes = all(x)): T => this.arithmetic.apply('reduce', x, { fold: 'sum', axes })
  max = (x: T, axes = all(x)): T => this.arithmetic.apply('reduce', x, { fold: 'max', axes })
  min = (x: T, axes = all(x)): T => this.arithmetic.apply('reduce', x, { fold: 'min', axes })
  mean = (x: T, axes = all(x)): T =>
    this.div(
      this.sum(x, axes),
      axes.reduce((count, axis) => count * (x.shape[axis] as number), 1),
    )

  /** Puts axes of length 1 where axes were folded, so that the result fits what it was made of. */
  keepAxes = (x: T, shape: Shape, axes: readonly number[]): T =>
    this.reshape(
      x,
      shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    )

  /** The reverse of broadcasting: sums over the axes along which `shape` was repeated to become `x.shape`. */
  sumTo = (x: T, shape: Shape): T => {
    const missing = x.shape.length - shape.length
    const axes = x.shape.flatMap((length, axis) =>
      axis < missing || shape[axis - missing] !== length ? [axis] : [],
    )
    return axes.length === 0 ? x : this.reshape(this.sum(x, axes), shape)
  }

  /** e^x / Σ e^x along the last axis, from x - max x, so that it is finite for every x. */
  softmax = (x: T): T => {
    const e = this.exp(this.sub(x, this.lastAxis(this.max, x)))
    return this.mul(e, this.div(1, this.lastAxis(this.sum, e)))
  }

  /** x - ln Σ e^x along the last axis. */
  logSoftmax = (x: T): T => {
    const shifted = this.sub(x, this.lastAxis(this.max, x))
    return this.sub(shifted, this.log(this.lastAxis(this.sum, this.exp(shifted))))
  }

  /** A fold along the last axis, which stays with length 1. */
  private lastAxis(fold: (x: T, axes: readonly number[]) => T, x: T): T {
    const axes = [x.shape.length - 1]
    return this.keepAxes(fold(x, axes), x.shape, axes)
  }
}

const all = ({ shape }: Shaped): readonly number[] => shape.map((_, axis) => axis)
