import { check, defineNode, rising } from '../../core/index.ts'

export interface CeluOptions {
  /**
   * How far it goes below 0: to -alpha.
   *
   * @default 1
   */
  alpha?: number
}

/** y = max(x, 0) + min(0, α (e^(x/α) - 1)): an elu whose slope has no jump at 0 for any α. Barron (2017). */
export const celu = defineNode({
  type: 'celu',
  config: ({ alpha = 1 }: CeluOptions = {}) => ({ alpha: check.positiveNumber({ alpha }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { alpha: 0.7 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }, { alpha }) => ({ y: rising(x, v => (v > 0 ? v : alpha * Math.expm1(v / alpha))) }),
  forward({ x }, { alpha }, { kernels: k }) {
    return { y: k.wherePositive(x, x, k.scale(k.expm1(k.scale(x, 1 / alpha)), alpha)) }
  },
  // dx = dy where x > 0, else dy · e^(x/α)
  backward({ y: dy }, { x }, { alpha }, { kernels: k }) {
    return { x: k.wherePositive(x, dy, k.mul(dy, k.exp(k.scale(x, 1 / alpha)))) }
  },
})
