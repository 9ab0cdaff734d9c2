import { check, defineOptimizer } from '../../core/index.ts'
import { correction } from './adaptive-step.ts'

export interface AdamaxOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.002
   */
  learningRate?: number
  /**
   * The share of the mean of gradients that is kept in each step, in [0, 1).
   *
   * @default 0.9
   */
  beta1?: number
  /**
   * The share of the largest gradient that is kept in each step, in [0, 1).
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
 * Adam with the largest gradient of late in place of the mean of squares. Kingma and Ba (2015), section 7.
 *
 * m := β₁ m + (1 - β₁) g and u := max(β₂ u, |g| + ε), then value := value - α / (1 - β₁ᵗ) · m / u in step t.
 */
export const adamax = defineOptimizer({
  type: 'adamax',
  config: ({ learningRate = 0.002, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamaxOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta1: check.fraction({ beta1 }),
    beta2: check.fraction({ beta2 }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  slots: () => ({ m: 0, u: 0 }),
  update(
    { value, gradient: g, m, u },
    { learningRate, beta1, beta2, epsilon },
    { kernels: k, iteration: t },
  ) {
    const nextM = k.add(k.scale(m, beta1), k.scale(g, 1 - beta1))
    const nextU = k.maximum(k.scale(u, beta2), k.addScalar(k.abs(g), epsilon))
    const step = k.mul(k.div(nextM, nextU), correction(beta1, t, k))
    return { value: k.addScaled(value, step, -learningRate), m: nextM, u: nextU }
  },
})
