import {
  check,
  defineNode,
  hull,
  mapTensors,
  type PortShape,
  type Range,
  type Tensor,
} from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface ConcatenateOptions {
  /**
   * The axis to join along, counted from the end where it is negative; 0 is the batch and cannot be joined.
   *
   * @default -1
   */
  axis?: number
}

/** y = a, b, ... joined along `axis`: by default the last one; axis 0 is the batch and cannot be joined. */
export const concatenate = defineNode({
  type: 'concatenate',
  config: ({ axis = -1 }: ConcatenateOptions = {}) => ({ axis: check.integer({ axis }) }),
  inputs: ['a', 'b'],
  variadic: true,
  outputs: ['y'],
  examples: [
    { inputs: { a: [4, 2], b: [4, 3] } },
    { config: { axis: 1 }, inputs: { a: [3, 2, 4], b: [3, 5, 4] } },
  ],
  shapes(inputs, { axis }) {
    const shapes = Object.values<PortShape>(inputs)
    const at = axisOf(inputs.a, axis)
    const rests = Object.entries<PortShape>(inputs).map(([name, shape]) => [name, shape.toSpliced(at, 1)])
    check.samePorts(Object.fromEntries(rests))
    const whole = shapes.reduce((sum, shape) => sum + (shape[at] as number), 0)
    return { y: inputs.a.with(at, whole) }
  },
  ranges: inputs => ({ y: hull(Object.values<Range | undefined>(inputs)) }),
  forward(inputs, { axis }, { kernels: k }) {
    return { y: k.concatenate(Object.values<Tensor>(inputs), axisOf(inputs.a.shape, axis)) }
  },
  // each input gets the part of dy that it gave to y
  backward({ y: dy }, { y, ...inputs }, { axis }, { kernels: k }) {
    const at = axisOf(y.shape, axis)
    let start = 0
    return mapTensors(inputs, ({ shape }) => {
      const length = shape[at] as number
      start += length
      return k.slice(dy, at, start - length, length)
    })
  },
})
