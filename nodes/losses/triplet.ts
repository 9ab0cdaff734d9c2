import { check, type Kernels, type Tensor } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface TripletOptions extends LossOptions {
  /**
   * By how much the negative is to be further away.
   *
   * @default 1
   */
  margin?: number
}

/**
 * J = the mean over samples of max(d(anchor, positive) - d(anchor, negative) + margin, 0), with d the distance between two rows: an anchor comes
 * closer to what is of its kind than to what is not. Schroff, Kalenichenko and Philbin (2015).
 *
 * anchor, positive and negative [batch, ..., features], weight [batch], or [batch, ...] with up to one for each row.
 */
export const triplet = defineMeanLoss({
  type: 'triplet',
  config: ({ margin = 1, ...common }: TripletOptions = {}) => ({
    ...lossConfig(common),
    margin: check.positiveNumber({ margin }),
  }),
  inputs: ['anchor', 'positive', 'negative'],
  fixed: [],
  each: 'row',
  examples: [{}, { config: { margin: 0.2 } }],
  // l = max(d(a, p) - d(a, n) + margin, 0)
  loss({ anchor, positive, negative }, { margin }, { kernels: k }) {
    const distances = k.sub(distance(anchor, positive, k), distance(anchor, negative, k))
    return k.relu(k.addScalar(distances, margin))
  },
})

/** |x - y|, with 10⁻⁶ added to each difference, so that it has a derivative where they are equal. */
const distance = (x: Tensor, y: Tensor, k: Kernels) =>
  k.sqrt(k.sum(k.square(k.addScalar(k.sub(x, y), 1e-6)), [x.shape.length - 1]))
