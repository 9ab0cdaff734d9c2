import { defineNode } from '../../core/index.ts'

/** y = x². */
export const square = defineNode({
  type: 'square',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.square(x) }
  },
  // dx = 2 dy · x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.scale(x, 2)) }
  },
})
