import { check, type Kernels, type Tensor } from '../../core/index.ts'
import { type ClassWeights, checkedClassWeights, classWeighted, demandClasses } from './class-weights.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface SparseCategoricalCrossentropyOptions extends LossOptions {
  /**
   * Whether predictions are logits z rather than probabilities p; then softmax belongs to the loss.
   *
   * @default false
   */
  fromLogits?: boolean
  /**
   * What each class counts, in order, or by its number: `{ 2: 5 }` counts class 2 five times.
   *
   * @default {}
   */
  classWeights?: ClassWeights
}

/**
 * The cross-entropy of one class among many, for targets that are the number of the class: J = -1/batch Σ ln p of the right class.
 *
 * prediction [batch, ..., classes], target [batch, ...] or [batch, ..., 1] with whole numbers from 0 to classes - 1,
 * weight [batch], or [batch, ...] with up to one for each row.
 */
export const sparseCategoricalCrossentropy = defineMeanLoss({
  type: 'sparseCategoricalCrossentropy',
  config: ({
    fromLogits = false,
    classWeights = {},
    ...common
  }: SparseCategoricalCrossentropyOptions = {}) => ({
    ...lossConfig(common),
    fromLogits: check.boolean({ fromLogits }),
    classWeights: checkedClassWeights(classWeights),
  }),
  each: 'row',
  domain: { prediction: [0.05, 0.95] },
  examples: [
    { config: { fromLogits: true }, inputs: { prediction: [4, 6], target: [4, 1] } },
    { inputs: { prediction: [3, 2, 5], target: [3, 2] } },
    { config: { classWeights: { 1: 3 } }, inputs: { prediction: [4, 6], target: [4, 1] } },
  ],
  expects: ({ fromLogits }, { prediction }) => ({
    prediction: fromLogits ? 'logits' : 'distribution',
    target: { whole: [0, (prediction.at(-1) ?? 1) - 1] },
  }),
  demands({ prediction, target }, { classWeights }) {
    check.lastAxis({ prediction })
    const rows = prediction.slice(0, -1)
    check.samePorts({ prediction: rows, target: target.length > rows.length ? target.slice(0, -1) : target })
    demandClasses(classWeights, prediction)
  },
  // l = -ln p of the right class
  loss({ prediction, target }, { fromLogits, classWeights }, { kernels: k }) {
    const t = classWeighted(oneHot(target, prediction, k), classWeights, k)
    const logarithms = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), -100)
    return k.neg(k.sum(k.mul(t, logarithms), [prediction.shape.length - 1]))
  },
  // dz = softmax(z) - 1 for the right class, and softmax(z) for the others; dp = -1 / p for the right class, and 0 for the others
  slope({ prediction, target }, { fromLogits, classWeights }, { kernels: k }) {
    const t = classWeighted(oneHot(target, prediction, k), classWeights, k)
    return fromLogits
      ? k.sub(k.mul(k.softmax(prediction), k.sumLastAxis(t)), t)
      : k.neg(k.div(t, k.maximum(prediction, 1e-12)))
  },
})

/** A 1 at the place of each class. */
const oneHot = (target: Tensor, { shape }: Tensor, k: Kernels) =>
  k.equal(k.iota(shape.at(-1) as number), k.reshape(target, [...shape.slice(0, -1), 1]))
