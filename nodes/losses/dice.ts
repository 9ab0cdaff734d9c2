import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface DiceOptions extends LossOptions {
  /**
   * Added to both, so that empty masks agree.
   *
   * @default 1e-7
   */
  epsilon?: number
}

/**
 * J = the mean over samples of 1 - (2 Σ t p + ε) / (Σ t + Σ p + ε): how little of the target and the prediction overlaps, for masks of
 * images. Milletari, Navab and Ahmadi (2016).
 *
 * prediction and target [batch, ...], weight [batch].
 */
export const dice = defineMeanLoss({
  type: 'dice',
  config: ({ epsilon = 1e-7, ...common }: DiceOptions = {}) => ({
    ...lossConfig(common),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  each: 'sample',
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [{}, { config: { epsilon: 1 } }, { inputs: { prediction: [2, 3, 4], target: [2, 3, 4] } }],
  expects: () => ({ prediction: 'probabilities', target: 'probabilities' }),
  // l = 1 - (2 Σ t p + ε) / (Σ t + Σ p + ε)
  loss({ prediction: p, target: t }, { epsilon }, { kernels: k }) {
    const axes = p.shape.slice(1).map((_, i) => i + 1)
    const [both, all] = [k.sum(k.mul(t, p), axes), k.add(k.sum(t, axes), k.sum(p, axes))]
    return k.oneMinus(k.div(k.addScalar(k.scale(both, 2), epsilon), k.addScalar(all, epsilon)))
  },
})
