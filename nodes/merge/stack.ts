import { check, defineNode, hull, mapTensors, type Range, type Tensor } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface StackOptions {
  /**
   * The place of the new axis in the result, counted from the end where it is negative; 0 is the batch and stays.
   *
   * @default 1
   */
  axis?: number
}

/** y = a, b, ... of the same shape, one beside the other along a new axis. */
export const stack = defineNode({
  type: 'stack',
  config: ({ axis = 1 }: StackOptions = {}) => ({ axis: check.integer({ axis }) }),
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  examples: [{}, { config: { axis: -1 } }],
  shapes(inputs, { axis }) {
    const shape = check.samePorts(inputs)
    return { y: shape.toSpliced(axisOf(shape, axis, shape.length + 1), 0, Object.keys(inputs).length) }
  },
  ranges: inputs => ({ y: hull(Object.values<Range | undefined>(inputs)) }),
  forward(inputs, { axis }, { kernels: k }) {
    const { shape } = inputs.a
    const at = axisOf(shape, axis, shape.length + 1)
    const parts = Object.values<Tensor>(inputs).map(x => k.reshape(x, shape.toSpliced(at, 0, 1)))
    return { y: k.concatenate(parts, at) }
  },
  // each input gets the part of dy that it gave to y
  backward({ y: dy }, { y, ...inputs }, { axis }, { kernels: k }) {
    const at = axisOf(y.shape, axis)
    let i = 0
    return mapTensors(inputs, ({ shape }) => k.reshape(k.slice(dy, at, i++, 1), shape))
  },
})
