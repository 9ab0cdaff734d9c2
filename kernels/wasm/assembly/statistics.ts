/** What a tensor is like, in one pass. */
import { all, firstLanes, largestLane, together, upper, VECTOR } from './vector'

/**
 * out = float64: how many numbers are finite, their mean, the sum of the squares of their distances from it, the sum of
 * their own squares, the smallest, the largest (infinite where none is finite), and how many are zero.
 *
 * Distances are taken from the first finite number, and moved to the mean in the end: in float64 that keeps the digits of
 * numbers that lie close together.
 */
export function statistics(out: usize, x: usize, n: i32): void {
  const infinity = all(f32.POSITIVE_INFINITY)
  const one = all(1)
  const origin = all(firstFinite(x, n))
  const origin64 = f64x2.promote_low_f32x4(origin)
  let finite: i64 = 0
  let zeros: i64 = 0
  let distances = f64x2.splat(0)
  let deviations = distances
  let squares = distances
  let negatedLeast = all(-f32.POSITIVE_INFINITY)
  let most = negatedLeast
  while (n > 0) {
    // Lanes are counted in float32, which is exact up to 2^24 a lane.
    const block = min(n, 1 << 24)
    let finiteLanes = all(0)
    let zeroLanes = all(0)
    for (let left = block; left > 0; left -= 4, x += VECTOR) {
      const loaded = v128.load(x)
      let mask = f32x4.lt(f32x4.abs(loaded), infinity)
      if (left < 4) mask = v128.and(mask, firstLanes(left))
      const v = v128.and(loaded, mask)
      finiteLanes = f32x4.add(finiteLanes, v128.and(one, mask))
      zeroLanes = f32x4.add(zeroLanes, v128.and(v128.and(one, mask), f32x4.eq(loaded, all(0))))
      squares = plusSquares(squares, f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(upper(v)))
      // What does not count lies at the origin.
      const placed = v128.bitselect(loaded, origin, mask)
      const low = f64x2.sub(f64x2.promote_low_f32x4(placed), origin64)
      const high = f64x2.sub(f64x2.promote_low_f32x4(upper(placed)), origin64)
      distances = f64x2.add(distances, f64x2.add(low, high))
      deviations = plusSquares(deviations, low, high)
      most = f32x4.max(most, v128.bitselect(v, all(-f32.POSITIVE_INFINITY), mask))
      negatedLeast = f32x4.max(negatedLeast, v128.bitselect(f32x4.neg(v), all(-f32.POSITIVE_INFINITY), mask))
    }
    finite += counted(finiteLanes)
    zeros += counted(zeroLanes)
    n -= block
  }
  const count = <f64>finite
  const distance = together(distances)
  store<f64>(out, count)
  store<f64>(out + 8, <f64>f32x4.extract_lane(origin, 0) + distance / count)
  store<f64>(out + 16, together(deviations) - (distance * distance) / count)
  store<f64>(out + 24, together(squares))
  store<f64>(out + 32, -(<f64>largestLane(negatedLeast)))
  store<f64>(out + 40, <f64>largestLane(most))
  store<f64>(out + 48, <f64>zeros)
}

function firstFinite(x: usize, n: i32): f32 {
  for (; n > 0; n--, x += 4) {
    const value = load<f32>(x)
    if (isFinite<f32>(value)) return value
  }
  return 0
}

// @ts-ignore: decorator
@inline
function plusSquares(sums: v128, low: v128, high: v128): v128 {
  return f64x2.add(sums, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)))
}

// @ts-ignore: decorator
@inline
function counted(lanes: v128): i64 {
  return (
    <i64>f32x4.extract_lane(lanes, 0) +
    <i64>f32x4.extract_lane(lanes, 1) +
    <i64>f32x4.extract_lane(lanes, 2) +
    <i64>f32x4.extract_lane(lanes, 3)
  )
}
