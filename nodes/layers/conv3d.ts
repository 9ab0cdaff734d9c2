import { defineNode } from '../../core/index.ts'
import { type FilterOptions, filterConfig, filtered, filterParameters, movedShape } from './convolution.ts'

export interface Conv3dOptions
  extends FilterOptions<number | readonly [number, number, number], 'valid' | 'same'> {}

/**
 * A kernel that moves over a volume: y = the sum of each window of x times the kernel, + bias, for each filter.
 *
 * x [batch, depth, height, width, channels], kernel [depth, height, width, channels / groups, filters], bias [filters],
 * y [batch, newDepth, newHeight, newWidth, filters].
 */
export const conv3d = defineNode({
  type: 'conv3d',
  config: (options: Conv3dOptions) => filterConfig(options, 3, ['valid', 'same']),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 3, kernelSize: [2, 2, 3] }, inputs: { x: [2, 4, 3, 5, 2] } },
    {
      config: { filters: 2, kernelSize: 2, strides: 2, padding: 'same', useBias: false },
      inputs: { x: [2, 4, 3, 5, 2] },
    },
    { config: { filters: 4, kernelSize: 2, dilationRate: 2, groups: 2 }, inputs: { x: [2, 4, 3, 5, 2] } },
  ],
  shapes: ({ x }, config) => ({ y: movedShape(x, config, config.filters) }),
  parameters: ({ x }, config) => filterParameters(x, config),
  forward: (values, config, { kernels: k }) => ({ y: filtered(values, config, k) }),
})
