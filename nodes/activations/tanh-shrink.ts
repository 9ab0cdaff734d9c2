import { defineNode, rising } from '../../core/index.ts'

/** y = x - tanh x. */
export const tanhShrink = defineNode({
  type: 'tanhShrink',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x, v => v - Math.tanh(v)) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.sub(x, k.tanh(x)) }
  },
  // dx = dy · tanh² x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.square(k.tanh(x))) }
  },
})
