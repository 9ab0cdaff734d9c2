import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface CategoricalHingeOptions extends LossOptions {}

/**
 * J = the mean over rows of max(1 + n - p, 0), with p the prediction for the right class, and n the largest for another one; targets
 * are one-hot rows.
 *
 * prediction and target [batch, ..., classes], weight [batch], or [batch, ...] with up to one for each row.
 */
export const categoricalHinge = defineMeanLoss({
  type: 'categoricalHinge',
  config: (options: CategoricalHingeOptions = {}) => lossConfig(options),
  each: 'row',
  expects: () => ({ prediction: 'numbers', target: 'distribution' }),
  // l = max(1 + max (1 - t) p - Σ t p, 0)
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    const right = k.sum(k.mul(t, p), [p.shape.length - 1])
    const wrong = k.max(k.mul(k.oneMinus(t), p), [p.shape.length - 1])
    return k.relu(k.addScalar(k.sub(wrong, right), 1))
  },
})
