import { ANY_NUMBER, defineNode, rising } from '../../core/index.ts'

/** y = eˣ. */
export const exponential = defineNode({
  type: 'exponential',
  inputs: ['x'],
  outputs: ['y'],
  domain: { x: [-5, 5] },
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x ?? ANY_NUMBER, Math.exp) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.exp(x) }
  },
  // dx = dy · y
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.mul(dy, y) }
  },
})
