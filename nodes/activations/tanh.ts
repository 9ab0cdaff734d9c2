import { defineNode, rising } from '../../core/index.ts'

/** y = tanh x. */
export const tanh = defineNode({
  type: 'tanh',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x, Math.tanh) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.tanh(x) }
  },
  // dx = dy · (1 - y²)
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.mul(dy, k.oneMinus(k.square(y))) }
  },
})
