import { check, defineOptimizer } from '../../core/index.ts'

export interface AdadeltaOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 1
   */
  learningRate?: number
  /**
   * The share of the mean of squared gradients that is kept in each step, in [0, 1).
   *
   * @default 0.9
   */
  rho?: number
  /**
   * Added to the divisor, so that nothing is divided by 0.
   *
   * @default 1e-6
   */
  epsilon?: number
}

/**
 * Steps in the units of the parameter: along the gradient, times the root mean square of the last steps over that of the last gradients.
 * Zeiler (2012).
 *
 * v := ρ v + (1 - ρ) g², d = g √(u + ε) / √(v + ε), u := ρ u + (1 - ρ) d², then value := value - α d.
 */
export const adadelta = defineOptimizer({
  type: 'adadelta',
  config: ({ learningRate = 1, rho = 0.9, epsilon = 1e-6 }: AdadeltaOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    rho: check.fraction({ rho }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  slots: () => ({ v: 0, u: 0 }),
  update({ value, gradient: g, v, u }, { learningRate, rho, epsilon }, { kernels: k }) {
    const nextV = k.add(k.scale(v, rho), k.scale(k.square(g), 1 - rho))
    const step = k.mul(g, k.div(k.sqrt(k.addScalar(u, epsilon)), k.sqrt(k.addScalar(nextV, epsilon))))
    const nextU = k.add(k.scale(u, rho), k.scale(k.square(step), 1 - rho))
    return { value: k.addScaled(value, step, -learningRate), v: nextV, u: nextU }
  },
})
