import { check, defineWeightLink } from '../../core/index.ts'

export interface ExponentialMovingAverageOptions {
  /**
   * The share of the last average that is kept, in [0, 1): 0.999 looks back about 1000 updates.
   *
   * @default 0.999
   */
  decay?: number
}

/**
 * Keeps an average of the weights, average := decay · average + (1 - decay) · w, which begins with the first weights. Training goes on with w;
 * predictions, validation and `evaluate` use the average. The state of nodes, such as the moving mean of `batchNormalization`, is not averaged.
 * Polyak and Juditsky (1992).
 */
export const exponentialMovingAverage = defineWeightLink({
  type: 'exponentialMovingAverage',
  config: ({ decay = 0.999 }: ExponentialMovingAverageOptions = {}) => ({
    decay: check.fraction({ decay }),
  }),
  copies: ['average'],
  evaluated: 'average',
  update: ({ value, average }, { decay }, { kernels: k }) => ({
    value,
    average: k.addScaled(k.scale(average, decay), value, 1 - decay),
  }),
})
