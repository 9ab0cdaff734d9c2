import { check, defineNode, type Kernels, type PortShape, type Tensor } from '../../core/index.ts'
import {
  convolved,
  type KernelOptions,
  kernelConfig,
  type MovingOptions,
  movedShape,
  windowConfig,
} from './convolution.ts'
import { parts, run } from './recurrent.ts'

export interface ConvLstm2dOptions
  extends MovingOptions<number | readonly [number, number], 'valid' | 'same'>,
    KernelOptions {
  /** How many channels come out, and the state has. Required. */
  filters: number
  /**
   * Whether the whole sequence comes out, or its last image alone.
   *
   * @default false
   */
  returnSequences?: boolean
  /**
   * Whether the sequence is read from its end to its start.
   *
   * @default false
   */
  goBackwards?: boolean
}

/**
 * An lstm over images, in which both products are convolutions; that of the state keeps its size. Shi et al. (2015).
 *
 * x [batch, time, height, width, channels], kernel [height, width, channels, 4 filters], recurrentKernel [height, width, filters, 4 filters],
 * bias [4 filters], y [batch, newHeight, newWidth, filters], or [batch, time, ...] with `returnSequences`.
 */
export const convLstm2d = defineNode({
  type: 'convLstm2d',
  config: ({ filters, returnSequences = false, goBackwards = false, ...options }: ConvLstm2dOptions) => {
    const { dilationRate: _, ...windows } = windowConfig(options, 2, ['valid', 'same'])
    return {
      filters: check.positiveInteger({ filters }),
      ...windows,
      returnSequences: check.boolean({ returnSequences }),
      goBackwards: check.boolean({ goBackwards }),
      ...kernelConfig(options),
    }
  },
  inputs: ['x'],
  outputs: ['y'],
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
  ],
  shapes({ x }, config) {
    const [batch = null, time = null, ...image] = movedFrom(x, config)
    return { y: config.returnSequences ? [batch, time, ...image] : [batch, ...image] }
  },
  parameters: ({ x }, { filters, kernelSize, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: { shape: [...kernelSize, check.lastAxis({ x }), 4 * filters], initializer: kernelInitializer },
    recurrentKernel: { shape: [...kernelSize, filters, 4 * filters], initializer: 'orthogonal' },
    bias: useBias ? { shape: [4 * filters], initializer: biasInitializer } : undefined,
  }),
  forward({ x, kernel, recurrentKernel, bias }, config, { kernels: k }) {
    const [batch = 1, time = 1, ...image] = x.shape
    const frames = convolved(
      k.reshape(x, [batch * time, ...image]),
      kernel,
      { ...config, dilationRate: [1, 1] },
      k,
    )
    const given = k.reshape(bias ? k.add(frames, bias) : frames, [batch, time, ...frames.shape.slice(1)])
    const zeros = k.fill([batch, ...frames.shape.slice(1, -1), config.filters], 0)
    const { y } = run(
      { given, mask: undefined, ...config },
      [zeros, zeros] as const,
      (z, [h, c]) => {
        const [i, f, g, o] = gates(k.add(z, kept(h, recurrentKernel, config.kernelSize, k)), k)
        const memory = k.add(k.mul(k.sigmoid(f), c), k.mul(k.sigmoid(i), k.tanh(g)))
        return [k.mul(k.sigmoid(o), k.tanh(memory)), memory] as const
      },
      k,
    )
    return { y }
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
): PortShape {
  const [batch = null, time = null, ...image] = x
  if (image.length !== 3)
    throw new Error(`x has the axes [batch, time, height, width, channels], and not ${x.length}`)
  const [, ...moved] = movedShape([batch, ...image], { ...config, dilationRate: [1, 1] }, config.filters)
  return [batch, time, ...moved]
}
