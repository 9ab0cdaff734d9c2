import { defineNode, UNIT } from '../../core/index.ts'

/** y = 1 / (1 + e⁻ˣ), finite for every x. */
export const sigmoid = defineNode({
  type: 'sigmoid',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: UNIT }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.sigmoid(x) }
  },
  // dx = dy · y · (1 - y)
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.mul(dy, k.mul(y, k.oneMinus(y))) }
  },
})
