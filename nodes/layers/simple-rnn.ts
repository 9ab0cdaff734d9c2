import { check, defineNode } from '../../core/index.ts'
import {
  type RecurrentFactory,
  type RecurrentOptions,
  recurrentConfig,
  recurrentShapes,
  run,
} from './recurrent.ts'

export interface SimpleRnnOptions extends RecurrentOptions {}

/**
 * A network with a state that goes from one place of a sequence to the next: h := tanh(x · kernel + h · recurrentKernel + bias). Where the
 * mask is 0, the state stays. Elman (1990).
 *
 * x [batch, time, features], mask [batch, time], initialState [batch, units], kernel [features, units], recurrentKernel [units, units],
 * bias [units], y [batch, units], or [batch, time, units] with `returnSequences`.
 */
export const simpleRnn = defineNode({
  type: 'simpleRnn',
  config: (options: SimpleRnnOptions) => recurrentConfig(options),
  inputs: ['x'],
  optional: ['mask', 'initialState'],
  nonDifferentiable: ['mask'],
  outputs: ['y', 'state'],
  shown: ({ returnState }) => (returnState ? ['y', 'state'] : ['y']),
  examples: [
    { config: { units: 2 }, inputs: { x: [2, 4, 3] } },
    {
      config: { units: 3, returnSequences: true, goBackwards: true, useBias: false },
      inputs: { x: [2, 3, 2] },
    },
    { config: { units: 2, returnState: true }, inputs: { x: [2, 3, 2], mask: [2, 3], initialState: [2, 2] } },
  ],
  shapes: ({ x, mask }, config) => recurrentShapes(x, mask, config),
  expects: () => ({ mask: { whole: [0, 1] } }),
  parameters: ({ x }, { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer }) => ({
    kernel: { shape: [check.lastAxis({ x }), units], initializer: kernelInitializer },
    recurrentKernel: { shape: [units, units], initializer: recurrentInitializer },
    bias: useBias ? { shape: [units], initializer: biasInitializer } : undefined,
  }),
  forward({ x, mask, initialState, kernel, recurrentKernel, bias }, config, { kernels: k }) {
    const given = bias ? k.affine(x, kernel, bias) : k.matMul(x, kernel)
    const h = initialState ?? k.fill([x.shape[0] as number, config.units], 0)
    const { y, states } = run(
      { given, mask, ...config },
      [h] as const,
      (z, [h]) => [k.tanh(k.add(z, k.matMul(h, recurrentKernel)))] as const,
      k,
    )
    return { y, state: k.copy(states[0]) }
  },
}) as unknown as RecurrentFactory<SimpleRnnOptions, 'state'>
