import { check } from '../../core/index.ts'

export interface AdamOptions {
  /**
   * How far a step goes at most, about.
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
   * @default 1e-7
   */
  epsilon?: number
  /**
   * Divides by the largest mean of squared gradients so far. Reddi, Kale and Kumar (2018).
   *
   * @default false
   */
  amsgrad?: boolean
}

/** The options of Adam, checked. */
export const adamConfig = ({
  learningRate = 0.001,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-7,
  amsgrad = false,
}: AdamOptions) => ({
  learningRate: check.nonNegativeNumber({ learningRate }),
  beta1: check.fraction({ beta1 }),
  beta2: check.fraction({ beta2 }),
  epsilon: check.positiveNumber({ epsilon }),
  amsgrad: check.boolean({ amsgrad }),
})
