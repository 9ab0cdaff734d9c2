import { defineNode } from '../../core/index.ts'

/** y = √x, for x above 0. */
export const sqrt = defineNode({
  type: 'sqrt',
  inputs: ['x'],
  outputs: ['y'],
  domain: { x: [0.1, 5] },
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.sqrt(x) }
  },
  // dx = dy / 2y
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.div(dy, k.scale(y, 2)) }
  },
})
