import { check, defineNode } from '../../core/index.ts'

export interface AlphaDropoutOptions {
  /**
   * The probability with which an entry is dropped, in [0, 1).
   *
   * @default 0.5
   */
  rate?: number
}

/**
 * Dropout for networks of selu: in training, sets entries to the value that selu has far to the left, and then scales and shifts all, so
 * that mean and variance stay; in inference, y = x. Klambauer et al. (2017).
 */
export const alphaDropout = defineNode({
  type: 'alphaDropout',
  config: ({ rate = 0.5 }: AlphaDropoutOptions = {}) => ({ rate: check.fraction({ rate }) }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['factor'],
  examples: [{ config: { rate: 0.4 } }, { config: { rate: 0 } }],
  shapes: ({ x }) => ({ y: x }),
  // y = a (x ∘ keep + dropped (1 - keep)) + b
  forward({ x }, { rate }, { kernels: k, mode, random }) {
    const keep = k.bernoulli(x.shape, mode === 'train' ? 1 - rate : 1, random)
    const a = mode === 'train' ? ((1 - rate) * (1 + rate * DROPPED ** 2)) ** -0.5 : 1
    const b = mode === 'train' ? -a * DROPPED * rate : 0
    const factor = k.scale(keep, a)
    return { y: k.addScalar(k.add(k.mul(x, factor), k.scale(k.oneMinus(keep), a * DROPPED)), b), factor }
  },
  // dx = dy ∘ a keep
  backward({ y: dy }, { factor }, _, { kernels: k }) {
    return { x: k.mul(dy, factor) }
  },
})

/** -λ α of selu. */
const DROPPED = -1.0507009873554805 * 1.6732632423543772
