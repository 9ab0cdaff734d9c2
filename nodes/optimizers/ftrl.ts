import { check, defineOptimizer } from '../../core/index.ts'

export interface FtrlOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.001
   */
  learningRate?: number
  /**
   * What the sum of squares begins with.
   *
   * @default 0.1
   */
  initialAccumulatorValue?: number
  /**
   * How strongly values are pulled to 0, all by the same.
   *
   * @default 0
   */
  l1?: number
  /**
   * How strongly values are pulled to 0, large ones more.
   *
   * @default 0
   */
  l2?: number
  /**
   * Makes the first steps shorter.
   *
   * @default 0
   */
  beta?: number
}

/**
 * Follow the regularized leader: the best value for all gradients so far, with penalties that set it to 0 where it matters little. McMahan
 * et al. (2013).
 *
 * n := n + g² and z := z + g - (√n - √nₒₗ) / α · value, then value := (clip(z, -l1, l1) - z) / (√n / α + 2 l2 + β / α).
 */
export const ftrl = defineOptimizer({
  type: 'ftrl',
  config: ({
    learningRate = 0.001,
    initialAccumulatorValue = 0.1,
    l1 = 0,
    l2 = 0,
    beta = 0,
  }: FtrlOptions = {}) => ({
    learningRate: check.positiveNumber({ learningRate }),
    initialAccumulatorValue: check.nonNegativeNumber({ initialAccumulatorValue }),
    l1: check.nonNegativeNumber({ l1 }),
    l2: check.nonNegativeNumber({ l2 }),
    beta: check.nonNegativeNumber({ beta }),
  }),
  slots: ({ initialAccumulatorValue }) => ({ n: initialAccumulatorValue, z: 0 }),
  update({ value, gradient: g, n, z }, { learningRate, l1, l2, beta }, { kernels: k }) {
    const nextN = k.add(n, k.square(g))
    const sigma = k.scale(k.sub(k.sqrt(nextN), k.sqrt(n)), 1 / learningRate)
    const nextZ = k.sub(k.add(z, g), k.mul(sigma, value))
    const pull = k.addScalar(k.scale(k.sqrt(nextN), 1 / learningRate), 2 * l2 + beta / learningRate)
    const outside = k.sub(k.minimum(k.maximum(nextZ, -l1), l1), nextZ)
    return { value: k.div(outside, pull), n: nextN, z: nextZ }
  },
})
