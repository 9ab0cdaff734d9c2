import { check, defineOptimizer } from '../../core/index.ts'

export interface SgdOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.01
   */
  learningRate?: number
  /**
   * The share of the last velocity that is kept, in [0, 1).
   *
   * @default 0
   */
  momentum?: number
  /**
   * Looks ahead along the velocity: Nesterov's momentum.
   *
   * @default false
   */
  nesterov?: boolean
  /**
   * Adds weightDecay · value to the gradient.
   *
   * @default 0
   */
  weightDecay?: number
}

/**
 * Stochastic gradient descent, with momentum as in PyTorch: v := μ v + g, then value := value - α v, and with
 * Nesterov's momentum value := value - α (g + μ v). Without momentum, value := value - α g.
 */
export const sgd = defineOptimizer({
  type: 'sgd',
  config: ({ learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    momentum: check.fraction({ momentum }),
    nesterov: check.boolean({ nesterov }),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
  }),
  slots: ({ momentum }) => ({ velocity: momentum > 0 ? 0 : undefined }),
  update({ value, gradient, velocity }, config, { kernels: k }) {
    const { learningRate: α, momentum: μ, nesterov, weightDecay } = config
    const g = weightDecay === 0 ? gradient : k.addScaled(gradient, value, weightDecay)
    const v = velocity && k.addScaled(g, velocity, μ)
    const direction = v && nesterov ? k.addScaled(g, v, μ) : (v ?? g)
    return { value: k.addScaled(value, direction, -α), velocity: v }
  },
})
