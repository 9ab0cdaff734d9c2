import { check, type Tensor } from '../../core/index.ts'
import { defineRecurrent } from './define-recurrent.ts'
import { parts, product, type RecurrentOptions, recurrentConfig } from './recurrent.ts'

export interface GruOptions extends RecurrentOptions {}

/**
 * A network with a state that goes from one place of a sequence to the next, and two gates. From x · kernel + bias₁ and h · recurrentKernel +
 * bias₂ in three parts each: z = sigmoid(x_z + h_z), r = sigmoid(x_r + h_r), g = tanh(x_g + r h_g), then h := z h + (1 - z) g. Where the mask
 * is 0, the state stays. Cho et al. (2014), with the reset after the product.
 *
 * x [batch, time, features], mask [batch, time], initialState [batch, units], kernel [features, 3 units],
 * recurrentKernel [units, 3 units], bias [2, 3 units], y [batch, units], or [batch, time, units] with `returnSequences`.
 */
export const gru = defineRecurrent({
  type: 'gru',
  config: (options: GruOptions) => recurrentConfig(options),
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
    kernel: { shape: [check.lastAxis({ x }), 3 * units], initializer: kernelInitializer },
    recurrentKernel: { shape: [units, 3 * units], initializer: recurrentInitializer },
    bias: useBias ? { shape: [2, 3 * units], initializer: biasInitializer } : undefined,
  }),
  before({ x, kernel, bias }, { units }, { kernels: k }) {
    const row = (i: number) => bias && k.reshape(k.slice(bias, 0, i, 1), [3 * units])
    const [first, second] = [row(0), row(1)]
    return { x: product(x, kernel, first, k), second }
  },
  step({ x: z, state: h, recurrentKernel, second }, _, { kernels: k }) {
    const [xz, xr, xg] = parts(z, 3, k) as Gates
    const [hz, hr, hg] = parts(product(h, recurrentKernel, second, k), 3, k) as Gates
    const [update, reset] = [k.sigmoid(k.add(xz, hz)), k.sigmoid(k.add(xr, hr))]
    const next = k.tanh(k.add(xg, k.mul(reset, hg)))
    return { state: k.add(k.mul(update, h), k.mul(k.oneMinus(update), next)) }
  },
})

type Gates = [Tensor, Tensor, Tensor]
