import { defineNode } from '../../core/index.ts'
import { type FilterOptions, filterConfig, filtered, filterParameters, movedShape } from './convolution.ts'

export interface Conv2dOptions extends FilterOptions<number | readonly [number, number], 'valid' | 'same'> {}

/**
 * A kernel that moves over an image: y = the sum of each window of x times the kernel, + bias, for each filter.
 *
 * x [batch, height, width, channels], kernel [height, width, channels / groups, filters], bias [filters],
 * y [batch, newHeight, newWidth, filters].
 */
export const conv2d = defineNode({
  type: 'conv2d',
  config: (options: Conv2dOptions) => filterConfig(options, 2, ['valid', 'same']),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 3, kernelSize: [3, 2] }, inputs: { x: [2, 6, 5, 4] } },
    {
      config: { filters: 2, kernelSize: 3, strides: 2, padding: 'same', useBias: false },
      inputs: { x: [2, 6, 5, 4] },
    },
    { config: { filters: 4, kernelSize: 2, dilationRate: 2, groups: 2 }, inputs: { x: [2, 6, 5, 4] } },
  ],
  shapes: ({ x }, config) => ({ y: movedShape(x, config, config.filters) }),
  parameters: ({ x }, config) => filterParameters(x, config),
  forward: (values, config, { kernels: k }) => ({ y: filtered(values, config, k) }),
})
