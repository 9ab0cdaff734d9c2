import { defineNode, rising } from '../../core/index.ts'

/** y = ln(1 + eˣ), finite for every x. */
export const softplus = defineNode({
  type: 'softplus',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x, v => Math.log1p(Math.exp(-Math.abs(v))) + Math.max(v, 0)) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.softplus(x) }
  },
  // dx = dy · sigmoid(x)
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.mul(dy, k.sigmoid(x)) }
  },
})
