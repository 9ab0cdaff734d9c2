/** Entry by entry: each operation is a class with its formula, and three loops that are compiled anew for each. */
import * as f from './functions'
import { all, mulAdd, storeFirst, VECTOR } from './vector'

// --- y = f(x), with a number p that some formulas have ----------------------------------------------------------

// @ts-ignore: decorator
@inline
function map<F>(y: usize, x: usize, n: i32, p: f32 = 0): void {
  const formula = changetype<F>(0)
  const parameter = all(p)
  for (; n >= 4; n -= 4, x += VECTOR, y += VECTOR) {
    // @ts-ignore: F has apply
    v128.store(y, formula.apply(v128.load(x), parameter))
  }
  // @ts-ignore: F has apply
  if (n > 0) storeFirst(y, formula.apply(v128.load(x), parameter), n)
}

@unmanaged class Scale { @inline apply(x: v128, p: v128): v128 { return f32x4.mul(x, p) } }
@unmanaged class AddScalar { @inline apply(x: v128, p: v128): v128 { return f32x4.add(x, p) } }
@unmanaged class OneMinus { @inline apply(x: v128, p: v128): v128 { return f32x4.sub(all(1), x) } }
@unmanaged class Maximum { @inline apply(x: v128, p: v128): v128 { return f32x4.max(x, p) } }
@unmanaged class Greater { @inline apply(x: v128, p: v128): v128 { return v128.and(f32x4.gt(x, p), all(1)) } }
@unmanaged class Abs { @inline apply(x: v128, p: v128): v128 { return f32x4.abs(x) } }
@unmanaged class Square { @inline apply(x: v128, p: v128): v128 { return f32x4.mul(x, x) } }
@unmanaged class Sqrt { @inline apply(x: v128, p: v128): v128 { return f32x4.sqrt(x) } }
@unmanaged class Exp { @inline apply(x: v128, p: v128): v128 { return f.exp(x) } }
@unmanaged class Expm1 { @inline apply(x: v128, p: v128): v128 { return f.expm1(x) } }
@unmanaged class Log { @inline apply(x: v128, p: v128): v128 { return f.log(x) } }
@unmanaged class Relu { @inline apply(x: v128, p: v128): v128 { return f32x4.max(x, all(0)) } }
@unmanaged class Tanh { @inline apply(x: v128, p: v128): v128 { return f.tanh(x) } }
@unmanaged class Sigmoid { @inline apply(x: v128, p: v128): v128 { return f.sigmoid(x) } }
@unmanaged class Softplus { @inline apply(x: v128, p: v128): v128 { return f.softplus(x) } }

export function scale(y: usize, x: usize, n: i32, factor: f32): void { map<Scale>(y, x, n, factor) }
export function addScalar(y: usize, x: usize, n: i32, value: f32): void { map<AddScalar>(y, x, n, value) }
export function oneMinus(y: usize, x: usize, n: i32): void { map<OneMinus>(y, x, n) }
export function maximum(y: usize, x: usize, n: i32, value: f32): void { map<Maximum>(y, x, n, value) }
export function greater(y: usize, x: usize, n: i32, value: f32): void { map<Greater>(y, x, n, value) }
export function abs(y: usize, x: usize, n: i32): void { map<Abs>(y, x, n) }
export function square(y: usize, x: usize, n: i32): void { map<Square>(y, x, n) }
export function sqrt(y: usize, x: usize, n: i32): void { map<Sqrt>(y, x, n) }
export function exp(y: usize, x: usize, n: i32): void { map<Exp>(y, x, n) }
export function expm1(y: usize, x: usize, n: i32): void { map<Expm1>(y, x, n) }
export function log(y: usize, x: usize, n: i32): void { map<Log>(y, x, n) }
export function relu(y: usize, x: usize, n: i32): void { map<Relu>(y, x, n) }
export function tanh(y: usize, x: usize, n: i32): void { map<Tanh>(y, x, n) }
export function sigmoid(y: usize, x: usize, n: i32): void { map<Sigmoid>(y, x, n) }
export function softplus(y: usize, x: usize, n: i32): void { map<Softplus>(y, x, n) }

// --- y = f(a, b), row by row --------------------------------------------------------------------------------------

/**
 * A row of y from a row of a and one of b. Rows begin `aStride` and `bStride` bytes apart, 0 for a row that is
 * repeated; an operand whose bit is set in `single` has one number a row.
 */
