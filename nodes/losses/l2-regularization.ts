import { check, defineLoss } from '../../core/index.ts'

export interface L2RegularizationOptions {
  /**
   * What each x² costs.
   *
   * @default 0.01
   */
  factor?: number
}

/** J = factor · Σ x²: keeps the entries of a parameter small. `add()(loss, h.pipe(parameter(), l2Regularization({ factor: 1e-4 })))`. */
export const l2Regularization = defineLoss({
  type: 'l2Regularization',
  config: ({ factor = 0.01 }: L2RegularizationOptions = {}) => ({
    factor: check.nonNegativeNumber({ factor }),
  }),
  inputs: ['x'],
  examples: [{}, { config: { factor: 0.3 }, inputs: { x: [5, 3] } }],
  shapes: () => ({ loss: [] }),
  forward: ({ x }, { factor }, { kernels: k }) => ({ loss: k.scale(k.sum(k.square(x)), factor) }),
  // dx = 2 factor x
  backward: ({ loss: dJ }, { x }, { factor }, { kernels: k }) => ({ x: k.mul(dJ, k.scale(x, 2 * factor)) }),
})
