import { check, defineLoss, type Kernels, type Tensor } from '../../core/index.ts'

export interface BinaryCrossentropyOptions {
  /** Whether predictions are logits z rather than probabilities p; then sigmoid belongs to the loss. */
  fromLogits?: boolean
  /** Moves targets toward 1/2: t becomes t · (1 - s) + s / 2. */
  labelSmoothing?: number
}

/** Logarithms of probabilities are not taken below this, so that a certain but wrong prediction stays finite. */
const LOWEST_LOG = -100
/** Nor is p · (1 - p) taken below this where it divides. */
const LOWEST_VARIANCE = 1e-12

/**
 * The cross-entropy of independent yes-or-no targets, a mean over all entries.
 *
 * From probabilities: J = -1/n Σ (t ln p + (1 - t) ln (1 - p)), with logarithms not below -100.
 * From logits: J = 1/n Σ (softplus(z) - z t), which is max(z, 0) - z t + ln(1 + e^-|z|), finite for every z.
 */
export const binaryCrossentropy = defineLoss({
  type: 'binaryCrossentropy',
  config: ({ fromLogits = false, labelSmoothing = 0 }: BinaryCrossentropyOptions = {}) => ({
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
  }),
  inputs: ['prediction', 'target'],
  nonDifferentiable: ['target'],
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  saved: ['smoothed'],
  shapes(inputs) {
    check.samePorts(inputs)
    return { loss: [] }
  },
  forward({ prediction, target }, { fromLogits, labelSmoothing }, { kernels: k }) {
    const smoothed = smooth(target, labelSmoothing, k)
    const entropy = (fromLogits ? fromLogit : fromProbability)(prediction, smoothed, k)
    return { loss: k.mean(entropy), smoothed }
  },
  // dz = 1/n (sigmoid(z) - t), dp = 1/n (p - t) / (p (1 - p))
  backward({ loss: dJ }, { prediction, smoothed: t }, { fromLogits }, { kernels: k }) {
    const p = fromLogits ? k.sigmoid(prediction) : prediction
    const slope = k.sub(p, t)
    const variance = fromLogits ? undefined : k.maximum(k.mul(p, k.oneMinus(p)), LOWEST_VARIANCE)
    return { prediction: k.scale(k.mul(variance ? k.div(slope, variance) : slope, dJ), 1 / prediction.size) }
  },
})

const smooth = (t: Tensor, s: number, k: Kernels) => (s === 0 ? t : k.addScalar(k.scale(t, 1 - s), s / 2))

const fromLogit = (z: Tensor, t: Tensor, k: Kernels) => k.sub(k.softplus(z), k.mul(z, t))

const fromProbability = (p: Tensor, t: Tensor, k: Kernels) => {
  const log = (x: Tensor) => k.maximum(k.log(x), LOWEST_LOG)
  return k.scale(k.add(k.mul(t, log(p)), k.mul(k.oneMinus(t), log(k.oneMinus(p)))), -1)
}
