import { defineNode } from '../../core/index.ts'
import { repeated } from './interpolation.ts'
import { fieldOf, perAxis } from './windows.ts'

export interface UpSampling3dOptions {
  /**
   * How often each entry is repeated along each axis.
   *
   * @default 2
   */
  size?: number | readonly [number, number, number]
}

/** y = x [batch, depth, height, width, channels], made larger: each entry is repeated along each axis. */
export const upSampling3d = defineNode({
  type: 'upSampling3d',
  config: ({ size = 2 }: UpSampling3dOptions = {}) => ({ size: perAxis({ size }, 3) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 2, 3, 2, 2] } },
    { config: { size: [1, 2, 3] }, inputs: { x: [2, 2, 3, 2, 2] } },
  ],
  shapes: ({ x }, { size }) => ({
    y: [x[0] ?? null, ...fieldOf(x, 3).map((length, i) => length * (size[i] as number)), x.at(-1) ?? null],
  }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { size }, { kernels: k }) {
    return { y: repeated(x, size, k) }
  },
})
