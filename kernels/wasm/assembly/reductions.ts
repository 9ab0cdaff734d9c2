/** Sums and what is alike. Sums are taken in float64, four lanes side by side. */
import { all, loadFirst, plusLanes, together, upper, VECTOR } from './vector'

/** The sum of n numbers. */
function sum(x: usize, n: i32): f64 {
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

/** totals[index] += weight · the sum of x, in float64. */
export function tally(totals: usize, index: i32, x: usize, n: i32, weight: f64): void {
  const place = totals + ((<usize>index) << 3)
  store<f64>(place, load<f64>(place) + weight * sum(x, n))
}

/** totals[index + j] += the sum of every number with place j in its row of so many columns, in float64. */
export function tallyColumns(totals: usize, index: i32, x: usize, n: i32, columns: i32): void {
  const first = totals + ((<usize>index) << 3)
  const end = x + ((<usize>n) << 2)
  while (x < end) {
    let place = first
    for (let j = 0; j < columns; j++, x += 4, place += 8)
      store<f64>(place, load<f64>(place) + <f64>load<f32>(x))
  }
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

/** Adds n numbers to moments, each as often as its weight says: West, "Updating mean and variance estimates: an improved method" (1979). */
export function tallyWeightedMoments(totals: usize, index: i32, x: usize, weights: usize, n: i32): void {
  const place = totals + ((<usize>index) << 3)
  let count = load<f64>(place)
  let mean = load<f64>(place, 8)
  let squares = load<f64>(place, 16)
  for (const end = x + ((<usize>n) << 2); x < end; x += 4, weights += 4) {
    const weight = <f64>load<f32>(weights)
    if (weight == 0) continue
    const value = <f64>load<f32>(x)
    const distance = value - mean
    count += weight
    mean += (distance * weight) / count
    squares += weight * distance * (value - mean)
  }
  store<f64>(place, count)
  store<f64>(place, mean, 8)
  store<f64>(place, squares, 16)
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
