import { check, defineWeightLink } from '../../core/index.ts'

export interface StochasticWeightAveragingOptions {
  /** The update after which the first weights are taken, counted from 1. Required. */
  start: number
  /**
   * How many updates lie between two weights that are taken: those of an epoch, say.
   *
   * @default 1
   */
  every?: number
}

/**
 * Keeps the mean of the weights w after the updates `start`, `start + every`, `start + 2 every`, ...: mean := mean + (w - mean) / (n + 1) after n of
 * them. Training goes on with w; predictions, validation and `evaluate` use the mean, and before `start` w itself. The state of nodes, such as the moving
 * mean of `batchNormalization`, is not averaged. Izmailov et al. (2018).
 */
export const stochasticWeightAveraging = defineWeightLink({
  type: 'stochasticWeightAveraging',
  config: ({ start, every = 1 }: StochasticWeightAveragingOptions) => ({
    start: check.positiveInteger({ start }),
    every: check.positiveInteger({ every }),
  }),
  examples: [{ config: { start: 1000, every: 100 } }],
  copies: ['mean'],
  evaluated: 'mean',
  update({ value, mean }, { start, every }, { kernels: k, iteration: t }) {
    const n = k.div(k.sub(t, start), every)
    const isDue = k.equal(n, k.floor(n))
    const next = k.add(mean, k.div(k.sub(value, mean), k.addScalar(k.maximum(n, 0), 1)))
    const isBefore = k.less(n, 0)
    return { value, mean: k.where(isBefore, value, k.where(isDue, next, mean)) }
  },
})
