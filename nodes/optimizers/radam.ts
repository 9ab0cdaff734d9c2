import { check, defineOptimizer } from '../../core/index.ts'
import { correction } from './adaptive-step.ts'

export interface RadamOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.001
   */
  learningRate?: number
  /**
   * The share of the mean of gradients that is kept in each step, in [0, 1).
   *
   * @default 0.9
   */
  beta1?: number
  /**
   * The share of the mean of squared gradients that is kept in each step, in [0, 1).
   *
   * @default 0.999
   */
  beta2?: number
  /**
   * Added to the divisor, so that nothing is divided by 0.
   *
   * @default 1e-8
   */
  epsilon?: number
}

/**
 * Adam whose first steps, of which too little is known to divide by a variance, are those of a plain mean. Liu et al. (2020).
 *
 * With ρ∞ = 2 / (1 - β₂) - 1 and ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ) in step t: where ρ > 5, value := value - α r m̂ √(1 - β₂ᵗ) / (√v + ε), with
 * r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ)); before, value := value - α m̂.
 */
export const radam = defineOptimizer({
  type: 'radam',
  config: ({ learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: RadamOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta1: check.fraction({ beta1 }),
    beta2: check.fraction({ beta2 }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  slots: () => ({ m: 0, v: 0 }),
  update(
    { value, gradient: g, m, v },
    { learningRate, beta1, beta2, epsilon },
    { kernels: k, iteration: t },
  ) {
    const nextM = k.add(k.scale(m, beta1), k.scale(g, 1 - beta1))
    const nextV = k.add(k.scale(v, beta2), k.scale(k.square(g), 1 - beta2))
    const mHat = k.mul(nextM, correction(beta1, t, k))
    const most = 2 / (1 - beta2) - 1
    const grown = k.exp(k.scale(t, Math.log(beta2)))
    const rho = k.sub(most, k.mul(k.scale(k.mul(t, grown), 2), correction(beta2, t, k)))
    const isKnown = k.greater(rho, 5)
    const known = k.maximum(rho, 5)
    const ratio = k.div(k.mul(k.addScalar(known, -4), k.addScalar(known, -2)), known)
    const r = k.sqrt(k.scale(ratio, most / ((most - 4) * (most - 2))))
    // √(1 - β₂ᵗ) m̂ / (√v + ε), as PyTorch has it
    const root = k.sqrt(k.div(1, correction(beta2, t, k)))
    const adaptive = k.mul(k.div(mHat, k.addScalar(k.sqrt(nextV), epsilon)), k.mul(r, root))
    const step = k.where(isKnown, adaptive, mHat)
    return { value: k.addScaled(value, step, -learningRate), m: nextM, v: nextV }
  },
})
