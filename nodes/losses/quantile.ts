import { CheckFailed, check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface QuantileOptions extends LossOptions {
  /**
   * The share of the targets that is to lie below: 0.5 for the median.
   *
   * @default 0.5
   */
  q?: number
}

/**
 * J = the mean of q e where e > 0, else (q - 1) e, for e = target - prediction: the prediction becomes the value that a share q of the
 * targets stays below. Koenker and Bassett (1978).
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const quantile = defineMeanLoss({
  type: 'quantile',
  config: ({ q = 0.5, ...common }: QuantileOptions = {}) => ({ ...lossConfig(common), q: share({ q }) }),
  examples: [{}, { config: { q: 0.9 } }],
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = max(q e, (q - 1) e)
  loss({ prediction: p, target: t }, { q }, { kernels: k }) {
    const e = k.sub(t, p)
    return k.maximum(k.scale(e, q), k.scale(e, q - 1))
  },
  // dp = -q where e > 0, else 1 - q
  slope({ prediction: p, target: t }, { q }, { kernels: k }) {
    return k.wherePositive(k.sub(t, p), -q, 1 - q)
  },
})

function share({ q }: { q: number }): number {
  if (check.fraction({ q }) > 0) return q
  throw new CheckFailed('q to be between 0 and 1', String(q), { option: 'q' })
}
