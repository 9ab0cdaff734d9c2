import { check, defineNode } from '../../core/index.ts'

export interface GaussianDropoutOptions {
  /**
   * The rate of a dropout that disturbs as much, in [0, 1).
   *
   * @default 0.5
   */
  rate?: number
}

/**
 * In training, multiplies each entry by a normally distributed number with mean 1 and variance rate / (1 - rate); in inference, y = x.
 * Srivastava et al. (2014), section 10.
 */
export const gaussianDropout = defineNode({
  type: 'gaussianDropout',
  config: ({ rate = 0.5 }: GaussianDropoutOptions = {}) => ({ rate: check.fraction({ rate }) }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['factor'],
  examples: [{ config: { rate: 0.4 } }, { config: { rate: 0 } }],
  shapes: ({ x }) => ({ y: x }),
  // y = x ∘ factor
  forward({ x }, { rate }, { kernels: k, mode, random }) {
    const deviation = Math.sqrt(rate / (1 - rate))
    const factor =
      mode === 'train' ? k.addScalar(k.scale(k.normal(x.shape, random), deviation), 1) : k.fill([], 1)
    return { y: k.mul(x, factor), factor }
  },
  // dx = dy ∘ factor
  backward({ y: dy }, { factor }, _, { kernels: k }) {
    return { x: k.mul(dy, factor) }
  },
})
