import { defineNode } from '../../core/index.ts'

/** y = x / (1 + |x|). */
export const softsign = defineNode({
  type: 'softsign',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [-1, 1] }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.div(x, k.addScalar(k.abs(x), 1)) }
  },
  // dx = dy / (1 + |x|)²
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.div(dy, k.square(k.addScalar(k.abs(x), 1))) }
  },
})
