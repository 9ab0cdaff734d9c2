import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface SquaredHingeOptions extends LossOptions {}

/**
 * J = the mean of max(1 - target · prediction, 0)², over all entries, for targets of -1 and 1.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const squaredHinge = defineMeanLoss({
  type: 'squaredHinge',
  config: (options: SquaredHingeOptions = {}) => lossConfig(options),
  expects: () => ({ prediction: 'numbers', target: [-1, 1] }),
  // l = max(1 - t p, 0)²
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.square(k.relu(k.oneMinus(k.mul(t, p))))
  },
  // dp = -2 max(1 - t p, 0) t
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    return k.scale(k.mul(k.relu(k.oneMinus(k.mul(t, p))), t), -2)
  },
})
