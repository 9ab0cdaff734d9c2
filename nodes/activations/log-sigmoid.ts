import { defineNode } from '../../core/index.ts'

/** y = ln sigmoid(x) = -softplus(-x), finite for every x. */
export const logSigmoid = defineNode({
  type: 'logSigmoid',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [Number.NEGATIVE_INFINITY, 0] }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.neg(k.softplus(k.neg(x))) }
  },
  // dx = dy · sigmoid(-x)
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.sigmoid(k.neg(x))) }
  },
})
