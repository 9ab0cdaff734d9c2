import type { Kernels, Tensor } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface KlDivergenceOptions extends LossOptions {}

/**
 * J = the mean over rows of Σ t ln(t / p): how far the distribution p is from t. What is below 10⁻⁷ counts as 10⁻⁷. Kullback and
 * Leibler (1951).
 *
 * prediction and target [batch, ..., classes], weight [batch], or [batch, ...] with up to one for each row.
 */
export const klDivergence = defineMeanLoss({
  type: 'klDivergence',
  config: (options: KlDivergenceOptions = {}) => lossConfig(options),
  each: 'row',
  domain: { prediction: [0.05, 0.95], target: [0.05, 0.95] },
  expects: () => ({ prediction: 'distribution', target: 'distribution' }),
  // l = Σ t ln(t / p)
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    const [u, q] = [inside(t, k), inside(p, k)]
    return k.sum(k.mul(u, k.log(k.div(u, q))), [p.shape.length - 1])
  },
  // dp = -t / p
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    const isInside = k.mul(k.greater(p, SMALLEST), k.less(p, 1))
    return k.where(isInside, k.neg(k.div(inside(t, k), inside(p, k))), 0)
  },
})

const SMALLEST = 1e-7

const inside = (x: Tensor, k: Kernels) => k.minimum(k.maximum(x, SMALLEST), 1)
