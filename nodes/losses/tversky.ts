import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface TverskyOptions extends LossOptions {
  /**
   * What an excess costs.
   *
   * @default 0.5
   */
  alpha?: number
  /**
   * What a miss costs.
   *
   * @default 0.5
   */
  beta?: number
  /**
   * Added to both, so that empty masks agree.
   *
   * @default 1e-7
   */
  epsilon?: number
}

/**
 * J = the mean over samples of 1 - (T + ε) / (T + α F + β M + ε), with T = Σ t p what both have, F = Σ (1 - t) p what is predicted in excess,
 * and M = Σ t (1 - p) what is missed. Salehi, Erdogmus and Gholipour (2017).
 *
 * prediction and target [batch, ...], weight [batch].
 */
export const tversky = defineMeanLoss({
  type: 'tversky',
  config: ({ alpha = 0.5, beta = 0.5, epsilon = 1e-7, ...common }: TverskyOptions = {}) => ({
    ...lossConfig(common),
    alpha: check.nonNegativeNumber({ alpha }),
    beta: check.nonNegativeNumber({ beta }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  each: 'sample',
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [{}, { config: { alpha: 0.3, beta: 0.7 } }],
  expects: () => ({ prediction: 'probabilities', target: 'probabilities' }),
  // l = 1 - (T + ε) / (T + α F + β M + ε)
  loss({ prediction: p, target: t }, { alpha, beta, epsilon }, { kernels: k }) {
    const axes = p.shape.slice(1).map((_, i) => i + 1)
    const both = k.addScalar(k.sum(k.mul(t, p), axes), epsilon)
    const excess = k.scale(k.sum(k.mul(k.oneMinus(t), p), axes), alpha)
    const missed = k.scale(k.sum(k.mul(t, k.oneMinus(p)), axes), beta)
    return k.oneMinus(k.div(both, k.addAll([both, excess, missed])))
  },
})
