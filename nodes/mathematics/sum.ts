import { defineNode } from '../../core/index.ts'
import { axesOf, foldedShape } from '../axes.ts'
import { type FoldOptions, foldConfig } from './fold-options.ts'

export interface SumOptions extends FoldOptions {}

/** y = the sum of the entries along some axes. */
export const sum = defineNode({
  type: 'sum',
  config: (options: SumOptions = {}) => foldConfig(options),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [4, 6] } },
    { config: { axis: [1, -1], keepDims: true }, inputs: { x: [2, 3, 5, 2] } },
    { config: { axis: 1 }, inputs: { x: [3, 4, 2] } },
  ],
  shapes: ({ x }, { axis, keepDims }) => ({ y: foldedShape(x, axesOf(x, axis), keepDims) }),
  forward({ x }, { axis, keepDims }, { kernels: k }) {
    const axes = axesOf(x.shape, axis)
    const y = k.sum(x, axes)
    return { y: keepDims ? k.keepAxes(y, x.shape, axes) : y }
  },
  // dx = dy, repeated along the axes
  backward({ y: dy }, { x }, { axis }, { kernels: k }) {
    return { x: k.expand(k.keepAxes(dy, x.shape, axesOf(x.shape, axis)), x.shape) }
  },
})
