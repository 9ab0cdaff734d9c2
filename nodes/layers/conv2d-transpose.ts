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

export interface Conv2dTransposeOptions
  extends WindowOptions<number | readonly [number, number], 'valid' | 'same'>,
    KernelOptions {
  /** How many channels come out. Required. */
  filters: number
}

/**
 * The reverse of a convolution, which makes an image larger: each entry of x puts the kernel into y, and what overlaps is added, + bias.
 *
 * x [batch, height, width, channels], kernel [height, width, filters, channels], bias [filters],
 * y [batch, newHeight, newWidth, filters].
 */
export const conv2dTranspose = defineNode({
  type: 'conv2dTranspose',
  config: ({ filters, ...options }: Conv2dTransposeOptions) => ({
    filters: check.positiveInteger({ filters }),
    ...windowConfig(options, 2, ['valid', 'same']),
    ...kernelConfig(options),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 3, kernelSize: 3, strides: 2 }, inputs: { x: [2, 3, 4, 2] } },
    {
      config: { filters: 2, kernelSize: 2, strides: 3, padding: 'same', useBias: false },
      inputs: { x: [2, 3, 4, 2] },
    },
    { config: { filters: 2, kernelSize: 3, padding: 'same' }, inputs: { x: [2, 3, 4, 2] } },
  ],
  shapes: ({ x }, config) => ({
    y: [x[0] ?? null, ...transposedField(fieldOf(x, 2), config), config.filters],
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
