import { defineNode } from '../../core/index.ts'

/** y = |x|. The derivative at 0 is taken to be 0. */
export const abs = defineNode({
  type: 'abs',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.abs(x) }
  },
  // dx = dy where x > 0, -dy where x < 0, else 0
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.sub(k.greater(x, 0), k.less(x, 0))) }
  },
})