// @ts-ignore: decorator
@inline
function zip<F>(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32, p: f32 = 0): void {
  const formula = changetype<F>(0)
  const parameter = all(p)
  const width = (<usize>columns) << 2
  const whole = width & ~15
  const rest = columns & 3
  for (let row = 0; row < rows; row++) {
    if (single == 0) {
      for (let j: usize = 0; j < whole; j += VECTOR) {
        // @ts-ignore: F has apply
        v128.store(y + j, formula.apply(v128.load(a + j), v128.load(b + j), parameter))
      }
      // @ts-ignore: F has apply
      if (rest) storeFirst(y + whole, formula.apply(v128.load(a + whole), v128.load(b + whole), parameter), rest)
    } else if (single == 1) {
      const left = v128.load32_splat(a)
      for (let j: usize = 0; j < whole; j += VECTOR) {
        // @ts-ignore: F has apply
        v128.store(y + j, formula.apply(left, v128.load(b + j), parameter))
      }
      // @ts-ignore: F has apply
      if (rest) storeFirst(y + whole, formula.apply(left, v128.load(b + whole), parameter), rest)
    } else {
      const right = v128.load32_splat(b)
      for (let j: usize = 0; j < whole; j += VECTOR) {
        // @ts-ignore: F has apply
        v128.store(y + j, formula.apply(v128.load(a + j), right, parameter))
      }
      // @ts-ignore: F has apply
      if (rest) storeFirst(y + whole, formula.apply(v128.load(a + whole), right, parameter), rest)
    }
    y += width
    a += aStride
    b += bStride
  }
}

@unmanaged class Add { @inline apply(a: v128, b: v128, p: v128): v128 { return f32x4.add(a, b) } }
@unmanaged class Sub { @inline apply(a: v128, b: v128, p: v128): v128 { return f32x4.sub(a, b) } }
@unmanaged class Mul { @inline apply(a: v128, b: v128, p: v128): v128 { return f32x4.mul(a, b) } }
@unmanaged class Div { @inline apply(a: v128, b: v128, p: v128): v128 { return f32x4.div(a, b) } }
@unmanaged class Equal { @inline apply(a: v128, b: v128, p: v128): v128 { return v128.and(f32x4.eq(a, b), all(1)) } }
@unmanaged class AddScaled { @inline apply(a: v128, b: v128, p: v128): v128 { return mulAdd(b, p, a) } }
/** dy y (1 - y) */
@unmanaged class SigmoidGradient { @inline apply(dy: v128, y: v128, p: v128): v128 { return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(all(1), y))) } }
/** dy (1 - y²) */
@unmanaged class TanhGradient { @inline apply(dy: v128, y: v128, p: v128): v128 { return f32x4.mul(dy, f32x4.sub(all(1), f32x4.mul(y, y))) } }
/** dy sigmoid(x) */
@unmanaged class SoftplusGradient { @inline apply(dy: v128, x: v128, p: v128): v128 { return f32x4.mul(dy, f.sigmoid(x)) } }

export function add(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32): void { zip<Add>(y, a, b, rows, columns, aStride, bStride, single) }
export function sub(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32): void { zip<Sub>(y, a, b, rows, columns, aStride, bStride, single) }
export function mul(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32): void { zip<Mul>(y, a, b, rows, columns, aStride, bStride, single) }
export function div(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32): void { zip<Div>(y, a, b, rows, columns, aStride, bStride, single) }
export function equal(y: usize, a: usize, b: usize, rows: i32, columns: i32, aStride: usize, bStride: usize, single: i32): void { zip<Equal>(y, a, b, rows, columns, aStride, bStride, single) }
export function addScaled(y: usize, a: usize, b: usize, n: i32, factor: f32): void { zip<AddScaled>(y, a, b, 1, n, 0, 0, 0, factor) }
export function sigmoidGradient(dx: usize, dy: usize, y: usize, n: i32): void { zip<SigmoidGradient>(dx, dy, y, 1, n, 0, 0, 0) }
export function tanhGradient(dx: usize, dy: usize, y: usize, n: i32): void { zip<TanhGradient>(dx, dy, y, 1, n, 0, 0, 0) }
export function softplusGradient(dx: usize, dy: usize, x: usize, n: i32): void { zip<SoftplusGradient>(dx, dy, x, 1, n, 0, 0, 0) }

// --- of three -------------------------------------------------------------------------------------------------------

