import { defineNode } from '../../core/index.ts'

/** y = x · tanh(softplus(x)). Misra (2019). */
export const mish = defineNode({
  type: 'mish',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.mul(x, k.tanh(k.softplus(x))) }
  },
  // dx = dy · (t + x · (1 - t²) · sigmoid(x)), with t = tanh(softplus(x))
  backward({ y: dy }, { x }, _, { kernels: k }) {
    const t = k.tanh(k.softplus(x))
    const slope = k.mul(k.oneMinus(k.square(t)), k.sigmoid(x))
    return { x: k.mul(dy, k.add(t, k.mul(x, slope))) }
  },
})
