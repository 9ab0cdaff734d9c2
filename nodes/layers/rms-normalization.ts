import { check, defineNode } from '../../core/index.ts'

export interface RmsNormalizationOptions {
  /**
   * Added to the mean of squares, so that nothing is divided by 0.
   *
   * @default 0.000001
   */
  epsilon?: number
}

/**
 * Each row gets a root mean square of 1, and then is scaled: y = gamma ∘ x / √(mean x² + ε), along the last axis. Zhang and Sennrich
 * (2019).
 *
 * x [batch, ..., features], gamma [features].
 */
export const rmsNormalization = defineNode({
  type: 'rmsNormalization',
  config: ({ epsilon = 1e-6 }: RmsNormalizationOptions = {}) => ({
    epsilon: check.positiveNumber({ epsilon }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['rate'],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  parameters: ({ x }) => ({ gamma: { shape: [check.lastAxis({ x })], initializer: 'ones' } }),
  forward({ x, gamma }, { epsilon }, { kernels: k }) {
    const mean = k.scale(k.sumLastAxis(k.square(x)), 1 / (x.shape.at(-1) as number))
    const rate = k.div(1, k.sqrt(k.addScalar(mean, epsilon)))
    return { y: k.mul(k.mul(x, rate), gamma), rate }
  },
  // dx = r d - r³ x · mean (d ∘ x) for d = dy ∘ gamma, with r = 1 / √(mean x² + ε)
  backward({ y: dy }, { x, gamma, rate }, _, { kernels: k, needs }) {
    const d = k.mul(dy, gamma)
    const n = k.mul(x, rate)
    const along = k.scale(k.sumLastAxis(k.mul(d, n)), 1 / (x.shape.at(-1) as number))
    return {
      x: needs.x && k.mul(rate, k.sub(d, k.mul(n, along))),
      gamma: needs.gamma && k.sumTo(k.mul(dy, n), gamma.shape),
    }
  },
})
