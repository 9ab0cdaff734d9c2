import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface BinaryFocalCrossentropyOptions extends LossOptions {
  /**
   * How much less easy entries count: (1 - p)^gamma, for a probability p of the right answer.
   *
   * @default 2
   */
  gamma?: number
  /**
   * What a "yes" counts, where the classes are balanced; a "no" counts 1 - alpha.
   *
   * @default 0.25
   */
  alpha?: number
  /**
   * Whether alpha is used.
   *
   * @default false
   */
  applyClassBalancing?: boolean
  /**
   * Whether predictions are logits rather than probabilities; then sigmoid belongs to the loss.
   *
   * @default false
   */
  fromLogits?: boolean
  /**
   * Moves targets toward 1/2: t becomes t · (1 - s) + s / 2.
   *
   * @default 0
   */
  labelSmoothing?: number
}

/**
 * The binary cross-entropy, in which what is predicted well already counts less: J = -1/n Σ (1 - q)^γ ln q, with q the probability of the
 * right answer: p where the target is 1, 1 - p where it is 0. Lin et al. (2017).
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const binaryFocalCrossentropy = defineMeanLoss({
  type: 'binaryFocalCrossentropy',
  config: ({
    gamma = 2,
    alpha = 0.25,
    applyClassBalancing = false,
    fromLogits = false,
    labelSmoothing = 0,
    ...common
  }: BinaryFocalCrossentropyOptions = {}) => ({
    ...lossConfig(common),
    gamma: check.nonNegativeNumber({ gamma }),
    alpha: check.fraction({ alpha }),
    applyClassBalancing: check.boolean({ applyClassBalancing }),
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
  }),
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [
    {},
    { config: { fromLogits: true, gamma: 1.5 } },
    { config: { applyClassBalancing: true, labelSmoothing: 0.1 } },
  ],
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'probabilities',
    target: 'probabilities',
  }),
  loss({ prediction, target }, options, { kernels: k }) {
    const { gamma, alpha, applyClassBalancing, fromLogits, labelSmoothing: s } = options
    const t = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / 2)
    const not = k.oneMinus(t)
    const p = fromLogits ? k.sigmoid(prediction) : prediction
    // ln p and ln (1 - p), finite for every logit, and not below -100 for probabilities
    const yes = fromLogits ? k.neg(k.softplus(k.neg(prediction))) : k.maximum(k.log(p), -100)
    const no = fromLogits ? k.neg(k.softplus(prediction)) : k.maximum(k.log(k.oneMinus(p)), -100)
    const entropy = k.neg(k.add(k.mul(t, yes), k.mul(not, no)))
    const wrong = k.oneMinus(k.add(k.mul(t, p), k.mul(not, k.oneMinus(p))))
    const focal = k.mul(k.pow(k.maximum(wrong, SMALLEST), gamma), entropy)
    return applyClassBalancing ? k.mul(k.add(k.scale(t, alpha), k.scale(not, 1 - alpha)), focal) : focal
  },
})

/** So that a power has a derivative where nothing is wrong. */
const SMALLEST = 1e-12
