import { check, defineNode } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'
import { depthwise, movedShape, type WindowOptions, windowConfig } from './convolution.ts'

export interface SeparableConv2dOptions
  extends WindowOptions<number | readonly [number, number], 'valid' | 'same'> {
  /** How many channels come out. Required. */
  filters: number
  /**
   * How many channels the first step makes of each.
   *
   * @default 1
   */
  depthMultiplier?: number
  /**
   * Whether a bias is added.
   *
   * @default true
   */
  useBias?: boolean
  /**
   * The first values of the kernel of the first step.
   *
   * @default 'glorotUniform'
   */
  depthwiseInitializer?: InitializerOption
  /**
   * The first values of the kernel of the second step.
   *
   * @default 'glorotUniform'
   */
  pointwiseInitializer?: InitializerOption
  /**
   * The first values of the bias.
   *
   * @default 'zeros'
   */
  biasInitializer?: InitializerOption
}

/**
 * A convolution in two steps, with fewer parameters: each channel by itself, then a mix of the channels at each place, + bias. Chollet
 * (2017).
 *
 * x [batch, height, width, channels], depthwiseKernel [height, width, channels, multiplier],
 * pointwiseKernel [1, 1, channels · multiplier, filters], bias [filters], y [batch, newHeight, newWidth, filters].
 */
export const separableConv2d = defineNode({
  type: 'separableConv2d',
  config: ({
    filters,
    depthMultiplier = 1,
    useBias = true,
    depthwiseInitializer = 'glorotUniform',
    pointwiseInitializer = 'glorotUniform',
    biasInitializer = 'zeros',
    ...options
  }: SeparableConv2dOptions) => ({
    filters: check.positiveInteger({ filters }),
    ...windowConfig(options, 2, ['valid', 'same']),
    depthMultiplier: check.positiveInteger({ depthMultiplier }),
    useBias: check.boolean({ useBias }),
    depthwiseInitializer: checkedInitializer({ depthwiseInitializer }),
    pointwiseInitializer: checkedInitializer({ pointwiseInitializer }),
    biasInitializer: checkedInitializer({ biasInitializer }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 4, kernelSize: 3 }, inputs: { x: [2, 6, 5, 3] } },
    {
      config: { filters: 2, kernelSize: 2, strides: 2, padding: 'same', depthMultiplier: 2 },
      inputs: { x: [2, 6, 5, 3] },
    },
  ],
  shapes: ({ x }, config) => ({ y: movedShape(x, config, config.filters) }),
  parameters({ x }, { filters, kernelSize, depthMultiplier, useBias, ...initializers }) {
    const channels = check.lastAxis({ x })
    const { depthwiseInitializer, pointwiseInitializer, biasInitializer } = initializers
    return {
      depthwiseKernel: {
        shape: [...kernelSize, channels, depthMultiplier],
        initializer: depthwiseInitializer,
      },
      pointwiseKernel: {
        shape: [1, 1, channels * depthMultiplier, filters],
        initializer: pointwiseInitializer,
      },
      bias: useBias ? { shape: [filters], initializer: biasInitializer } : undefined,
    }
  },
  forward({ x, depthwiseKernel, pointwiseKernel, bias }, config, { kernels: k }) {
    const mixed = depthwise(x, depthwiseKernel, config, k)
    const y = k.matMul(mixed, k.reshape(pointwiseKernel, pointwiseKernel.shape.slice(2)))
    return { y: bias ? k.add(y, bias) : y }
  },
})
