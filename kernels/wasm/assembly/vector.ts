/**
 * Four numbers at a time. A loop may read a whole vector that runs over the end of its operand: there is memory behind
 * each, and the lanes beyond the end are never looked at. It writes nothing beyond the end of its result, where another
 * tensor may begin: the last vector is stored in part.
 */

/** Bytes of a float32, and of a vector of four. */
export const NUMBER: usize = 4
export const VECTOR: usize = 16

// @ts-ignore: decorator
@inline
export function all(x: f32): v128 {
  return f32x4.splat(x)
}

/** a · b + c; rounded once where the processor's fused instruction may be used, else twice. */
// @ts-ignore: decorator
@inline
export function mulAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Ones in the first `count` lanes, as a mask. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count))
}

/** The vector at `x`, with `other` in the lanes from `count` on. */
// @ts-ignore: decorator
@inline
export function loadFirst(x: usize, count: i32, other: v128): v128 {
  const v = v128.load(x)
  return count >= 4 ? v : v128.bitselect(v, other, firstLanes(count))
}

/** Stores the first `count` lanes, and does not touch what lies behind them. */
// @ts-ignore: decorator
@inline
export function storeFirst(y: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(y, v)
  else if (count == 1) v128.store32_lane(y, v, 0)
  else {
    v128.store64_lane(y, v, 0)
    if (count == 3) v128.store32_lane(y, v, 2, 8)
  }
}

/** Two sums in float64, and the four lanes of v added to them. */
// @ts-ignore: decorator
@inline
export function plusLanes(sums: v128, v: v128): v128 {
  return f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(upper(v))))
}

/** Both sums together. */
// @ts-ignore: decorator
@inline
export function together(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}

/** The upper two lanes, brought down. */
// @ts-ignore: decorator
@inline
export function upper(v: v128): v128 {
  return i32x4.shuffle(v, v, 2, 3, 2, 3)
}

// @ts-ignore: decorator
@inline
export function largestLane(v: v128): f32 {
  const pair = f32x4.max(v, upper(v))
  return f32x4.extract_lane(f32x4.max(pair, i32x4.shuffle(pair, pair, 1, 1, 1, 1)), 0)
}
