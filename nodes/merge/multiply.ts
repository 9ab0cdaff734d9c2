import { check, defineNode } from '../../core/index.ts'

/** y = a ∘ b, entry by entry; shapes are combined as in NumPy. */
export const multiply = defineNode({
  type: 'multiply',
  inputs: ['a', 'b'],
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  forward({ a, b }, _, { kernels: k }) {
    return { y: k.mul(a, b) }
  },
  // da = dy ∘ b, db = dy ∘ a
  backward({ y: dy }, { a, b }, _, { kernels: k, needs }) {
    return {
      a: needs.a && k.sumTo(k.mul(dy, b), a.shape),
      b: needs.b && k.sumTo(k.mul(dy, a), b.shape),
    }
  },
})
