import { CheckFailed, check, defineNode, type PortShape } from '../../core/index.ts'
import {
  groupConvolved,
  type KernelOptions,
  kernelConfig,
  movedShape,
  type WindowOptions,
  windowConfig,
} from './convolution.ts'

export interface Conv2dOptions
  extends WindowOptions<number | readonly [number, number], 'valid' | 'same'>,
    KernelOptions {
  /** How many channels come out. Required. */
  filters: number
  /**
   * Into how many parts the channels are cut, each with filters of its own.
   *
   * @default 1
   */
  groups?: number
}

/**
 * A kernel that moves over an image: y = the sum of each window of x times the kernel, + bias, for each filter.
 *
 * x [batch, height, width, channels], kernel [height, width, channels / groups, filters], bias [filters],
 * y [batch, newHeight, newWidth, filters].
 */
export const conv2d = defineNode({
  type: 'conv2d',
  config({ filters, groups = 1, ...options }: Conv2dOptions) {
    check.positiveInteger({ filters })
    check.positiveInteger({ groups })
    if (filters % groups !== 0)
      throw new CheckFailed(`filters to be a multiple of groups, which is ${groups}`, String(filters), {
        option: 'filters',
      })
    return { filters, ...windowConfig(options, 2, ['valid', 'same']), groups, ...kernelConfig(options) }
  },
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
  parameters: ({ x }, { filters, kernelSize, groups, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: {
      shape: [...kernelSize, channelsOf(x) / demandGroups(x, groups), filters],
      initializer: kernelInitializer,
    },
    bias: useBias ? { shape: [filters], initializer: biasInitializer } : undefined,
  }),
  forward({ x, kernel, bias }, config, { kernels: k }) {
    const y = groupConvolved(x, kernel, config.groups, config, k)
    return { y: bias ? k.add(y, bias) : y }
  },
})

const channelsOf = (x: PortShape) => check.lastAxis({ x })

function demandGroups(x: PortShape, groups: number): number {
  if (channelsOf(x) % groups === 0) return groups
  throw new Error(`the ${channelsOf(x)} channels of x cannot be cut into ${groups} groups`)
}
