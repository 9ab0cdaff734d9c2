import { check, defineNode } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface ReverseOptions {
  /**
   * The axis, counted from the end where it is negative; 0 is the batch and stays.
   *
   * @default 1
   */
  axis?: number
}

/** y = x with the order along an axis turned round: the last entry comes first. */
export const reverse = defineNode({
  type: 'reverse',
  config: ({ axis = 1 }: ReverseOptions = {}) => ({ axis: check.integer({ axis }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [4, 5] } }, { config: { axis: -1 }, inputs: { x: [2, 3, 4] } }],
  shapes({ x }, { axis }) {
    axisOf(x, axis)
    return { y: x }
  },
  rearranges: true,
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { axis }, { kernels: k }) {
    return { y: k.flip(x, [axisOf(x.shape, axis)]) }
  },
  // dx = dy, turned round
  backward({ y: dy }, _, { axis }, { kernels: k }) {
    return { x: k.flip(dy, [axisOf(dy.shape, axis)]) }
  },
})
