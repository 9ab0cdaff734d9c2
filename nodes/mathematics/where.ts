import { check, defineNode, hull } from '../../core/index.ts'

/** y = a where the condition is not 0, else b, entry by entry; shapes are combined as in NumPy. */
export const where = defineNode({
  type: 'where',
  inputs: ['condition', 'a', 'b'],
  nonDifferentiable: ['condition'],
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: ({ a, b }) => ({ y: hull([a, b]) }),
  forward({ condition, a, b }, _, { kernels: k }) {
    return { y: k.where(condition, a, b) }
  },
  // da = dy where the condition holds, db = dy where it does not
  backward({ y: dy }, { condition, a, b }, _, { kernels: k, needs }) {
    return {
      a: needs.a && k.sumTo(k.where(condition, dy, 0), a.shape),
      b: needs.b && k.sumTo(k.where(condition, 0, dy), b.shape),
    }
  },
})
