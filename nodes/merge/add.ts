import { check, defineNode, isEveryNumber, mapTensors, type Range, type Tensor } from '../../core/index.ts'

/** y = a + b + ..., entry by entry; shapes are combined as in NumPy. */
export const add = defineNode({
  type: 'add',
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: inputs => ({ y: Object.values<Range | undefined>(inputs).find(isEveryNumber) }),
  forward(inputs, _, { kernels: k }) {
    return { y: Object.values<Tensor>(inputs).reduce((sum, x) => k.add(sum, x)) }
  },
  // da = db = dy
  backward({ y: dy }, { y: _y, ...inputs }, _, { kernels: k }) {
    return mapTensors(inputs, x => k.sumTo(dy, x.shape))
  },
})
