import type { Kernels, Tensor } from '../../core/index.ts'

interface Values {
  readonly gradient: Tensor
  readonly m: Tensor
  readonly v: Tensor
  readonly largest: Tensor | undefined
}

interface Shares {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/** The step of Adam for a learning rate of 1, and its next slots. */
export function adaptiveStep(
  { gradient: g, m, v, largest }: Values,
  { beta1, beta2, epsilon }: Shares,
  t: Tensor,
  k: Kernels,
) {
  // m := β₁ m + (1 - β₁) g, v := β₂ v + (1 - β₂) g²
  const nextM = k.add(k.scale(m, beta1), k.scale(g, 1 - beta1))
  const nextV = k.add(k.scale(v, beta2), k.scale(k.square(g), 1 - beta2))
  const nextLargest = largest && k.maximum(largest, nextV)
  // m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ)
  const mHat = k.mul(nextM, correction(beta1, t, k))
  const vHat = k.mul(nextLargest ?? nextV, correction(beta2, t, k))
  return {
    step: k.div(mHat, k.add(k.sqrt(vHat), epsilon)),
    m: nextM,
    v: nextV,
    largest: nextLargest,
  }
}

/** 1 / (1 - βᵗ), with βᵗ as e^(t ln β) */
export const correction = (beta: number, t: Tensor, k: Kernels) =>
  k.div(-1, k.expm1(k.scale(t, Math.log(beta))))
