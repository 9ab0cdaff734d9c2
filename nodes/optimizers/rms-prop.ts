import { check, defineOptimizer } from '../../core/index.ts'

export interface RmsPropOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.01
   */
  learningRate?: number
  /**
   * The share of the mean of squared gradients that is kept in each step, in [0, 1).
   *
   * @default 0.99
   */
  rho?: number
  /**
   * The share of the last step that is kept, in [0, 1).
   *
   * @default 0
   */
  momentum?: number
  /**
   * Added to the divisor, so that nothing is divided by 0.
   *
   * @default 1e-8
   */
  epsilon?: number
  /**
   * Whether the mean of gradients is taken away.
   *
   * @default false
   */
  centered?: boolean
}

/**
 * Steps along the gradient divided by the root of a moving mean of its squares; centred, by the moving standard deviation. Hinton (2012).
 *
 * v := ρ v + (1 - ρ) g², then b := μ b + g / (√v + ε) and value := value - α b; centred, with m := ρ m + (1 - ρ) g and v - m² in place of v.
 */
export const rmsProp = defineOptimizer({
  type: 'rmsProp',
  config: ({
    learningRate = 0.01,
    rho = 0.99,
    momentum = 0,
    epsilon = 1e-8,
    centered = false,
  }: RmsPropOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    rho: check.fraction({ rho }),
    momentum: check.fraction({ momentum }),
    epsilon: check.positiveNumber({ epsilon }),
    centered: check.boolean({ centered }),
  }),
  slots: ({ centered, momentum }) => ({ v: 0, m: centered ? 0 : undefined, b: momentum > 0 ? 0 : undefined }),
  update({ value, gradient: g, v, m, b }, { learningRate, rho, momentum, epsilon }, { kernels: k }) {
    const nextV = k.add(k.scale(v, rho), k.scale(k.square(g), 1 - rho))
    const nextM = m && k.add(k.scale(m, rho), k.scale(g, 1 - rho))
    // Rounding may leave a variance of 0 a little below it.
    const spread = nextM ? k.maximum(k.sub(nextV, k.square(nextM)), 0) : nextV
    const step = k.div(g, k.addScalar(k.sqrt(spread), epsilon))
    const nextB = b && k.add(k.scale(b, momentum), step)
    return { value: k.addScaled(value, nextB ?? step, -learningRate), v: nextV, m: nextM, b: nextB }
  },
})
