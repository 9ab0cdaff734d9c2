import { defineNode } from '../../core/index.ts'

/** y = sin x. */
export const sin = defineNode({
  type: 'sin',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.sin(x) }
  },
  // dx = dy · cos x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.cos(x)) }
  },
})
