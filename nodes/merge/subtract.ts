import { check, defineNode, isEveryNumber } from '../../core/index.ts'

/** y = a - b, entry by entry; shapes are combined as in NumPy. */
export const subtract = defineNode({
  type: 'subtract',
  inputs: ['a', 'b'],
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: ({ a, b }) => ({ y: [a, b].find(isEveryNumber) }),
  forward({ a, b }, _, { kernels: k }) {
    return { y: k.sub(a, b) }
  },
  // da = dy, db = -dy
  backward({ y: dy }, { a, b }, _, { kernels: k, needs }) {
    return { a: k.sumTo(dy, a.shape), b: needs.b && k.scale(k.sumTo(dy, b.shape), -1) }
  },
})
