import { check, defineNode } from '../../core/index.ts'
import {
  depthwise,
  type KernelOptions,
  kernelConfig,
  movedShape,
  type WindowOptions,
  windowConfig,
} from './convolution.ts'

export interface DepthwiseConv2dOptions
  extends WindowOptions<number | readonly [number, number], 'valid' | 'same'>,
    KernelOptions {
  /**
   * How many channels come out for each that goes in.
   *
   * @default 1
   */
  depthMultiplier?: number
}

/**
 * A convolution of each channel by itself, + bias.
 *
 * x [batch, height, width, channels], kernel [height, width, channels, multiplier], bias [channels · multiplier],
 * y [batch, newHeight, newWidth, channels · multiplier].
 */
export const depthwiseConv2d = defineNode({
  type: 'depthwiseConv2d',
  config: ({ depthMultiplier = 1, ...options }: DepthwiseConv2dOptions) => ({
    ...windowConfig(options, 2, ['valid', 'same']),
    depthMultiplier: check.positiveInteger({ depthMultiplier }),
    ...kernelConfig(options),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { kernelSize: 3 }, inputs: { x: [2, 6, 5, 3] } },
    {
      config: { kernelSize: [2, 3], strides: 2, padding: 'same', depthMultiplier: 2 },
      inputs: { x: [2, 6, 5, 2] },
    },
    { config: { kernelSize: 2, dilationRate: 2, useBias: false }, inputs: { x: [2, 5, 5, 2] } },
  ],
  shapes: ({ x }, config) => ({ y: movedShape(x, config, check.lastAxis({ x }) * config.depthMultiplier) }),
  parameters: ({ x }, { kernelSize, depthMultiplier, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: {
      shape: [...kernelSize, check.lastAxis({ x }), depthMultiplier],
      initializer: kernelInitializer,
    },
    bias: useBias
      ? { shape: [check.lastAxis({ x }) * depthMultiplier], initializer: biasInitializer }
      : undefined,
  }),
  forward({ x, kernel, bias }, config, { kernels: k }) {
    const y = depthwise(x, kernel, config, k)
    return { y: bias ? k.add(y, bias) : y }
  },
})
