import { check, defineOptimizer } from '../../core/index.ts'

export interface AdagradOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.01
   */
  learningRate?: number
  /**
   * What the sum of squares begins with.
   *
   * @default 0
   */
  initialAccumulatorValue?: number
  /**
   * Added to the divisor, so that nothing is divided by 0.
   *
   * @default 1e-10
   */
  epsilon?: number
}

/**
 * Steps along the gradient divided by the root of the sum of its squares so far: a parameter that has moved much moves less. Duchi, Hazan
 * and Singer (2011).
 *
 * s := s + g², then value := value - α g / (√s + ε).
 */
export const adagrad = defineOptimizer({
  type: 'adagrad',
  config: ({ learningRate = 0.01, initialAccumulatorValue = 0, epsilon = 1e-10 }: AdagradOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    initialAccumulatorValue: check.nonNegativeNumber({ initialAccumulatorValue }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  slots: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  update({ value, gradient: g, sum }, { learningRate, epsilon }, { kernels: k }) {
    const next = k.add(sum, k.square(g))
    const step = k.div(g, k.addScalar(k.sqrt(next), epsilon))
    return { value: k.addScaled(value, step, -learningRate), sum: next }
  },
})
