import { defineNode } from '../../core/index.ts'

/** y = cos x. */
export const cos = defineNode({
  type: 'cos',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.cos(x) }
  },
  // dx = -dy · sin x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.neg(k.mul(dy, k.sin(x))) }
  },
})
