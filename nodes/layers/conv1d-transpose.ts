import { check, defineNode } from '../../core/index.ts'
import {
  type KernelOptions,
  kernelConfig,
  transposed,
  transposedField,
  type WindowOptions,
  windowConfig,
} from './convolution.ts'
import { fieldOf } from './windows.ts'

export interface Conv1dTransposeOptions
  extends WindowOptions<number | readonly [number], 'valid' | 'same'>,
    KernelOptions {
  /** How many channels come out. Required. */
  filters: number
}

/**
 * The reverse of a convolution, which makes a sequence longer: each entry of x puts the kernel into y, and what overlaps is added, + bias.
 *
 * x [batch, time, channels], kernel [size, filters, channels], bias [filters],
 * y [batch, newTime, filters].
 */
export const conv1dTranspose = defineNode({
  type: 'conv1dTranspose',
  config: ({ filters, ...options }: Conv1dTransposeOptions) => ({
    filters: check.positiveInteger({ filters }),
    ...windowConfig(options, 1, ['valid', 'same']),
    ...kernelConfig(options),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 3, kernelSize: 3, strides: 2 }, inputs: { x: [2, 4, 2] } },
    {
      config: { filters: 2, kernelSize: 2, strides: 3, padding: 'same', useBias: false },
      inputs: { x: [2, 4, 2] },
    },
    { config: { filters: 2, kernelSize: 3, padding: 'same' }, inputs: { x: [2, 4, 2] } },
  ],
  shapes: ({ x }, config) => ({
    y: [x[0] ?? null, ...transposedField(fieldOf(x, 1), config), config.filters],
  }),
  parameters: ({ x }, { filters, kernelSize, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: { shape: [...kernelSize, filters, check.lastAxis({ x })], initializer: kernelInitializer },
    bias: useBias ? { shape: [filters], initializer: biasInitializer } : undefined,
  }),
  forward({ x, kernel, bias }, config, { kernels: k }) {
    const y = transposed(x, kernel, config, k)
    return { y: bias ? k.add(y, bias) : y }
  },
})
