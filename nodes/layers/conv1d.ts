import { defineNode } from '../../core/index.ts'
import { type FilterOptions, filterConfig, filtered, filterParameters, movedShape } from './convolution.ts'

export interface Conv1dOptions
  extends FilterOptions<number | readonly [number], 'valid' | 'same' | 'causal'> {}

/**
 * A kernel that moves over a sequence: y = the sum of each window of x times the kernel, + bias, for each filter.
 *
 * x [batch, time, channels], kernel [size, channels / groups, filters], bias [filters],
 * y [batch, newTime, filters].
 */
export const conv1d = defineNode({
  type: 'conv1d',
  config: (options: Conv1dOptions) => filterConfig(options, 1, ['valid', 'same', 'causal']),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 3, kernelSize: 3 }, inputs: { x: [2, 8, 4] } },
    {
      config: { filters: 2, kernelSize: 3, strides: 2, padding: 'same', useBias: false },
      inputs: { x: [2, 8, 4] },
    },
    { config: { filters: 2, kernelSize: 3, padding: 'causal', dilationRate: 2 }, inputs: { x: [2, 8, 4] } },
    { config: { filters: 4, kernelSize: 2, dilationRate: 2, groups: 2 }, inputs: { x: [2, 8, 4] } },
  ],
  shapes: ({ x }, config) => ({ y: movedShape(x, config, config.filters) }),
  parameters: ({ x }, config) => filterParameters(x, config),
  forward: (values, config, { kernels: k }) => ({ y: filtered(values, config, k) }),
})
