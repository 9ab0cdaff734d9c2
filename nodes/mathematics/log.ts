import { defineNode } from '../../core/index.ts'

/** y = ln x, for x above 0. */
export const log = defineNode({
  type: 'log',
  inputs: ['x'],
  outputs: ['y'],
  domain: { x: [0.1, 5] },
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.log(x) }
  },
  // dx = dy / x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.div(dy, x) }
  },
})
