import { check, defineNode } from '../../core/index.ts'
import { interpolated, nearest } from './interpolation.ts'
import { fieldOf } from './windows.ts'

export interface ResizingOptions {
  /** The new height. Required. */
  height: number
  /** The new width. Required. */
  width: number
  /**
   * Whether what lies between entries is on straight lines, or each entry is the closest one.
   *
   * @default 'bilinear'
   */
  interpolation?: 'bilinear' | 'nearest'
}

/** y = the image x [batch, height, width, channels] in another size. The middles of its pixels stay where they are. */
export const resizing = defineNode({
  type: 'resizing',
  config: ({ height, width, interpolation = 'bilinear' }: ResizingOptions) => ({
    height: check.positiveInteger({ height }),
    width: check.positiveInteger({ width }),
    interpolation: check.oneOf({ interpolation }, ['bilinear', 'nearest']),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { height: 5, width: 2 }, inputs: { x: [2, 3, 4, 2] } },
    { config: { height: 2, width: 7, interpolation: 'nearest' }, inputs: { x: [2, 3, 4, 2] } },
  ],
  shapes({ x }, { height, width }) {
    fieldOf(x, 2)
    return { y: [x[0] ?? null, height, width, x[3] ?? null] }
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { height, width, interpolation }, { kernels: k }) {
    const resized = interpolation === 'bilinear' ? interpolated : nearest
    return { y: resized(x, [height, width], k) }
  },
})
