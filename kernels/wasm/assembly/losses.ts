/** Losses and their gradients, each in one pass. `dJ` is the address of the gradient of the loss itself. */
import * as f from './functions'
import { largest, sum } from './reductions'
import { softmaxRow, sumOfExp } from './rows'
import { all, onlyFirst, plusLanes, storeFirst, together, VECTOR } from './vector'

/** Logarithms of probabilities are not taken below this. */
const LOWEST_LOG: f32 = -100
/** Nor is p (1 - p), or p, taken below this where it divides. */
const LOWEST_DIVISOR: f32 = 1e-12

// --- a mean over entries: the class gives the entry and its slope ----------------------------------------------------

/** loss = weight · Σ f(p, t) */
// @ts-ignore: decorator
@inline
function total<F>(loss: usize, p: usize, t: usize, n: i32, weight: f64): void {
  const formula = changetype<F>(0)
  let sums = f64x2.splat(0)
  for (let left = n; left > 0; left -= 4, p += VECTOR, t += VECTOR) {
    // @ts-ignore: F has value
    sums = plusLanes(sums, onlyFirst(formula.value(v128.load(p), v128.load(t)), left))
  }
  store<f32>(loss, <f32>(together(sums) * weight))
}

/** dp = weight · dJ · f'(p, t) */
// @ts-ignore: decorator
@inline
function slopes<F>(dp: usize, dJ: usize, p: usize, t: usize, n: i32, weight: f64): void {
  const formula = changetype<F>(0)
  const factor = all(<f32>(<f64>load<f32>(dJ) * weight))
  for (; n >= 4; n -= 4, dp += VECTOR, p += VECTOR, t += VECTOR) {
    // @ts-ignore: F has slope
    v128.store(dp, f32x4.mul(formula.slope(v128.load(p), v128.load(t)), factor))
  }
  // @ts-ignore: F has slope
  if (n > 0) storeFirst(dp, f32x4.mul(formula.slope(v128.load(p), v128.load(t)), factor), n)
}

/** (p - t)² */
@unmanaged class Squared {
  @inline value(p: v128, t: v128): v128 { const d = f32x4.sub(p, t); return f32x4.mul(d, d) }
  @inline slope(p: v128, t: v128): v128 { const d = f32x4.sub(p, t); return f32x4.add(d, d) }
}

/** -(t ln p + (1 - t) ln (1 - p)) */
@unmanaged class Binary {
  @inline value(p: v128, t: v128): v128 {
    const yes = f32x4.mul(t, f32x4.max(f.log(p), all(LOWEST_LOG)))
    const no = f32x4.mul(f32x4.sub(all(1), t), f32x4.max(f.log(f32x4.sub(all(1), p)), all(LOWEST_LOG)))
    return f32x4.neg(f32x4.add(yes, no))
  }
  @inline slope(p: v128, t: v128): v128 {
    const variance = f32x4.max(f32x4.mul(p, f32x4.sub(all(1), p)), all(LOWEST_DIVISOR))
    return f32x4.div(f32x4.sub(p, t), variance)
  }
}

/** softplus(z) - z t */
@unmanaged class SigmoidBinary {
  @inline value(z: v128, t: v128): v128 { return f32x4.sub(f.softplus(z), f32x4.mul(z, t)) }
  @inline slope(z: v128, t: v128): v128 { return f32x4.sub(f.sigmoid(z), t) }
}

/** -t ln p */
@unmanaged class Categorical {
  @inline value(p: v128, t: v128): v128 { return f32x4.neg(f32x4.mul(t, f32x4.max(f.log(p), all(LOWEST_LOG)))) }
  @inline slope(p: v128, t: v128): v128 { return f32x4.neg(f32x4.div(t, f32x4.max(p, all(LOWEST_DIVISOR)))) }
}

export function squaredError(loss: usize, p: usize, t: usize, n: i32, weight: f64): void { total<Squared>(loss, p, t, n, weight) }
export function squaredErrorGradient(dp: usize, dJ: usize, p: usize, t: usize, n: i32, weight: f64): void { slopes<Squared>(dp, dJ, p, t, n, weight) }
export function binaryCrossentropy(loss: usize, p: usize, t: usize, n: i32, weight: f64): void { total<Binary>(loss, p, t, n, weight) }
export function binaryCrossentropyGradient(dp: usize, dJ: usize, p: usize, t: usize, n: i32, weight: f64): void { slopes<Binary>(dp, dJ, p, t, n, weight) }
export function sigmoidCrossentropy(loss: usize, z: usize, t: usize, n: i32, weight: f64): void { total<SigmoidBinary>(loss, z, t, n, weight) }
export function sigmoidCrossentropyGradient(dz: usize, dJ: usize, z: usize, t: usize, n: i32, weight: f64): void { slopes<SigmoidBinary>(dz, dJ, z, t, n, weight) }
export function categoricalCrossentropy(loss: usize, p: usize, t: usize, n: i32, weight: f64): void { total<Categorical>(loss, p, t, n, weight) }
export function categoricalCrossentropyGradient(dp: usize, dJ: usize, p: usize, t: usize, n: i32, weight: f64): void { slopes<Categorical>(dp, dJ, p, t, n, weight) }

// --- softmax and cross-entropy, row by row ----------------------------------------------------------------------------

/** loss = -weight · Σ tᵢ (zᵢ - top - ln Σ e^(zⱼ - top)) */
export function softmaxCrossentropy(loss: usize, z: usize, t: usize, rows: i32, columns: i32, weight: f64): void {
  const width = (<usize>columns) << 2
  let entropy = f64x2.splat(0)
  for (let i = 0; i < rows; i++, z += width, t += width) {
    const top = largest(z, columns)
    const logSum = all(<f32>Math.log(sumOfExp(z, columns, top)))
    for (let j: usize = 0, left = columns; left > 0; j += VECTOR, left -= 4) {
      const log = f32x4.sub(f32x4.sub(v128.load(z + j), all(top)), logSum)
      entropy = plusLanes(entropy, onlyFirst(f32x4.mul(v128.load(t + j), log), left))
    }
  }
  store<f32>(loss, <f32>(-together(entropy) * weight))
}

/** dz = weight · dJ · (softmax(z) Σ t - t) */
export function softmaxCrossentropyGradient(dz: usize, dJ: usize, z: usize, t: usize, rows: i32, columns: i32, weight: f64): void {
  const width = (<usize>columns) << 2
  const factor = all(<f32>(<f64>load<f32>(dJ) * weight))
  for (let i = 0; i < rows; i++, dz += width, z += width, t += width) {
    softmaxRow(dz, z, columns)
    const mass = all(<f32>sum(t, columns))
    for (let j: usize = 0, left = columns; left > 0; j += VECTOR, left -= 4) {
      const slope = f32x4.sub(f32x4.mul(v128.load(dz + j), mass), v128.load(t + j))
      storeFirst(dz + j, f32x4.mul(slope, factor), left)
    }
  }
}
