import { check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface SpectralNormalizationOptions {
  /** The length of the last axis of the output. Required. */
  units: number
  /**
   * How often the direction in which the kernel stretches most is improved in each step.
   *
   * @default 1
   */
  powerIterations?: number
  /**
   * Whether a bias is added.
   *
   * @default true
   */
  useBias?: boolean
  /**
   * The first values of the kernel.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerOption
}

/**
 * A dense layer that stretches no input by more than 1: y = x · kernel / σ + bias, with σ the largest singular value of the kernel, found
 * by power iteration, which the gradient goes through. In inference it begins where training ended, and keeps nothing. Miyato et al. (2018).
 *
 * x [batch, ..., in], kernel [in, units], bias [units], direction [1, units], y [batch, ..., units].
 */
export const spectralNormalization = defineNode({
  type: 'spectralNormalization',
  config: ({
    units,
    powerIterations = 1,
    useBias = true,
    kernelInitializer = 'glorotUniform',
  }: SpectralNormalizationOptions) => ({
    units: check.positiveInteger({ units }),
    powerIterations: check.positiveInteger({ powerIterations }),
    useBias: check.boolean({ useBias }),
    kernelInitializer: checkedInitializer({ kernelInitializer }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { units: 3 }, inputs: { x: [4, 5] } },
    { config: { units: 4, powerIterations: 3, useBias: false }, inputs: { x: [3, 2, 3] } },
  ],
  shapes: ({ x }, { units }) => ({ y: [...x.slice(0, -1), units] }),
  parameters: ({ x }, { units, useBias, kernelInitializer }) => ({
    kernel: { shape: [check.lastAxis({ x }), units], initializer: kernelInitializer },
    bias: useBias ? { shape: [units], initializer: 'zeros' } : undefined,
  }),
  state: (_, { units }) => ({ direction: { shape: [1, units], initializer: 'ones' } }),
  forward({ x, kernel, bias, direction }, { powerIterations }, { kernels: k, mode }) {
    let [u, v] = [direction, direction]
    for (let i = 0; i < powerIterations; i++) {
      v = unit(k.matMul(u, kernel, 'nt'), k)
      u = unit(k.matMul(v, kernel), k)
    }
    // σ = v W uᵀ
    const sigma = k.sum(k.mul(k.matMul(v, kernel), u))
    const z = k.div(k.matMul(x, kernel), sigma)
    return { y: bias ? k.add(z, bias) : z, ...(mode === 'train' && { direction: u }) }
  },
})

/** A row of length 1. */
const unit = (row: Tensor, k: Kernels) => k.div(row, k.sqrt(k.maximum(k.sum(k.square(row)), 1e-12)))
