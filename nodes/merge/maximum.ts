import { check, defineNode, hull, mapTensors, type Range, type Tensor } from '../../core/index.ts'

/** y = the largest of a, b, ..., entry by entry; shapes are combined as in NumPy. Of equals, the first gets the gradient. */
export const maximum = defineNode({
  type: 'maximum',
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: inputs => ({ y: hull(Object.values<Range | undefined>(inputs)) }),
  forward(inputs, _, { kernels: k }) {
    return { y: Object.values<Tensor>(inputs).reduce((most, x) => k.maximum(most, x)) }
  },
  // da = dy where a is y, and 0 else
  backward({ y: dy }, { y, ...inputs }, _, { kernels: k }) {
    let left = dy
    return mapTensors(inputs, x => {
      const isChosen = k.equal(x, y)
      const dx = k.where(isChosen, left, 0)
      left = k.where(isChosen, 0, left)
      return k.sumTo(dx, x.shape)
    })
  },
})
