import { check, defineLoss } from '../../core/index.ts'

export interface L1RegularizationOptions {
  /**
   * What each |x| costs.
   *
   * @default 0.01
   */
  factor?: number
}

/** J = factor · Σ |x|: makes many entries of a parameter 0. `add()(loss, h.pipe(parameter(), l1Regularization({ factor: 1e-4 })))`. */
export const l1Regularization = defineLoss({
  type: 'l1Regularization',
  config: ({ factor = 0.01 }: L1RegularizationOptions = {}) => ({
    factor: check.nonNegativeNumber({ factor }),
  }),
  inputs: ['x'],
  examples: [{}, { config: { factor: 0.3 }, inputs: { x: [5, 3] } }],
  shapes: () => ({ loss: [] }),
  forward: ({ x }, { factor }, { kernels: k }) => ({ loss: k.scale(k.sum(k.abs(x)), factor) }),
  // dx = factor sign x
  backward({ loss: dJ }, { x }, { factor }, { kernels: k }) {
    const sign = k.sub(k.greater(x, 0), k.less(x, 0))
    return { x: k.mul(dJ, k.scale(sign, factor)) }
  },
})
