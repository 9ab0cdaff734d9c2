import {
  check,
  defineNode,
  intervalOf,
  type Kernels,
  mapTensors,
  type Range,
  type Tensor,
  UNIT,
} from '../../core/index.ts'

/** y = a ∘ b ∘ ..., entry by entry; shapes are combined as in NumPy. */
export const multiply = defineNode({
  type: 'multiply',
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: inputs => ({ y: Object.values<Range | undefined>(inputs).every(isPart) ? UNIT : undefined }),
  forward(inputs, _, { kernels: k }) {
    return { y: product(Object.values<Tensor>(inputs), k) }
  },
  // da = dy ∘ the product of the others
  backward({ y: dy }, { y: _y, ...inputs }, _, { kernels: k }) {
    return mapTensors(inputs, ({ shape }, name) => {
      const others = Object.entries<Tensor>(inputs).filter(([other]) => other !== name)
      return k.sumTo(product([dy, ...others.map(([, x]) => x)], k), shape)
    })
  },
})

const product = (tensors: readonly Tensor[], k: Kernels) => tensors.reduce((all, x) => k.mul(all, x))

/** Whether it is from 0 to 1: so is the product of such numbers, and nothing is known of that of others. */
const isPart = (range: Range | undefined): boolean => {
  if (range === undefined) return false
  const [from, to] = intervalOf(range)
  return from >= 0 && to <= 1
}
