import type { Kernels, Tensor } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface MeanSquaredLogarithmicErrorOptions extends LossOptions {}

/**
 * J = the mean of (ln(1 + prediction) - ln(1 + target))², over all entries: for numbers from 0 up whose ratio matters. What is
 * below 10⁻⁷ counts as 10⁻⁷.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const meanSquaredLogarithmicError = defineMeanLoss({
  type: 'meanSquaredLogarithmicError',
  config: (options: MeanSquaredLogarithmicErrorOptions = {}) => lossConfig(options),
  domain: { prediction: [0.1, 3], target: [0.1, 3] },
  expects: () => ({ prediction: 'numbers', target: [0, Number.POSITIVE_INFINITY] }),
  // l = (ln(1 + p) - ln(1 + t))²
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.square(difference(p, t, k))
  },
  // dp = 2 (ln(1 + p) - ln(1 + t)) / (1 + p), and 0 where p is too small
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    const slope = k.div(k.scale(difference(p, t, k), 2), k.addScalar(p, 1))
    return k.where(k.greater(p, SMALLEST), slope, 0)
  },
})

const SMALLEST = 1e-7

/** ln(1 + p) - ln(1 + t) */
const difference = (p: Tensor, t: Tensor, k: Kernels) =>
  k.sub(k.log1p(k.maximum(p, SMALLEST)), k.log1p(k.maximum(t, SMALLEST)))
