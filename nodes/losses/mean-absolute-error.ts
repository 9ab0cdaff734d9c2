import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface MeanAbsoluteErrorOptions extends LossOptions {}

/**
 * J = the mean of |prediction - target|, over all entries.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const meanAbsoluteError = defineMeanLoss({
  type: 'meanAbsoluteError',
  config: (options: MeanAbsoluteErrorOptions = {}) => lossConfig(options),
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = |p - t|
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.abs(k.sub(p, t))
  },
  // dp = 1 where p > t, -1 where p < t
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    const e = k.sub(p, t)
    return k.sub(k.greater(e, 0), k.less(e, 0))
  },
})
