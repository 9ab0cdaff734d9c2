import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface LogCoshOptions extends LossOptions {}

/**
 * J = the mean of ln cosh(prediction - target), over all entries: e² / 2 near the target, |e| - ln 2 far from it.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const logCosh = defineMeanLoss({
  type: 'logCosh',
  config: (options: LogCoshOptions = {}) => lossConfig(options),
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = |e| + ln(1 + e^(-2|e|)) - ln 2, finite for every e
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    const distance = k.abs(k.sub(p, t))
    return k.add(distance, k.addScalar(k.log1p(k.exp(k.scale(distance, -2))), -Math.LN2))
  },
  // dp = tanh e
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    return k.tanh(k.sub(p, t))
  },
})
