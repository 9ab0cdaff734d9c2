/**
 * Updates of parameters, each in one pass over value, gradient and slots. What is written is looked at on the way: where a
 * number is NaN or infinite, the word at `flag` is set.
 */
import { raise, seen } from './finite'
import { all, mulAdd, storeFirst, VECTOR } from './vector'

/** The gradient with weight decay: g + λ value. */
// @ts-ignore: decorator
@inline
function decayed(gradient: usize, w: v128, weightDecay: f32): v128 {
  const g = v128.load(gradient)
  return weightDecay != 0 ? mulAdd(w, all(weightDecay), g) : g
}

/** value := value - α g */
export function sgd(
  next: usize, value: usize, gradient: usize, n: i32, learningRate: f32, weightDecay: f32, flag: usize,
): void {
  const step = all(-learningRate)
  let odd = i32x4.splat(0)
  for (; n > 0; n -= 4, next += VECTOR, value += VECTOR, gradient += VECTOR) {
    const w = v128.load(value)
    const y = mulAdd(decayed(gradient, w, weightDecay), step, w)
    odd = seen(odd, y, n)
    storeFirst(next, y, n)
  }
  raise(flag, odd)
}

/** v := μ v + g, and value := value - α v, or with Nesterov's momentum value - α (g + μ v). */
export function sgdMomentum(
  next: usize, nextVelocity: usize, value: usize, gradient: usize, velocity: usize, n: i32,
  learningRate: f32, momentum: f32, nesterov: i32, weightDecay: f32, flag: usize,
): void {
  const step = all(-learningRate)
  const kept = all(momentum)
  let odd = i32x4.splat(0)
  for (; n > 0; n -= 4) {
    const w = v128.load(value)
    const g = decayed(gradient, w, weightDecay)
    const v = mulAdd(v128.load(velocity), kept, g)
    const y = mulAdd(nesterov ? mulAdd(v, kept, g) : v, step, w)
    odd = seen(seen(odd, v, n), y, n)
    storeFirst(nextVelocity, v, n)
    storeFirst(next, y, n)
    next += VECTOR
    nextVelocity += VECTOR
    value += VECTOR
    gradient += VECTOR
    velocity += VECTOR
  }
  raise(flag, odd)
}