/** a where x > 0, else b; a null pointer stands for a number. */
export function wherePositive(y: usize, x: usize, a: usize, b: usize, n: i32, aNumber: f32, bNumber: f32): void {
  const whole = (<usize>(n & ~3)) << 2
  const rest = n & 3
  const left = all(aNumber)
  const right = all(bNumber)
  if (a && !b) {
    // As in the gradient of relu.
    for (let i: usize = 0; i < whole; i += VECTOR) v128.store(y + i, chosen(x + i, v128.load(a + i), right))
    if (rest) storeFirst(y + whole, chosen(x + whole, v128.load(a + whole), right), rest)
    return
  }
  for (let i: usize = 0; i < whole; i += VECTOR) {
    v128.store(y + i, chosen(x + i, a ? v128.load(a + i) : left, b ? v128.load(b + i) : right))
  }
  if (rest) {
    const last = chosen(x + whole, a ? v128.load(a + whole) : left, b ? v128.load(b + whole) : right)
    storeFirst(y + whole, last, rest)
  }
}

// @ts-ignore: decorator
@inline
function chosen(x: usize, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, f32x4.gt(v128.load(x), all(0)))
}

// --- bias and activation, in place ----------------------------------------------------------------------------------

@unmanaged class Identity { @inline apply(x: v128, p: v128): v128 { return x } }

/** y := f(y + bias), with the bias added to each row. */
// @ts-ignore: decorator
@inline
function finish<F>(y: usize, bias: usize, rows: i32, columns: i32): void {
  const formula = changetype<F>(0)
  if (columns == 1) {
    // One long row with the same bias everywhere.
    const same = v128.load32_splat(bias)
    for (; rows >= 4; rows -= 4, y += VECTOR) {
      // @ts-ignore: F has apply
      v128.store(y, formula.apply(f32x4.add(v128.load(y), same), same))
    }
    // @ts-ignore: F has apply
    if (rows > 0) storeFirst(y, formula.apply(f32x4.add(v128.load(y), same), same), rows)
    return
  }
  const width = (<usize>columns) << 2
  const whole = width & ~15
  const rest = columns & 3
  for (let row = 0; row < rows; row++, y += width) {
    for (let j: usize = 0; j < whole; j += VECTOR) {
      // @ts-ignore: F has apply
      v128.store(y + j, formula.apply(f32x4.add(v128.load(y + j), v128.load(bias + j)), all(0)))
    }
    if (rest) {
      // @ts-ignore: F has apply
      storeFirst(y + whole, formula.apply(f32x4.add(v128.load(y + whole), v128.load(bias + whole)), all(0)), rest)
    }
  }
}

/** The activation is 0: none, 1: relu, 2: sigmoid, 3: tanh. */
export function addBias(y: usize, bias: usize, rows: i32, columns: i32, activation: i32): void {
  if (activation == 0) finish<Identity>(y, bias, rows, columns)
  else if (activation == 1) finish<Relu>(y, bias, rows, columns)
  else if (activation == 2) finish<Sigmoid>(y, bias, rows, columns)
  else finish<Tanh>(y, bias, rows, columns)
}

export function fill(y: usize, n: i32, value: f32): void {
  const v = all(value)
  for (; n >= 4; n -= 4, y += VECTOR) v128.store(y, v)
  if (n > 0) storeFirst(y, v, n)
}

/** Writes a pointer into a list of them. */
export function note(list: usize, index: i32, pointer: usize): void {
  store<u32>(list + ((<usize>index) << 2), <u32>pointer)
}

/** y = the sum of several tensors, whose addresses stand at `list`. */
export function addAll(y: usize, list: usize, count: i32, n: i32): void {
  const whole = (<usize>(n & ~3)) << 2
  for (let i: usize = 0; i < whole; i += VECTOR) v128.store(y + i, sumAt(list, count, i))
  if (n & 3) storeFirst(y + whole, sumAt(list, count, whole), n & 3)
}

/** The sum of the vectors that lie `offset` bytes behind each address of a list. */
// @ts-ignore: decorator
@inline
function sumAt(list: usize, count: i32, offset: usize): v128 {
  let sum = v128.load((<usize>load<u32>(list)) + offset)
  for (let k = 1; k < count; k++) sum = f32x4.add(sum, v128.load((<usize>load<u32>(list + ((<usize>k) << 2))) + offset))
  return sum
}
