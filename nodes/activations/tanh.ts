import { defineNode } from '../../core/index.ts'

/** y = tanh x. */
export const tanh = defineNode({
  type: 'tanh',
  inputs: ['x'],
  outputs: ['y'],
  activation: 'tanh',
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.tanh(x) }
  },
  // dx = dy · (1 - y²)
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.tanhGradient(dy, y) }
  },
})
