import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface MeanSquaredErrorOptions extends LossOptions {}

/**
 * J = the mean of (prediction - target)², over all entries.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const meanSquaredError = defineMeanLoss({
  type: 'meanSquaredError',
  config: (options: MeanSquaredErrorOptions = {}) => lossConfig(options),
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = (p - t)²
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.square(k.sub(p, t))
  },
  // dp = 2 (p - t)
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    return k.scale(k.sub(p, t), 2)
  },
})
