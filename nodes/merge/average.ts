import { check, defineNode, hull, mapTensors, type Range, type Tensor } from '../../core/index.ts'

/** y = (a + b + ...) / n, entry by entry; shapes are combined as in NumPy. */
export const average = defineNode({
  type: 'average',
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  shapes: inputs => ({ y: check.broadcastPorts(inputs) }),
  ranges: inputs => ({ y: hull(Object.values<Range | undefined>(inputs)) }),
  forward(inputs, _, { kernels: k }) {
    const all = Object.values<Tensor>(inputs)
    return { y: k.scale(k.addAll(all), 1 / all.length) }
  },
  // da = db = dy / n
  backward({ y: dy }, { y: _y, ...inputs }, _, { kernels: k }) {
    const share = k.scale(dy, 1 / Object.keys(inputs).length)
    return mapTensors(inputs, x => k.sumTo(share, x.shape))
  },
})
