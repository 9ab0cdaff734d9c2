import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface ContrastiveOptions extends LossOptions {
  /**
   * From which distance on a pair of different things costs nothing.
   *
   * @default 1
   */
  margin?: number
}

/**
 * J = the mean over samples of t d² + (1 - t) max(margin - d, 0)², with d the distance between the rows a and b: a pair with target 1 comes
 * closer, one with target 0 moves apart. Hadsell, Chopra and LeCun (2006).
 *
 * a and b [batch, ..., features], target [batch, ...] or [batch, ..., 1], weight [batch], or [batch, ...] with up to one for each row.
 */
export const contrastive = defineMeanLoss({
  type: 'contrastive',
  config: ({ margin = 1, ...common }: ContrastiveOptions = {}) => ({
    ...lossConfig(common),
    margin: check.positiveNumber({ margin }),
  }),
  inputs: ['a', 'b', 'target'],
  each: 'row',
  domain: { target: [0, 1] },
  examples: [
    { inputs: { a: [4, 3], b: [4, 3], target: [4, 1] } },
    { config: { margin: 3 }, inputs: { a: [4, 3], b: [4, 3], target: [4] } },
  ],
  expects: () => ({ target: 'probabilities' }),
  demands({ a, b, target }) {
    check.samePorts({ a, b })
    const pairs = a.slice(0, -1)
    check.samePorts({ a: pairs, target: target.length > pairs.length ? target.slice(0, -1) : target })
  },
  // l = t d² + (1 - t) max(margin - d, 0)²
  loss({ a, b, target }, { margin }, { kernels: k }) {
    const d = k.sqrt(k.addScalar(k.sum(k.square(k.sub(a, b)), [a.shape.length - 1]), 1e-12))
    const t = k.reshape(target, d.shape)
    const apart = k.square(k.relu(k.sub(margin, d)))
    return k.add(k.mul(t, k.square(d)), k.mul(k.oneMinus(t), apart))
  },
})
