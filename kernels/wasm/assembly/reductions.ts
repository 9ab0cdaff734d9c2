/** Sums and what is alike. Sums are taken in float64, four lanes side by side. */
import { all, firstLanes, largestLane, loadFirst, plusLanes, together, upper, VECTOR } from './vector'

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
    for (; j < width; j += VECTOR) sumColumns4(y + j, x + j, length, width)
  }
}

function sumColumns4(y: usize, x: usize, length: i32, stride: usize): void {
  let low = f64x2.splat(0)
  let high = low
  for (let i = 0; i < length; i++, x += stride) {
    const v = v128.load(x)
    low = f64x2.add(low, f64x2.promote_low_f32x4(v))
    high = f64x2.add(high, f64x2.promote_low_f32x4(upper(v)))
  }
  v128.store(y, demoted(low, high))
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

/** 1 if no number is NaN or infinite: all bits of the exponent are set in those alone. */
export function allFinite(x: usize, n: i32): i32 {
  const exponent = i32x4.splat(0x7f800000)
  let found = i32x4.splat(0)
  for (; n >= 4; n -= 4, x += VECTOR) {
    found = v128.or(found, i32x4.eq(v128.and(v128.load(x), exponent), exponent))
  }
  if (n > 0) found = v128.or(found, i32x4.eq(v128.and(loadFirst(x, n, all(0)), exponent), exponent))
  return v128.any_true(found) ? 0 : 1
}

/** totals[index] += weight · the sum of x, in float64. */
export function tally(totals: usize, index: i32, x: usize, n: i32, weight: f64): void {
  const place = totals + ((<usize>index) << 3)
  store<f64>(place, load<f64>(place) + weight * sum(x, n))
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

/** Zeros behind the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function onlyFirst(v: v128, count: i32): v128 {
  return count >= 4 ? v : v128.and(v, firstLanes(count))
}
