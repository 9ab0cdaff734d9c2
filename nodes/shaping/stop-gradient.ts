import { defineNode } from '../../core/index.ts'

/** y = x, and no gradient goes back: what lies behind counts as a constant. */
export const stopGradient = defineNode({
  type: 'stopGradient',
  inputs: ['x'],
  nonDifferentiable: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  rearranges: true,
  ranges: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.copy(x) }
  },
  backward: () => ({}),
})
