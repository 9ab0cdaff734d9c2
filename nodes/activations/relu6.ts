import { defineNode } from '../../core/index.ts'

/** y = min(max(x, 0), 6). Krizhevsky (2010). */
export const relu6 = defineNode({
  type: 'relu6',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [0, 6] }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.minimum(k.relu(x), 6) }
  },
  // dx = dy where 0 < x < 6, else 0
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.where(k.less(0, x), k.where(k.less(x, 6), dy, 0), 0) }
  },
})
