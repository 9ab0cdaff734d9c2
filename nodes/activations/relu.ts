import { defineNode, rising } from '../../core/index.ts'

/** y = max(x, 0). The derivative at 0 is taken to be 0. */
export const relu = defineNode({
  type: 'relu',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x, v => Math.max(v, 0)) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.relu(x) }
  },
  // dx = dy where y > 0, else 0
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.wherePositive(y, dy, 0) }
  },
})
