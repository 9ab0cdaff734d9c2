import { check, defineLoss, type Kernels, type Tensor } from '../../core/index.ts'

export interface BinaryCrossentropyOptions {
  /**
   * Whether predictions are logits z rather than probabilities p; then sigmoid belongs to the loss.
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
  examples: [
    {},
    { config: { fromLogits: true } },
    { config: { labelSmoothing: 0.1 } },
    { config: { fromLogits: true, labelSmoothing: 0.1 } },
  ],
  nonDifferentiable: ['target'],
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  saved: ['smoothed'],
  shapes(inputs) {
    check.samePorts(inputs)
    return { loss: [] }
  },
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'probabilities',
    target: 'probabilities',
  }),
  forward({ prediction, target }, { fromLogits, labelSmoothing }, { kernels: k }) {
    const smoothed = smooth(target, labelSmoothing, k)
    return {
      loss: k.mean(fromLogits ? ofLogits(prediction, smoothed, k) : of(prediction, smoothed, k)),
      smoothed,
    }
  },
  // dz = 1/n (sigmoid(z) - t), dp = 1/n (p - t) / (p (1 - p)), with a divisor not below 1e-12
  backward({ loss: dJ }, { prediction, smoothed }, { fromLogits }, { kernels: k }) {
    const slope = fromLogits
      ? k.sub(k.sigmoid(prediction), smoothed)
      : k.div(k.sub(prediction, smoothed), k.maximum(k.mul(prediction, k.oneMinus(prediction)), 1e-12))
    return { prediction: k.mul(k.scale(dJ, 1 / prediction.size), slope) }
  },
})

/** softplus(z) - z t */
const ofLogits = (z: Tensor, t: Tensor, k: Kernels) => k.sub(k.softplus(z), k.mul(z, t))

/** -(t ln p + (1 - t) ln (1 - p)) */
const of = (p: Tensor, t: Tensor, k: Kernels) =>
  k.neg(k.add(k.mul(t, logarithm(p, k)), k.mul(k.oneMinus(t), logarithm(k.oneMinus(p), k))))

const logarithm = (p: Tensor, k: Kernels) => k.maximum(k.log(p), -100)

const smooth = (t: Tensor, s: number, k: Kernels) => (s === 0 ? t : k.addScalar(k.scale(t, 1 - s), s / 2))
