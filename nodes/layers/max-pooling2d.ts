import { defineNode } from '../../core/index.ts'
import { maxPooled, type PoolingOptions, pooledShape, poolingConfig } from './pooling.ts'

export interface MaxPooling2dOptions extends PoolingOptions<number | readonly [number, number]> {}

/** y = the largest entry of each window of x [batch, height, width, channels], for each channel. */
export const maxPooling2d = defineNode({
  type: 'maxPooling2d',
  config: (options: MaxPooling2dOptions = {}) => poolingConfig(options, 2),
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
    return { y: maxPooled(x, config, k) }
  },
})
