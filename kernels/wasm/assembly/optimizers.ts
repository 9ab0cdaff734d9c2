/** Updates of parameters, each in one pass over value, gradient and slots. */
import { all, mulAdd, VECTOR } from './vector'

/**
 * SGD with momentum: g + λ value is the gradient g with weight decay, v := μ v + g, and value := value - α v, or with
 * Nesterov value - α (g + μ v).
 */
export function sgdMomentum(
  next: usize,
  nextVelocity: usize,
  value: usize,
  gradient: usize,
  velocity: usize,
  n: i32,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
): void {
  const end = (<usize>n) << 2
  const step = all(-learningRate)
  for (let i: usize = 0; i < end; i += VECTOR) {
    const w = v128.load(value + i)
    const g =
      weightDecay != 0 ? mulAdd(w, all(weightDecay), v128.load(gradient + i)) : v128.load(gradient + i)
    const v = mulAdd(v128.load(velocity + i), all(momentum), g)
    v128.store(nextVelocity + i, v)
    v128.store(next + i, mulAdd(nesterov ? mulAdd(v, all(momentum), g) : v, step, w))
  }
}
