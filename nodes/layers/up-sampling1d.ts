import { defineNode } from '../../core/index.ts'
import { repeated } from './interpolation.ts'
import { fieldOf, perAxis } from './windows.ts'

export interface UpSampling1dOptions {
  /**
   * How often each entry is repeated along each axis.
   *
   * @default 2
   */
  size?: number | readonly [number]
}

/** y = x [batch, time, channels], made larger: each entry is repeated along each axis. */
export const upSampling1d = defineNode({
  type: 'upSampling1d',
  config: ({ size = 2 }: UpSampling1dOptions = {}) => ({ size: perAxis({ size }, 1) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [2, 4, 3] } }, { config: { size: 3 }, inputs: { x: [2, 4, 3] } }],
  shapes: ({ x }, { size }) => ({
    y: [x[0] ?? null, ...fieldOf(x, 1).map((length, i) => length * (size[i] as number)), x.at(-1) ?? null],
  }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { size }, { kernels: k }) {
    return { y: repeated(x, size, k) }
  },
})
