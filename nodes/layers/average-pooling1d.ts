import { defineNode } from '../../core/index.ts'
import { averagePooled, type PoolingOptions, pooledShape, poolingConfig } from './pooling.ts'

export interface AveragePooling1dOptions extends PoolingOptions<number | readonly [number]> {}

/** y = the mean of each window of x [batch, time, channels], for each channel. */
export const averagePooling1d = defineNode({
  type: 'averagePooling1d',
  config: (options: AveragePooling1dOptions = {}) => poolingConfig(options, 1),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [2, 8, 3] } },
    { config: { poolSize: 3, strides: 2, padding: 'same' }, inputs: { x: [2, 8, 3] } },
    { config: { poolSize: 3, strides: 1 }, inputs: { x: [2, 8, 3] } },
  ],
  shapes: ({ x }, config) => ({ y: pooledShape(x, config) }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, config, { kernels: k }) {
    return { y: averagePooled(x, config, k) }
  },
})
