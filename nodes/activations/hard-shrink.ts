import { check, defineNode, rising } from '../../core/index.ts'

export interface HardShrinkOptions {
  /**
   * What is not further from 0 becomes 0.
   *
   * @default 0.5
   */
  lambda?: number
}

/** y = x where |x| > lambda, else 0. */
export const hardShrink = defineNode({
  type: 'hardShrink',
  config: ({ lambda = 0.5 }: HardShrinkOptions = {}) => ({ lambda: check.nonNegativeNumber({ lambda }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { lambda: 1 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }, { lambda }) => ({ y: rising(x, v => (Math.abs(v) > lambda ? v : 0)) }),
  forward({ x }, { lambda }, { kernels: k }) {
    return { y: k.where(k.greater(k.abs(x), lambda), x, 0) }
  },
  // dx = dy where |x| > lambda, else 0
  backward({ y: dy }, { x }, { lambda }, { kernels: k }) {
    return { x: k.where(k.greater(k.abs(x), lambda), dy, 0) }
  },
})
