import { defineNode } from '../../core/index.ts'
import { type Axes, axesOf, checkedAxes } from '../axes.ts'

export interface UnitNormalizationOptions {
  /**
   * The axis, or several, along which the length is measured.
   *
   * @default -1
   */
  axis?: Axes
}

/** Each row gets length 1: y = x / √(Σ x²) along an axis. Rows shorter than 10⁻⁶ stay short. */
export const unitNormalization = defineNode({
  type: 'unitNormalization',
  config: ({ axis = -1 }: UnitNormalizationOptions = {}) => ({ axis: checkedAxes(axis) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [4, 6] } }, { config: { axis: [1, 2] }, inputs: { x: [3, 2, 5] } }],
  shapes({ x }, { axis }) {
    axesOf(x, axis)
    return { y: x }
  },
  ranges: () => ({ y: [-1, 1] }),
  forward({ x }, { axis }, { kernels: k }) {
    const axes = axesOf(x.shape, axis)
    const squares = k.keepAxes(k.sum(k.square(x), axes), x.shape, axes)
    return { y: k.div(x, k.sqrt(k.maximum(squares, 1e-12))) }
  },
})
