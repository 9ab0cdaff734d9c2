import { check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'
import { scaleAndShift } from './scale-and-shift.ts'

export interface LayerNormalizationOptions {
  /**
   * Added to the variance, so that nothing is divided by 0.
   *
   * @default 0.001
   */
  epsilon?: number
}

/**
 * Each row gets mean 0 and variance 1, and then is scaled and shifted: y = gamma ∘ (x - μ) / √(σ² + ε) + beta, with μ and σ²
 * along the last axis. Ba, Kiros and Hinton (2016).
 *
 * x [batch, ..., features], gamma [features], beta [features].
 */
export const layerNormalization = defineNode({
  type: 'layerNormalization',
  config: ({ epsilon = 0.001 }: LayerNormalizationOptions = {}) => ({
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
  forward({ x, gamma, beta }, { epsilon }, { kernels: k }) {
    const centred = k.sub(x, rowMean(x, k))
    const rate = k.div(1, k.sqrt(k.add(rowMean(k.square(centred), k), epsilon)))
    const normalized = k.mul(centred, rate)
    return { y: k.add(k.mul(normalized, gamma), beta), normalized, rate }
  },
  // dx = r (d - mean d - n · mean (d ∘ n)) for d = dy ∘ gamma, with n the normalized rows and r = 1 / √(σ² + ε)
  backward({ y: dy }, { normalized, rate, gamma, beta }, _, { kernels: k, needs }) {
    const d = k.mul(dy, gamma)
    const along = k.mul(normalized, rowMean(k.mul(d, normalized), k))
    return {
      x: needs.x && k.mul(rate, k.sub(k.sub(d, rowMean(d, k)), along)),
      gamma: needs.gamma && k.sumTo(k.mul(dy, normalized), gamma.shape),
      beta: needs.beta && k.sumTo(dy, beta.shape),
    }
  },
})

const rowMean = (x: Tensor, k: Kernels) => k.scale(k.sumLastAxis(x), 1 / (x.shape.at(-1) as number))
