import { check, defineNode, rising } from '../../core/index.ts'

export interface LeakyReluOptions {
  /**
   * The slope where x < 0.
   *
   * @default 0.3
   */
  alpha?: number
}

/** y = x where x > 0, else alpha · x. */
export const leakyRelu = defineNode({
  type: 'leakyRelu',
  config: ({ alpha = 0.3 }: LeakyReluOptions = {}) => ({ alpha: check.finiteNumber({ alpha }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { alpha: 0.01 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }, { alpha }) => ({ y: alpha > 0 ? rising(x, v => (v > 0 ? v : alpha * v)) : undefined }),
  forward({ x }, { alpha }, { kernels: k }) {
    return { y: k.wherePositive(x, x, k.scale(x, alpha)) }
  },
  // dx = dy where x > 0, else alpha · dy
  backward({ y: dy }, { x }, { alpha }, { kernels: k }) {
    return { x: k.wherePositive(x, dy, k.scale(dy, alpha)) }
  },
})
