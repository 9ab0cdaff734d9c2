import { defineNode } from '../../core/index.ts'
import { maxPooled, type PoolingOptions, pooledShape, poolingConfig } from './pooling.ts'

export interface MaxPooling3dOptions extends PoolingOptions<number | readonly [number, number, number]> {}

/** y = the largest entry of each window of x [batch, depth, height, width, channels], for each channel. */
export const maxPooling3d = defineNode({
  type: 'maxPooling3d',
  config: (options: MaxPooling3dOptions = {}) => poolingConfig(options, 3),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 4, 5, 3, 2] } },
    { config: { poolSize: 3, strides: 2, padding: 'same' }, inputs: { x: [2, 4, 5, 3, 2] } },
    { config: { poolSize: 2, strides: 1 }, inputs: { x: [2, 4, 5, 3, 2] } },
  ],
  shapes: ({ x }, config) => ({ y: pooledShape(x, config) }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, config, { kernels: k }) {
    return { y: maxPooled(x, config, k) }
  },
})
