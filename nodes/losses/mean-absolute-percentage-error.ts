import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface MeanAbsolutePercentageErrorOptions extends LossOptions {}

/**
 * J = the mean of 100 |prediction - target| / |target|, in percent, over all entries; |target| counts as 10⁻⁷ at least.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const meanAbsolutePercentageError = defineMeanLoss({
  type: 'meanAbsolutePercentageError',
  config: (options: MeanAbsolutePercentageErrorOptions = {}) => lossConfig(options),
  domain: { target: [0.3, 2] },
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = 100 |p - t| / |t|
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.scale(k.div(k.abs(k.sub(p, t)), k.maximum(k.abs(t), SMALLEST)), 100)
  },
  // dp = 100 sign(p - t) / |t|
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    const e = k.sub(p, t)
    const sign = k.sub(k.greater(e, 0), k.less(e, 0))
    return k.scale(k.div(sign, k.maximum(k.abs(t), SMALLEST)), 100)
  },
})

/** What is closer to 0 counts as this far. */
const SMALLEST = 1e-7
