import { check, defineNode } from '../../core/index.ts'
import { interpolated, repeated } from './interpolation.ts'
import { fieldOf, perAxis } from './windows.ts'

export interface UpSampling2dOptions {
  /**
   * How often each entry is repeated along each axis.
   *
   * @default 2
   */
  size?: number | readonly [number, number]
  /**
   * Whether entries are repeated, or what lies between is on straight lines.
   *
   * @default 'nearest'
   */
  interpolation?: 'nearest' | 'bilinear'
}

/** y = x [batch, height, width, channels], made larger: each entry is repeated along each axis. */
export const upSampling2d = defineNode({
  type: 'upSampling2d',
  config: ({ size = 2, interpolation = 'nearest' }: UpSampling2dOptions = {}) => ({
    size: perAxis({ size }, 2),
    interpolation: check.oneOf({ interpolation }, ['nearest', 'bilinear']),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 3, 4, 2] } },
    { config: { size: [2, 3], interpolation: 'bilinear' }, inputs: { x: [2, 3, 4, 2] } },
  ],
  shapes: ({ x }, { size }) => ({
    y: [x[0] ?? null, ...fieldOf(x, 2).map((length, i) => length * (size[i] as number)), x.at(-1) ?? null],
  }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { size, interpolation }, { kernels: k }) {
    if (interpolation === 'nearest') return { y: repeated(x, size, k) }
    const lengths = size.map((factor, i) => factor * (x.shape[i + 1] as number))
    return { y: interpolated(x, lengths, k) }
  },
})
