/** Sums and what is alike. Sums are taken in float64, four lanes side by side. */
import { all, largestLane, loadFirst, plusLanes, storeFirst, together, upper, VECTOR } from './vector'

/** The sum of n numbers. */
export function sum(x: usize, n: i32): f64 {
  let low = f64x2.splat(0)
  let high = low
  for (; n >= 4; n -= 4, x += VECTOR) {
    const v = v128.load(x)
    low = f64x2.add(low, f64x2.promote_low_f32x4(v))
    high = f64x2.add(high, f64x2.promote_low_f32x4(upper(v)))
  }
  const both = f64x2.add(low, high)
  return together(n > 0 ? plusLanes(both, loadFirst(x, n, all(0))) : both)
}

/** y [outer, inner] = the sums of x [outer, length, inner] along its middle axis. */
export function sumAxis(y: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  if (inner == 1) {
    for (let i = 0; i < outer; i++, y += 4, x += (<usize>length) << 2) store<f32>(y, <f32>sum(x, length))
    return
  }
  const width = (<usize>inner) << 2
  for (let i = 0; i < outer; i++, y += width, x += width * length) {
    // A cache line of columns at a time, and what is left.
    let j: usize = 0
    for (; j + 64 <= width; j += 64) sumColumns16(y + j, x + j, length, width)
    for (let left = inner & 15; left > 0; j += VECTOR, left -= 4) sumColumns4(y + j, x + j, length, width, left)
  }
}

/** Of up to four columns. */
function sumColumns4(y: usize, x: usize, length: i32, stride: usize, columns: i32): void {
  let low = f64x2.splat(0)
  let high = low
  for (let i = 0; i < length; i++, x += stride) {
    const v = v128.load(x)
    low = f64x2.add(low, f64x2.promote_low_f32x4(v))
    high = f64x2.add(high, f64x2.promote_low_f32x4(upper(v)))
  }
  storeFirst(y, demoted(low, high), columns)
}

function sumColumns16(y: usize, x: usize, length: i32, stride: usize): void {
  let a = f64x2.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a
  for (let i = 0; i < length; i++, x += stride) {
    a = f64x2.add(a, promoted(x, 0))
    b = f64x2.add(b, promoted(x, 8))
    c = f64x2.add(c, promoted(x, 16))
    d = f64x2.add(d, promoted(x, 24))
    e = f64x2.add(e, promoted(x, 32))
    f = f64x2.add(f, promoted(x, 40))
    g = f64x2.add(g, promoted(x, 48))
    h = f64x2.add(h, promoted(x, 56))
  }
  v128.store(y, demoted(a, b))
  v128.store(y + 16, demoted(c, d))
  v128.store(y + 32, demoted(e, f))
  v128.store(y + 48, demoted(g, h))
}

/** Two numbers as float64. */
// @ts-ignore: decorator
@inline
function promoted(x: usize, offset: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(x + offset))
}

// @ts-ignore: decorator
@inline
function demoted(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

/** totals[index] += weight · the sum of x, in float64. */
export function tally(totals: usize, index: i32, x: usize, n: i32, weight: f64): void {
  const place = totals + ((<usize>index) << 3)
  store<f64>(place, load<f64>(place) + weight * sum(x, n))
}

/**
 * Adds n numbers to moments: from totals[index] on, how many numbers there are, their mean, and the sum of the squares of
 * their distances from it. Batches are joined after Chan, Golub and LeVeque, "Algorithms for computing the sample variance"
 * (1983), so that numbers that lie close together keep their digits, however large they are.
 */
export function tallyMoments(totals: usize, index: i32, x: usize, n: i32): void {
  if (n == 0) return
  const place = totals + ((<usize>index) << 3)
  const own = <f64>n
  const mean = sum(x, n) / own
  const before = load<f64>(place)
  const count = before + own
  const apart = mean - load<f64>(place, 8)
  store<f64>(place, count)
  store<f64>(place, load<f64>(place, 8) + (apart * own) / count, 8)
  store<f64>(place, load<f64>(place, 16) + squaresAround(mean, x, n) + apart * apart * ((before * own) / count), 16)
}

/** The sum of the squares of n numbers' distances from their mean. */
function squaresAround(mean: f64, x: usize, n: i32): f64 {
  const middle = f64x2.splat(mean)
  let low = f64x2.splat(0)
  let high = low
  for (; n >= 4; n -= 4, x += VECTOR) {
    const v = v128.load(x)
    const left = f64x2.sub(f64x2.promote_low_f32x4(v), middle)
    const right = f64x2.sub(f64x2.promote_low_f32x4(upper(v)), middle)
    low = f64x2.add(low, f64x2.mul(left, left))
    high = f64x2.add(high, f64x2.mul(right, right))
  }
  let squares = together(f64x2.add(low, high))
  for (; n > 0; n--, x += 4) {
    const distance = <f64>load<f32>(x) - mean
    squares += distance * distance
  }
  return squares
}

/** y = the place of the largest number of each row; the first of equals. */
export function argMaxRows(y: usize, x: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++, y += 4, x += (<usize>columns) << 2) {
    let best = 0
    let largest = load<f32>(x)
    for (let j = 1; j < columns; j++) {
      const value = load<f32>(x + ((<usize>j) << 2))
      if (value > largest) {
        largest = value
        best = j
      }
    }
    store<f32>(y, <f32>best)
  }
}

/** The largest number of a row; NaN if it has one. */
// @ts-ignore: decorator
@inline
export function largest(x: usize, n: i32): f32 {
  let top = all(-f32.POSITIVE_INFINITY)
  for (; n >= 4; n -= 4, x += VECTOR) top = f32x4.max(top, v128.load(x))
  if (n > 0) top = f32x4.max(top, loadFirst(x, n, all(-f32.POSITIVE_INFINITY)))
  return largestLane(top)
}
