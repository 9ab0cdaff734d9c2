import { defineNode } from '../../core/index.ts'

/** y = ln(1 + eˣ), finite for every x. */
export const softplus = defineNode({
  type: 'softplus',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.softplus(x) }
  },
  // dx = dy · sigmoid(x)
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.softplusGradient(dy, x) }
  },
})
