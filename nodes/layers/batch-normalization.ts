import { check, defineNode, type Kernels, type Shape, type Tensor } from '../../core/index.ts'
import { scaleAndShift } from './scale-and-shift.ts'

export interface BatchNormalizationOptions {
  /**
   * The share of the moving mean and variance that is kept in each step.
   *
   * @default 0.99
   */
  momentum?: number
  /**
   * Added to the variance, so that nothing is divided by 0.
   *
   * @default 0.001
   */
  epsilon?: number
}

/**
 * Each feature gets mean 0 and variance 1 over the batch, and then is scaled and shifted:
 * y = gamma ∘ (x - μ) / √(σ² + ε) + beta. In training, μ and σ² are those of the batch, and the moving mean and variance
 * follow them; in inference, they are the moving ones. Ioffe and Szegedy (2015).
 *
 * x [batch, ..., features], gamma [features], beta [features].
 */
export const batchNormalization = defineNode({
  type: 'batchNormalization',
  config: ({ momentum = 0.99, epsilon = 0.001 }: BatchNormalizationOptions = {}) => ({
    momentum: check.fraction({ momentum }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['normalized', 'rate'],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  parameters: scaleAndShift,
  state: ({ x }) => ({
    movingMean: { shape: [check.lastAxis({ x })], initializer: 'zeros' },
    movingVariance: { shape: [check.lastAxis({ x })], initializer: 'ones' },
  }),
  forward({ x, gamma, beta, movingMean, movingVariance }, { momentum, epsilon }, { kernels: k, mode }) {
    const isTraining = mode === 'train'
    const mean = isTraining ? batchMean(x, gamma.shape, k) : movingMean
    const centred = k.sub(x, mean)
    const variance = isTraining ? batchMean(k.square(centred), gamma.shape, k) : movingVariance
    const rate = k.div(1, k.sqrt(k.add(variance, epsilon)))
    const normalized = k.mul(centred, rate)
    const y = k.add(k.mul(normalized, gamma), beta)
    if (!isTraining) return { y, normalized, rate }
    const moved = (from: Tensor, to: Tensor) => k.add(k.scale(from, momentum), k.scale(to, 1 - momentum))
    return {
      ...{ y, normalized, rate },
      movingMean: moved(movingMean, mean),
      movingVariance: moved(movingVariance, variance),
    }
  },
  // dx = r γ (dy - (dβ + n dγ) / m), with dβ = Σ dy, dγ = Σ dy n, n the normalized batch, r = 1 / √(σ² + ε), and m entries for
  // each feature; in inference μ and σ² do not depend on x, and dx = r γ dy
  backward({ y: dy }, { normalized, rate, gamma, beta }, _, { kernels: k, mode, needs }) {
    const dGamma = k.sumTo(k.mul(dy, normalized), gamma.shape)
    const dBeta = k.sumTo(dy, beta.shape)
    const share = gamma.size / dy.size
    const centred = () => k.sub(dy, k.add(k.scale(dBeta, share), k.mul(normalized, k.scale(dGamma, share))))
    return {
      x: needs.x && k.mul(k.mul(rate, gamma), mode === 'train' ? centred() : dy),
      gamma: dGamma,
      beta: dBeta,
    }
  },
})

/** The mean over all axes but the last one. */
const batchMean = (x: Tensor, shape: Shape, k: Kernels) =>
  k.scale(k.sumTo(x, shape), (shape[0] as number) / x.size)
