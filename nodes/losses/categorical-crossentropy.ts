import { check, defineLoss, type Tensor } from '../../core/index.ts'

export interface CategoricalCrossentropyOptions {
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
}

/**
 * The cross-entropy of one class among many: J = -1/batch Σ t ln p, with the classes along the last axis.
 *
 * From logits, ln p is the logarithm of the softmax, taken as z - max z - ln Σ e^(z - max z): finite for every z.
 */
export const categoricalCrossentropy = defineLoss({
  type: 'categoricalCrossentropy',
  config: ({ fromLogits = false, labelSmoothing = 0 }: CategoricalCrossentropyOptions = {}) => ({
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
  }),
  inputs: ['prediction', 'target'],
  examples: [
    {},
    { config: { fromLogits: true } },
    { config: { labelSmoothing: 0.1 } },
    { config: { fromLogits: true, labelSmoothing: 0.1 } },
  ],
  nonDifferentiable: ['target'],
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  saved: ['smoothed'],
  shapes({ prediction, target }) {
    check.lastAxis({ prediction })
    check.samePorts({ prediction, target })
    return { loss: [] }
  },
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'distribution',
    target: 'distribution',
  }),
  forward({ prediction, target }, { fromLogits, labelSmoothing: s }, { kernels: k }) {
    const smoothed = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / classes(target))
    const logarithms = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), -100)
    return { loss: k.scale(k.sum(k.mul(smoothed, logarithms)), -1 / samples(target)), smoothed }
  },
  // dz = 1/batch (softmax(z) Σ t - t), dp = -1/batch t / p, with a divisor not below 1e-12
  backward({ loss: dJ }, { prediction, smoothed }, { fromLogits }, { kernels: k }) {
    const slope = fromLogits
      ? k.sub(k.mul(k.softmax(prediction), k.sumLastAxis(smoothed)), smoothed)
      : k.neg(k.div(smoothed, k.maximum(prediction, 1e-12)))
    return { prediction: k.mul(k.scale(dJ, 1 / samples(prediction)), slope) }
  },
})

const samples = (t: Tensor) => t.size / classes(t)
const classes = ({ shape }: Tensor) => shape.at(-1) as number
