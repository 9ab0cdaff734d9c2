import { check, type Initializer, type Tensor } from '../../core/index.ts'
import { initializerOf } from '../initializers/index.ts'
import { defineRecurrent } from './define-recurrent.ts'
import { parts, product, type RecurrentOptions, recurrentConfig } from './recurrent.ts'

export interface LstmOptions extends RecurrentOptions {
  /**
   * Whether the bias of the forget gate begins with 1, so that nothing is forgotten at first.
   *
   * @default true
   */
  unitForgetBias?: boolean
}

/**
 * A network with a memory c beside its state h, both of which go from one place of a sequence to the next. From z = x · kernel +
 * h · recurrentKernel + bias in four parts i, f, g, o: c := sigmoid(f) c + sigmoid(i) tanh(g), then h := sigmoid(o) tanh(c). Where the mask
 * is 0, both stay. Hochreiter and Schmidhuber (1997), Gers, Schmidhuber and Cummins (2000).
 *
 * x [batch, time, features], mask [batch, time], initialState and initialMemory [batch, units], kernel [features, 4 units],
 * recurrentKernel [units, 4 units], bias [4 units], y [batch, units], or [batch, time, units] with `returnSequences`.
 */
export const lstm = defineRecurrent({
  type: 'lstm',
  config: ({ unitForgetBias = true, ...options }: LstmOptions) => ({
    ...recurrentConfig(options),
    unitForgetBias: check.boolean({ unitForgetBias }),
  }),
  states: ['state', 'memory'],
  examples: [
    { config: { units: 2 }, inputs: { x: [2, 4, 3] } },
    {
      config: { units: 3, returnSequences: true, goBackwards: true, useBias: false },
      inputs: { x: [2, 3, 2] },
    },
    {
      config: { units: 2, returnState: true },
      inputs: { x: [2, 3, 2], mask: [2, 3], initialState: [2, 2], initialMemory: [2, 2] },
    },
  ],
  stateShapes: (_, { units }) => ({ state: [units], memory: [units] }),
  parameters({ x }, { units, useBias, unitForgetBias, ...initializers }) {
    const { kernelInitializer, recurrentInitializer, biasInitializer } = initializers
    const bias = unitForgetBias ? forgettingNothing(initializerOf(biasInitializer, 'lstm')) : biasInitializer
    return {
      kernel: { shape: [check.lastAxis({ x }), 4 * units], initializer: kernelInitializer },
      recurrentKernel: { shape: [units, 4 * units], initializer: recurrentInitializer },
      bias: useBias ? { shape: [4 * units], initializer: bias } : undefined,
    }
  },
  before: ({ x, kernel, bias }, _, { kernels: k }) => ({ x: product(x, kernel, bias, k) }),
  step({ x: z, state: h, memory: c, recurrentKernel }, _, { kernels: k }) {
    const [i, f, g, o] = parts(k.add(z, k.matMul(h, recurrentKernel)), 4, k) as Gates
    const memory = k.add(k.mul(k.sigmoid(f), c), k.mul(k.sigmoid(i), k.tanh(g)))
    return { state: k.mul(k.sigmoid(o), k.tanh(memory)), memory }
  },
})

type Gates = [Tensor, Tensor, Tensor, Tensor]

/** Ones for the second of four gates, and another initializer for the others. */
const forgettingNothing =
  (others: Initializer): Initializer =>
  (shape, key) => {
    const units = (shape[0] as number) / 4
    return Float64Array.from(others(shape, key)).fill(1, units, 2 * units)
  }
