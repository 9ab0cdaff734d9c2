/** What a tensor is like, in one pass. */
import { all, firstLanes, largestLane, plusLanes, together, VECTOR } from './vector'

/**
 * out = float64: how many numbers are finite, their sum, the sum of their squares, the smallest, the largest (infinite
 * where none is finite), and how many are zero.
 */
export function statistics(out: usize, x: usize, n: i32): void {
  const infinity = all(f32.POSITIVE_INFINITY)
  const one = all(1)
  let finite: i64 = 0
  let zeros: i64 = 0
  let sums = f64x2.splat(0)
  let squares = f64x2.splat(0)
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
      sums = plusLanes(sums, v)
      const low = f64x2.promote_low_f32x4(v)
      const high = f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3))
      squares = f64x2.add(squares, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)))
      most = f32x4.max(most, v128.bitselect(v, all(-f32.POSITIVE_INFINITY), mask))
      negatedLeast = f32x4.max(negatedLeast, v128.bitselect(f32x4.neg(v), all(-f32.POSITIVE_INFINITY), mask))
    }
    finite += counted(finiteLanes)
    zeros += counted(zeroLanes)
    n -= block
  }
  store<f64>(out, <f64>finite)
  store<f64>(out + 8, together(sums))
  store<f64>(out + 16, together(squares))
  store<f64>(out + 24, -(<f64>largestLane(negatedLeast)))
  store<f64>(out + 32, <f64>largestLane(most))
  store<f64>(out + 40, <f64>zeros)
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
