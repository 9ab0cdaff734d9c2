import { check, type Kernels, type PortShape, type Shape, type Tensor } from '../../core/index.ts'
import {
  convolved,
  type KernelOptions,
  kernelConfig,
  type MovingOptions,
  movedShape,
  windowConfig,
} from './convolution.ts'
import { defineRecurrent, type LoopOptions } from './define-recurrent.ts'
import { parts } from './recurrent.ts'

export interface ConvLstm2dOptions
  extends MovingOptions<number | readonly [number, number], 'valid' | 'same'>,
    KernelOptions,
    LoopOptions {
  /** How many channels come out, and the state has. Required. */
  filters: number
}

/**
 * An lstm over images, in which both products are convolutions; that of the state keeps its size. Where the mask is 0, the
 * state and the memory stay. Shi et al. (2015).
 *
 * x [batch, time, height, width, channels], mask [batch, time], initialState and initialMemory [batch, newHeight, newWidth, filters],
 * kernel [height, width, channels, 4 filters], recurrentKernel [height, width, filters, 4 filters],
 * bias [4 filters], y [batch, newHeight, newWidth, filters], or [batch, time, ...] with `returnSequences`.
 */
export const convLstm2d = defineRecurrent({
  type: 'convLstm2d',
  config({ filters, ...options }: ConvLstm2dOptions) {
    const { dilationRate: _, ...windows } = windowConfig(options, 2, ['valid', 'same'])
    return { filters: check.positiveInteger({ filters }), ...windows, ...kernelConfig(options) }
  },
  states: ['state', 'memory'],
  examples: [
    { config: { filters: 2, kernelSize: 2 }, inputs: { x: [2, 3, 4, 3, 2] } },
    {
      config: {
        filters: 1,
        kernelSize: 3,
        padding: 'same',
        returnSequences: true,
        goBackwards: true,
        useBias: false,
      },
      inputs: { x: [2, 2, 3, 4, 1] },
    },
    {
      config: { filters: 1, kernelSize: 2, returnState: true },
      inputs: {
        x: [2, 2, 3, 4, 2],
        mask: [2, 2],
        initialState: [2, 2, 3, 1],
        initialMemory: [2, 2, 3, 1],
      },
    },
  ],
  stateShapes({ x }, config) {
    const image = movedFrom(x, config)
    return { state: image, memory: image }
  },
  parameters: ({ x }, { filters, kernelSize, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: { shape: [...kernelSize, check.lastAxis({ x }), 4 * filters], initializer: kernelInitializer },
    recurrentKernel: { shape: [...kernelSize, filters, 4 * filters], initializer: 'orthogonal' },
    bias: useBias ? { shape: [4 * filters], initializer: biasInitializer } : undefined,
  }),
  before({ x, kernel, bias }, config, { kernels: k }) {
    const [batch = 1, time = 1, ...image] = x.shape
    const frames = convolved(
      k.reshape(x, [batch * time, ...image]),
      kernel,
      { ...config, dilationRate: [1, 1] },
      k,
    )
    return { x: k.reshape(bias ? k.add(frames, bias) : frames, [batch, time, ...frames.shape.slice(1)]) }
  },
  step({ x: z, state: h, memory: c, recurrentKernel }, { kernelSize }, { kernels: k }) {
    const [i, f, g, o] = gates(k.add(z, kept(h, recurrentKernel, kernelSize, k)), k)
    const memory = k.add(k.mul(k.sigmoid(f), c), k.mul(k.sigmoid(i), k.tanh(g)))
    return { state: k.mul(k.sigmoid(o), k.tanh(memory)), memory }
  },
})

const gates = (z: Tensor, k: Kernels) => parts(z, 4, k) as [Tensor, Tensor, Tensor, Tensor]

/** A convolution that keeps the size. */
const kept = (h: Tensor, kernel: Tensor, kernelSize: readonly number[], k: Kernels) =>
  convolved(h, kernel, { kernelSize, strides: [1, 1], dilationRate: [1, 1], padding: 'same' }, k)

function movedFrom(
  x: PortShape,
  config: {
    readonly filters: number
    readonly kernelSize: readonly number[]
    readonly strides: readonly number[]
    readonly padding: 'valid' | 'same'
  },
): Shape {
  const [batch = null, , ...image] = x
  if (image.length !== 3)
    throw new Error(`x has the axes [batch, time, height, width, channels], and not ${x.length}`)
  const [, ...moved] = movedShape([batch, ...image], { ...config, dilationRate: [1, 1] }, config.filters)
  return moved as Shape
}
