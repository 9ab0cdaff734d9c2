import { check, type Kernels, type Tensor } from '../../core/index.ts'
import { type ClassWeights, checkedClassWeights, classWeighted, demandClasses } from './class-weights.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface CategoricalCrossentropyOptions extends LossOptions {
  /**
   * Whether predictions are logits z rather than probabilities p; then softmax belongs to the loss.
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
  /**
   * What each class counts, in order, or by its number: `{ 2: 5 }` counts class 2 five times.
   *
   * @default {}
   */
  classWeights?: ClassWeights
}

/**
 * The cross-entropy of one class among many: J = -1/batch Σ t ln p, with the classes along the last axis.
 *
 * From logits, ln p is the logarithm of the softmax, taken as z - max z - ln Σ e^(z - max z): finite for every z.
 *
 * prediction and target [batch, ..., classes], weight [batch], or [batch, ...] with up to one for each row.
 */
export const categoricalCrossentropy = defineMeanLoss({
  type: 'categoricalCrossentropy',
  config: ({
    fromLogits = false,
    labelSmoothing = 0,
    classWeights = {},
    ...common
  }: CategoricalCrossentropyOptions = {}) => ({
    ...lossConfig(common),
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
    classWeights: checkedClassWeights(classWeights),
  }),
  each: 'row',
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [
    {},
    { config: { fromLogits: true } },
    { config: { labelSmoothing: 0.1 } },
    { config: { fromLogits: true, labelSmoothing: 0.1 } },
    { config: { fromLogits: true, classWeights: { 0: 5 } } },
  ],
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'distribution',
    target: 'distribution',
  }),
  demands({ prediction, target }, { classWeights }) {
    check.samePorts({ prediction, target })
    demandClasses(classWeights, prediction)
  },
  // l = -Σ t ln p
  loss({ prediction, target }, { fromLogits, ...options }, { kernels: k }) {
    const logarithms = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), -100)
    return k.neg(k.sum(k.mul(weighted(target, options, k), logarithms), [prediction.shape.length - 1]))
  },
  // dz = softmax(z) Σ t - t, dp = -t / p, with a divisor not below 1e-12
  slope({ prediction, target }, { fromLogits, ...options }, { kernels: k }) {
    const t = weighted(target, options, k)
    return fromLogits
      ? k.sub(k.mul(k.softmax(prediction), k.sumLastAxis(t)), t)
      : k.neg(k.div(t, k.maximum(prediction, 1e-12)))
  },
})

interface Targets {
  readonly labelSmoothing: number
  readonly classWeights: Readonly<Record<string, number>>
}

/** Targets moved toward the uniform distribution, times the weights of their classes. */
function weighted(target: Tensor, { labelSmoothing: s, classWeights }: Targets, k: Kernels): Tensor {
  const t = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / (target.shape.at(-1) as number))
  return classWeighted(t, classWeights, k)
}
