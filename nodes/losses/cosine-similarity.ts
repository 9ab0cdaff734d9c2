import type { Kernels, Tensor } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface CosineSimilarityOptions extends LossOptions {}

/**
 * J = -the mean over rows of the cosine between prediction and target: -1 where they point the same way, 1 where they are opposite.
 *
 * prediction and target [batch, ..., features], weight [batch], or [batch, ...] with up to one for each row.
 */
export const cosineSimilarity = defineMeanLoss({
  type: 'cosineSimilarity',
  config: (options: CosineSimilarityOptions = {}) => lossConfig(options),
  each: 'row',
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // l = -p · t / (|p| |t|)
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.neg(k.sum(k.mul(unit(p, k), unit(t, k)), [p.shape.length - 1]))
  },
})

/** Rows of length 1. */
const unit = (x: Tensor, k: Kernels) => k.div(x, k.sqrt(k.maximum(k.sumLastAxis(k.square(x)), 1e-12)))
