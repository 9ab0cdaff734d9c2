import { check, defineLoss, type Tensor } from '../../core/index.ts'

export interface CategoricalCrossentropyOptions {
  /** Whether predictions are logits z rather than probabilities p; then softmax belongs to the loss. */
  fromLogits?: boolean
  /** Moves targets toward the uniform distribution: t becomes t · (1 - s) + s / classes. */
  labelSmoothing?: number
}

/** Logarithms of probabilities are not taken below this, so that a certain but wrong prediction stays finite. */
const LOWEST_LOG = -100
/** Nor is a probability taken below this where it divides. */
const LOWEST_PROBABILITY = 1e-12

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
  nonDifferentiable: ['target'],
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  saved: ['smoothed'],
  shapes({ prediction, target }) {
    check.lastAxis({ prediction })
    check.samePorts({ prediction, target })
    return { loss: [] }
  },
  forward({ prediction, target }, { fromLogits, labelSmoothing: s }, { kernels: k }) {
    const smoothed = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / classes(target))
    const log = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), LOWEST_LOG)
    return { loss: k.scale(k.sum(k.mul(smoothed, log)), -1 / samples(target)), smoothed }
  },
  // dz = 1/batch (softmax(z) Σ t - t), dp = -1/batch t / p
  backward({ loss: dJ }, { prediction, smoothed: t }, { fromLogits }, { kernels: k }) {
    const slope = fromLogits
      ? k.sub(k.mul(k.softmax(prediction), k.sumLastAxis(t)), t)
      : k.scale(k.div(t, k.maximum(prediction, LOWEST_PROBABILITY)), -1)
    return { prediction: k.scale(k.mul(slope, dJ), 1 / samples(t)) }
  },
})

const classes = ({ shape }: Tensor) => shape.at(-1) as number
const samples = (t: Tensor) => t.size / classes(t)
