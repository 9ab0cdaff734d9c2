import { defineNode } from '../../core/index.ts'
import { averagePooled, type PoolingOptions, pooledShape, poolingConfig } from './pooling.ts'

export interface AveragePooling2dOptions extends PoolingOptions<number | readonly [number, number]> {}

/** y = the mean of each window of x [batch, height, width, channels], for each channel. */
export const averagePooling2d = defineNode({
  type: 'averagePooling2d',
  config: (options: AveragePooling2dOptions = {}) => poolingConfig(options, 2),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 6, 5, 2] } },
    { config: { poolSize: 3, strides: 2, padding: 'same' }, inputs: { x: [2, 6, 5, 2] } },
    { config: { poolSize: 3, strides: 1 }, inputs: { x: [2, 6, 5, 2] } },
  ],
  shapes: ({ x }, config) => ({ y: pooledShape(x, config) }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, config, { kernels: k }) {
    return { y: averagePooled(x, config, k) }
  },
})
