import { defineNode } from '../../core/index.ts'

/** y = x · sigmoid(x), also called swish. Elfwing, Uchibe and Doya (2018). */
export const silu = defineNode({
  type: 'silu',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.mul(x, k.sigmoid(x)) }
  },
  // dx = dy · s · (1 + x · (1 - s)), with s = sigmoid(x)
  backward({ y: dy }, { x }, _, { kernels: k }) {
    const s = k.sigmoid(x)
    return { x: k.mul(dy, k.mul(s, k.add(k.mul(x, k.oneMinus(s)), 1))) }
  },
})
