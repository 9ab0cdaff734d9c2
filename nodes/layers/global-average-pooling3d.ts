import { check, defineNode } from '../../core/index.ts'
import { foldedShape } from '../axes.ts'
import { fieldOf } from './windows.ts'

export interface GlobalAveragePooling3dOptions {
  /**
   * Whether the folded axes stay, with length 1.
   *
   * @default false
   */
  keepDims?: boolean
}

/** y = the mean of all of x [batch, depth, height, width, channels], for each channel: [batch, channels]. */
export const globalAveragePooling3d = defineNode({
  type: 'globalAveragePooling3d',
  config: ({ keepDims = false }: GlobalAveragePooling3dOptions = {}) => ({
    keepDims: check.boolean({ keepDims }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 4, 5, 3, 2] } },
    { config: { keepDims: true }, inputs: { x: [2, 4, 5, 3, 2] } },
  ],
  shapes({ x }, { keepDims }) {
    fieldOf(x, 3)
    return { y: foldedShape(x, AXES, keepDims) }
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { keepDims }, { kernels: k }) {
    const y = k.mean(x, AXES)
    return { y: keepDims ? k.keepAxes(y, x.shape, AXES) : y }
  },
})

const AXES = [1, 2, 3]
