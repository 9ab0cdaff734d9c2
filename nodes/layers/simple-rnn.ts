import { check } from '../../core/index.ts'
import { defineRecurrent } from './define-recurrent.ts'
import { product, type RecurrentOptions, recurrentConfig } from './recurrent.ts'

export interface SimpleRnnOptions extends RecurrentOptions {}

/**
 * A network with a state that goes from one place of a sequence to the next: h := tanh(x · kernel + h · recurrentKernel + bias). Where the
 * mask is 0, the state stays. Elman (1990).
 *
 * x [batch, time, features], mask [batch, time], initialState [batch, units], kernel [features, units], recurrentKernel [units, units],
 * bias [units], y [batch, units], or [batch, time, units] with `returnSequences`.
 */
export const simpleRnn = defineRecurrent({
  type: 'simpleRnn',
  config: (options: SimpleRnnOptions) => recurrentConfig(options),
  states: ['state'],
  examples: [
    { config: { units: 2 }, inputs: { x: [2, 4, 3] } },
    {
      config: { units: 3, returnSequences: true, goBackwards: true, useBias: false },
      inputs: { x: [2, 3, 2] },
    },
    { config: { units: 2, returnState: true }, inputs: { x: [2, 3, 2], mask: [2, 3], initialState: [2, 2] } },
  ],
  stateShapes: (_, { units }) => ({ state: [units] }),
  parameters: ({ x }, { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer }) => ({
    kernel: { shape: [check.lastAxis({ x }), units], initializer: kernelInitializer },
    recurrentKernel: { shape: [units, units], initializer: recurrentInitializer },
    bias: useBias ? { shape: [units], initializer: biasInitializer } : undefined,
  }),
  before: ({ x, kernel, bias }, _, { kernels: k }) => ({ x: product(x, kernel, bias, k) }),
  step({ x: z, state: h, recurrentKernel }, _, { kernels: k }) {
    return { state: k.tanh(k.add(z, k.matMul(h, recurrentKernel))) }
  },
})
