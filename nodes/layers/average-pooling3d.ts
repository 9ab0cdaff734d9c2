import { defineNode } from '../../core/index.ts'
import { averagePooled, type PoolingOptions, pooledShape, poolingConfig } from './pooling.ts'

export interface AveragePooling3dOptions extends PoolingOptions<number | readonly [number, number, number]> {}

/** y = the mean of each window of x [batch, depth, height, width, channels], for each channel. */
export const averagePooling3d = defineNode({
  type: 'averagePooling3d',
  config: (options: AveragePooling3dOptions = {}) => poolingConfig(options, 3),
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
    return { y: averagePooled(x, config, k) }
  },
})
