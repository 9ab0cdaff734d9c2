import { check, defineNode, rising } from '../../core/index.ts'

export interface EluOptions {
  /**
   * How far it goes below 0: to -alpha.
   *
   * @default 1
   */
  alpha?: number
}

/** y = x where x > 0, else alpha · (eˣ - 1). Clevert, Unterthiner and Hochreiter (2015). */
export const elu = defineNode({
  type: 'elu',
  config: ({ alpha = 1 }: EluOptions = {}) => ({ alpha: check.finiteNumber({ alpha }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { alpha: 0.7 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }, { alpha }) => ({
    y: alpha >= 0 ? rising(x, v => (v > 0 ? v : alpha * Math.expm1(v))) : undefined,
  }),
  forward({ x }, { alpha }, { kernels: k }) {
    return { y: k.wherePositive(x, x, k.scale(k.expm1(x), alpha)) }
  },
  // dx = dy where x > 0, else dy · alpha · eˣ = dy · (y + alpha)
  backward({ y: dy }, { x, y }, { alpha }, { kernels: k }) {
    return { x: k.wherePositive(x, dy, k.mul(dy, k.addScalar(y, alpha))) }
  },
})
