import { check, defineOptimizer } from '../../core/index.ts'

export interface LionOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.0001
   */
  learningRate?: number
  /**
   * The share of the mean of gradients that is kept in each step, in [0, 1).
   *
   * @default 0.9
   */
  beta1?: number
  /**
   * The share of the mean of gradients that is kept for the next step, in [0, 1).
   *
   * @default 0.99
   */
  beta2?: number
  /**
   * The share of a value that a step takes away, times the learning rate.
   *
   * @default 0
   */
  weightDecay?: number
}

/**
 * Steps of one length, along the sign of a mean of gradients. Chen et al. (2023).
 *
 * value := value - α (sign(β₁ m + (1 - β₁) g) + λ · value), then m := β₂ m + (1 - β₂) g.
 */
export const lion = defineOptimizer({
  type: 'lion',
  config: ({ learningRate = 0.0001, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }: LionOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta1: check.fraction({ beta1 }),
    beta2: check.fraction({ beta2 }),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
  }),
  slots: () => ({ m: 0 }),
  update({ value, gradient: g, m }, { learningRate, beta1, beta2, weightDecay }, { kernels: k }) {
    const along = k.add(k.scale(m, beta1), k.scale(g, 1 - beta1))
    const sign = k.sub(k.greater(along, 0), k.less(along, 0))
    const step = k.addScaled(sign, value, weightDecay)
    return {
      value: k.addScaled(value, step, -learningRate),
      m: k.add(k.scale(m, beta2), k.scale(g, 1 - beta2)),
    }
  },
})
