import { defineNode } from '../../core/index.ts'
import { axesOf, foldedShape } from '../axes.ts'
import { type FoldOptions, foldConfig } from './fold-options.ts'

export interface VarianceOptions extends FoldOptions {}

/** y = the mean of (x - μ)² along some axes, with μ the mean along them. */
export const variance = defineNode({
  type: 'variance',
  config: (options: VarianceOptions = {}) => foldConfig(options),
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
    const centred = k.sub(x, k.keepAxes(k.mean(x, axes), x.shape, axes))
    const y = k.mean(k.square(centred), axes)
    return { y: keepDims ? k.keepAxes(y, x.shape, axes) : y }
  },
  // dx = 2/n (x - μ) dy
  backward({ y: dy }, { x }, { axis }, { kernels: k }) {
    const axes = axesOf(x.shape, axis)
    const centred = k.sub(x, k.keepAxes(k.mean(x, axes), x.shape, axes))
    return { x: k.mul(k.scale(centred, (2 * dy.size) / x.size), k.keepAxes(dy, x.shape, axes)) }
  },
})
