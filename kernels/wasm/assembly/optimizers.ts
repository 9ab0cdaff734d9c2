/**
 * Updates of parameters, each in one pass over value, gradient and slots. What is written is looked at on the way: where a
 * number is NaN or infinite, the word at `flag` is set.
 */
import { raise, seen } from './finite'
import { all, mulAdd, onlyFirst, storeFirst, VECTOR } from './vector'

/** g + λ value */
// @ts-ignore: decorator
@inline
function decayed(gradient: usize, w: v128, decays: bool, decay: v128): v128 {
  const g = v128.load(gradient)
  return decays ? mulAdd(w, decay, g) : g
}

/** value := value - α g */
export function sgd(
  next: usize, value: usize, gradient: usize, n: i32, learningRate: f32, weightDecay: f32, flag: usize,
): void {
  // Two loops, as a question in each round would take a good part of it.
  if (weightDecay == 0) descend(next, value, gradient, n, all(-learningRate), false, all(0), flag)
  else descend(next, value, gradient, n, all(-learningRate), true, all(weightDecay), flag)
}

// @ts-ignore: decorator
@inline
function descend(
  next: usize, value: usize, gradient: usize, n: i32, step: v128, decays: bool, decay: v128, flag: usize,
): void {
  let odd = i32x4.splat(0)
  let other = odd
  // A cache line at a time: to look at numbers takes as long as to make them, where they are near at hand.
  for (; n >= 16; n -= 16, next += 64, value += 64, gradient += 64) {
    const w0 = v128.load(value), w1 = v128.load(value, 16), w2 = v128.load(value, 32), w3 = v128.load(value, 48)
    const y0 = mulAdd(decayed(gradient, w0, decays, decay), step, w0)
    const y1 = mulAdd(decayed(gradient + 16, w1, decays, decay), step, w1)
    const y2 = mulAdd(decayed(gradient + 32, w2, decays, decay), step, w2)
    const y3 = mulAdd(decayed(gradient + 48, w3, decays, decay), step, w3)
    v128.store(next, y0)
    v128.store(next, y1, 16)
    v128.store(next, y2, 32)
    v128.store(next, y3, 48)
    odd = seen(seen(odd, y0), y2)
    other = seen(seen(other, y1), y3)
  }
  for (; n > 0; n -= 4, next += VECTOR, value += VECTOR, gradient += VECTOR) {
    const w = v128.load(value)
    const y = mulAdd(decayed(gradient, w, decays, decay), step, w)
    odd = seen(odd, onlyFirst(y, n))
    storeFirst(next, y, n)
  }
  raise(flag, i32x4.max_s(odd, other))
}

/** v := μ v + g, and value := value - α v, or with Nesterov's momentum value - α (g + μ v). */
export function sgdMomentum(
  next: usize, nextVelocity: usize, value: usize, gradient: usize, velocity: usize, n: i32,
  learningRate: f32, momentum: f32, nesterov: i32, weightDecay: f32, flag: usize,
): void {
  const step = all(-learningRate)
  const kept = all(momentum)
  const decay = all(weightDecay)
  const decays = weightDecay != 0
  let odd = i32x4.splat(0)
  for (let i: usize = 0; n > 0; n -= 4, i += VECTOR) {
    const w = v128.load(value + i)
    const g = decayed(gradient + i, w, decays, decay)
    const v = mulAdd(v128.load(velocity + i), kept, g)
    const y = mulAdd(nesterov ? mulAdd(v, kept, g) : v, step, w)
    odd = seen(seen(odd, onlyFirst(v, n)), onlyFirst(y, n))
    storeFirst(nextVelocity + i, v, n)
    storeFirst(next + i, y, n)
  }
  raise(flag, odd)
}
