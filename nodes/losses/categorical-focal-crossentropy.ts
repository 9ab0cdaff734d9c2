import { check } from '../../core/index.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface CategoricalFocalCrossentropyOptions extends LossOptions {
  /**
   * How much less easy rows count: (1 - p)^gamma, for a probability p of the right class.
   *
   * @default 2
   */
  gamma?: number
  /**
   * What the whole loss is multiplied by.
   *
   * @default 0.25
   */
  alpha?: number
  /**
   * Whether predictions are logits rather than probabilities; then softmax belongs to the loss.
   *
   * @default false
   */
  fromLogits?: boolean
  /**
   * Moves targets toward the uniform distribution: t becomes t · (1 - s) + s / classes.
   *
   * @default 0
   */
  labelSmoothing?: number
}

/**
 * The categorical cross-entropy, in which what is predicted well already counts less: J = -α/batch Σ t (1 - p)^γ ln p, with the classes
 * along the last axis. Lin et al. (2017).
 *
 * prediction and target [batch, ..., classes], weight [batch], or [batch, ...] with up to one for each row.
 */
export const categoricalFocalCrossentropy = defineMeanLoss({
  type: 'categoricalFocalCrossentropy',
  config: ({
    gamma = 2,
    alpha = 0.25,
    fromLogits = false,
    labelSmoothing = 0,
    ...common
  }: CategoricalFocalCrossentropyOptions = {}) => ({
    ...lossConfig(common),
    gamma: check.nonNegativeNumber({ gamma }),
    alpha: check.positiveNumber({ alpha }),
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
  }),
  each: 'row',
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [{}, { config: { fromLogits: true, gamma: 1.5 } }, { config: { alpha: 1, labelSmoothing: 0.1 } }],
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'distribution',
    target: 'distribution',
  }),
  loss({ prediction, target }, { gamma, alpha, fromLogits, labelSmoothing: s }, { kernels: k }) {
    const classes = target.shape.at(-1) as number
    const t = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / classes)
    const logarithms = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), -100)
    const wrong = k.oneMinus(fromLogits ? k.exp(logarithms) : prediction)
    const focal = k.mul(k.pow(k.maximum(wrong, SMALLEST), gamma), logarithms)
    return k.scale(k.sum(k.mul(t, focal), [target.shape.length - 1]), -alpha)
  },
})

/** So that a power has a derivative where nothing is wrong. */
const SMALLEST = 1e-12
