import { defineNode } from '../../core/index.ts'
import { axesOf, foldedShape } from '../axes.ts'
import { type FoldOptions, foldConfig } from './fold-options.ts'

export interface LogSumExpOptions extends FoldOptions {}

/** y = ln Σ eˣ along some axes, computed from x - max x, so that it is finite for every x. */
export const logSumExp = defineNode({
  type: 'logSumExp',
  config: (options: LogSumExpOptions = {}) => foldConfig(options),
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
    const most = k.keepAxes(k.max(x, axes), x.shape, axes)
    const sum = k.sum(k.exp(k.sub(x, most)), axes)
    const y = k.add(k.log(sum), k.reshape(most, sum.shape))
    return { y: keepDims ? k.keepAxes(y, x.shape, axes) : y }
  },
  // dx = dy · e^(x - y), the share of each entry
  backward({ y: dy }, { x, y }, { axis }, { kernels: k }) {
    const axes = axesOf(x.shape, axis)
    const share = k.exp(k.sub(x, k.keepAxes(y, x.shape, axes)))
    return { x: k.mul(share, k.keepAxes(dy, x.shape, axes)) }
  },
})
