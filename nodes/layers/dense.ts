import { ANY_NUMBER, check, defineNode } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface DenseOptions {
  /** The length of the last axis of the output. Required. */
  units: number
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
  /**
   * The first values of the bias.
   *
   * @default 'zeros'
   */
  biasInitializer?: InitializerOption
}

/**
 * A layer that connects everything with everything: y = x · kernel + bias, on the last axis.
 *
 * x [batch, ..., in], kernel [in, units], bias [units], y [batch, ..., units].
 */
export const dense = defineNode({
  type: 'dense',
  config: ({
    units,
    useBias = true,
    kernelInitializer = 'glorotUniform',
    biasInitializer = 'zeros',
  }: DenseOptions) => ({
    units: check.positiveInteger({ units }),
    useBias: check.boolean({ useBias }),
    kernelInitializer: checkedInitializer({ kernelInitializer }),
    biasInitializer: checkedInitializer({ biasInitializer }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { units: 3 }, inputs: { x: [4, 5] } },
    { config: { units: 1, useBias: false }, inputs: { x: [5, 2, 7] } },
  ],
  shapes: ({ x }, { units }) => ({ y: [...x.slice(0, -1), units] }),
  ranges: () => ({ y: ANY_NUMBER }),
  parameters: ({ x }, { units, useBias, kernelInitializer, biasInitializer }) => ({
    kernel: { shape: [check.lastAxis({ x }), units], initializer: kernelInitializer },
    bias: useBias ? { shape: [units], initializer: biasInitializer } : undefined,
  }),
  // y = x · W + b
  forward({ x, kernel, bias }, _, { kernels: k }) {
    return { y: bias ? k.affine(x, kernel, bias) : k.matMul(x, kernel) }
  },
  // dx = dy · Wᵀ, dW = xᵀ · dy, db = the sum of dy over the samples
  backward({ y: dy }, { x, kernel, bias }, _, { kernels: k, needs }) {
    return {
      x: needs.x && k.matMul(dy, kernel, 'nt'),
      kernel: needs.kernel && k.matMul(x, dy, 'tn'),
      bias: bias && needs.bias && k.sumTo(dy, bias.shape),
    }
  },
})
