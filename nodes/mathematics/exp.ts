import { defineNode } from '../../core/index.ts'

/** y = eˣ. */
export const exp = defineNode({
  type: 'exp',
  inputs: ['x'],
  outputs: ['y'],
  domain: { x: [-5, 5] },
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.exp(x) }
  },
  // dx = dy · y
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.mul(dy, y) }
  },
})
