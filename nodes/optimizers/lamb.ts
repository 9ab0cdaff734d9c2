import { check, defineOptimizer } from '../../core/index.ts'
import { adaptiveStep } from './adaptive-step.ts'

export interface LambOptions {
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
   * @default 1e-6
   */
  epsilon?: number
  /**
   * The share of a value that a step takes away, times the learning rate.
   *
   * @default 0
   */
  weightDecay?: number
}

/**
 * Adam whose step is as long as its parameter is large, for large batches. You et al. (2020).
 *
 * r = m̂ / (√v̂ + ε) + λ · value, with m̂ and v̂ as in Adam, then value := value - α |value| / |r| · r; where one of them is 0, the ratio is 1.
 */
export const lamb = defineOptimizer({
  type: 'lamb',
  config: ({
    learningRate = 0.001,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-6,
    weightDecay = 0,
  }: LambOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta1: check.fraction({ beta1 }),
    beta2: check.fraction({ beta2 }),
    epsilon: check.positiveNumber({ epsilon }),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
  }),
  slots: () => ({ m: 0, v: 0 }),
  update(
    { value, gradient: g, m, v },
    { learningRate, beta1, beta2, epsilon, weightDecay },
    { kernels: k, iteration: t },
  ) {
    const { step, ...slots } = adaptiveStep(
      { gradient: g, m, v, largest: undefined },
      { beta1, beta2, epsilon },
      t,
      k,
    )
    const r = k.addScaled(step, value, weightDecay)
    const [own, far] = [k.sqrt(k.sum(k.square(value))), k.sqrt(k.sum(k.square(r)))]
    const ratio = k.where(k.greater(k.minimum(own, far), 0), k.div(own, k.maximum(far, SMALLEST)), 1)
    return { value: k.addScaled(value, k.mul(r, ratio), -learningRate), m: slots.m, v: slots.v }
  },
})

/** So that nothing is divided by 0. */
const SMALLEST = 1e-30
