import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface HuberOptions extends LossOptions {
  /**
   * From which distance on the loss grows linearly.
   *
   * @default 1
   */
  delta?: number
}

/**
 * J = the mean over all entries of e² / 2 where |e| ≤ δ, else δ (|e| - δ / 2), for e = prediction - target: squared near the
 * target, and linear for outliers. Huber (1964).
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const huber = defineMeanLoss({
  type: 'huber',
  config: ({ delta = 1, ...common }: HuberOptions = {}) => ({
    ...lossConfig(common),
    delta: check.positiveNumber({ delta }),
  }),
  examples: [{}, { config: { delta: 0.3 } }],
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = m (|e| - m / 2), with m = min(|e|, δ)
  loss({ prediction: p, target: t }, { delta }, { kernels: k }) {
    const distance = k.abs(k.sub(p, t))
    const m = k.minimum(distance, delta)
    return k.mul(m, k.sub(distance, k.scale(m, 0.5)))
  },
  // dp = e, but not below -δ or above δ
  slope({ prediction: p, target: t }, { delta }, { kernels: k }) {
    return k.minimum(k.maximum(k.sub(p, t), -delta), delta)
  },
})
