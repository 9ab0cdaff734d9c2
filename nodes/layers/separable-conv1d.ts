import { check, defineNode } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'
import { depthwise, movedShape, type WindowOptions, windowConfig } from './convolution.ts'

export interface SeparableConv1dOptions
  extends WindowOptions<number | readonly [number], 'valid' | 'same' | 'causal'> {
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
 * x [batch, time, channels], depthwiseKernel [size, channels, multiplier],
 * pointwiseKernel [1, channels · multiplier, filters], bias [filters], y [batch, newTime, filters].
 */
export const separableConv1d = defineNode({
  type: 'separableConv1d',
  config: ({
    filters,
    depthMultiplier = 1,
    useBias = true,
    depthwiseInitializer = 'glorotUniform',
    pointwiseInitializer = 'glorotUniform',
    biasInitializer = 'zeros',
    ...options
  }: SeparableConv1dOptions) => ({
    filters: check.positiveInteger({ filters }),
    ...windowConfig(options, 1, ['valid', 'same', 'causal']),
    depthMultiplier: check.positiveInteger({ depthMultiplier }),
    useBias: check.boolean({ useBias }),
    depthwiseInitializer: checkedInitializer({ depthwiseInitializer }),
    pointwiseInitializer: checkedInitializer({ pointwiseInitializer }),
    biasInitializer: checkedInitializer({ biasInitializer }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { filters: 4, kernelSize: 3 }, inputs: { x: [2, 8, 3] } },
    {
      config: { filters: 2, kernelSize: 2, strides: 2, padding: 'same', depthMultiplier: 2 },
      inputs: { x: [2, 8, 3] },
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
      pointwiseKernel: { shape: [1, channels * depthMultiplier, filters], initializer: pointwiseInitializer },
      bias: useBias ? { shape: [filters], initializer: biasInitializer } : undefined,
    }
  },
  forward({ x, depthwiseKernel, pointwiseKernel, bias }, config, { kernels: k }) {
    const mixed = depthwise(x, depthwiseKernel, config, k)
    const y = k.matMul(mixed, k.reshape(pointwiseKernel, pointwiseKernel.shape.slice(1)))
    return { y: bias ? k.add(y, bias) : y }
  },
})
