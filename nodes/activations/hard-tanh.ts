import { defineNode } from '../../core/index.ts'

/** y = min(max(x, -1), 1). */
export const hardTanh = defineNode({
  type: 'hardTanh',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [-1, 1] }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.minimum(k.maximum(x, -1), 1) }
  },
  // dx = dy where |x| < 1, else 0
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.where(k.less(k.abs(x), 1), dy, 0) }
  },
})
