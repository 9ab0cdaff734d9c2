import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface HingeOptions extends LossOptions {}

/**
 * J = the mean of max(1 - target · prediction, 0), over all entries, for targets of -1 and 1: of a support vector machine.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const hinge = defineMeanLoss({
  type: 'hinge',
  config: (options: HingeOptions = {}) => lossConfig(options),
  expects: () => ({ prediction: 'numbers', target: [-1, 1] }),
  // l = max(1 - t p, 0)
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.relu(k.oneMinus(k.mul(t, p)))
  },
  // dp = -t where t p < 1, else 0
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    return k.where(k.less(k.mul(t, p), 1), k.neg(t), 0)
  },
})
