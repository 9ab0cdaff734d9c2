import { check, defineNode, rising } from '../../core/index.ts'

export interface SoftShrinkOptions {
  /**
   * By how much values come closer to 0.
   *
   * @default 0.5
   */
  lambda?: number
}

/** y = x - lambda where x > lambda, x + lambda where x < -lambda, else 0. */
export const softShrink = defineNode({
  type: 'softShrink',
  config: ({ lambda = 0.5 }: SoftShrinkOptions = {}) => ({ lambda: check.nonNegativeNumber({ lambda }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { lambda: 1 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }, { lambda }) => ({ y: rising(x, v => Math.sign(v) * Math.max(Math.abs(v) - lambda, 0)) }),
  forward({ x }, { lambda }, { kernels: k }) {
    return { y: k.sub(x, k.minimum(k.maximum(x, -lambda), lambda)) }
  },
  // dx = dy where |x| > lambda, else 0
  backward({ y: dy }, { x }, { lambda }, { kernels: k }) {
    return { x: k.where(k.greater(k.abs(x), lambda), dy, 0) }
  },
})
