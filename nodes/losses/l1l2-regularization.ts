import { check, defineLoss } from '../../core/index.ts'

export interface L1l2RegularizationOptions {
  /**
   * What each |x| costs.
   *
   * @default 0.01
   */
  l1?: number
  /**
   * What each x² costs.
   *
   * @default 0.01
   */
  l2?: number
}

/** J = l1 Σ |x| + l2 Σ x², on a parameter: the elastic net. Zou and Hastie (2005). */
export const l1l2Regularization = defineLoss({
  type: 'l1l2Regularization',
  config: ({ l1 = 0.01, l2 = 0.01 }: L1l2RegularizationOptions = {}) => ({
    l1: check.nonNegativeNumber({ l1 }),
    l2: check.nonNegativeNumber({ l2 }),
  }),
  inputs: ['x'],
  examples: [{}, { config: { l1: 0.3, l2: 0.1 }, inputs: { x: [5, 3] } }],
  shapes: () => ({ loss: [] }),
  forward({ x }, { l1, l2 }, { kernels: k }) {
    return { loss: k.sum(k.add(k.scale(k.abs(x), l1), k.scale(k.square(x), l2))) }
  },
  // dx = l1 sign x + 2 l2 x
  backward({ loss: dJ }, { x }, { l1, l2 }, { kernels: k }) {
    const sign = k.sub(k.greater(x, 0), k.less(x, 0))
    return { x: k.mul(dJ, k.add(k.scale(sign, l1), k.scale(x, 2 * l2))) }
  },
})
