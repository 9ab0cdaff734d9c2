import { check, defineNode, intervalOf, type Range, UNIT } from '../../core/index.ts'

/** y = a ∘ b, entry by entry; shapes are combined as in NumPy. */
export const multiply = defineNode({
  type: 'multiply',
  inputs: ['a', 'b'],
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: ({ a, b }) => ({ y: isPart(a) && isPart(b) ? UNIT : undefined }),
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

/** Whether it is from 0 to 1: so is the product of such numbers, and nothing is known of that of others. */
const isPart = (range: Range | undefined): boolean => {
  if (range === undefined) return false
  const [from, to] = intervalOf(range)
  return from >= 0 && to <= 1
}
