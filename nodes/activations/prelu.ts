import { check, defineNode } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface PreluOptions {
  /**
   * The first values of alpha.
   *
   * @default 'zeros'
   */
  alphaInitializer?: InitializerOption
  /**
   * The axes along which alpha is shared, counted with the batch axis as 0: `[1, 2]` for one value a channel of an image.
   *
   * @default []
   */
  sharedAxes?: readonly number[]
}

/**
 * y = x where x > 0, else alpha ∘ x, with an alpha that is learned. He et al. (2015).
 *
 * x [batch, ...], alpha [...], with length 1 along shared axes.
 */
export const prelu = defineNode({
  type: 'prelu',
  config: ({ alphaInitializer = 'zeros', sharedAxes = [] }: PreluOptions = {}) => ({
    alphaInitializer: checkedInitializer({ alphaInitializer }),
    sharedAxes: check.list(
      { sharedAxes },
      'of axes, such as [1, 2]',
      axis => Number.isSafeInteger(axis) && axis > 0,
    ),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { sharedAxes: [1, 2] }, inputs: { x: [2, 4, 3, 5] } }],
  shapes: ({ x }) => ({ y: x }),
  parameters: ({ x }, { alphaInitializer, sharedAxes }) => ({
    alpha: {
      shape: x.slice(1).map((length, i) => (sharedAxes.includes(i + 1) ? 1 : (length as number))),
      initializer: alphaInitializer,
    },
  }),
  forward({ x, alpha }, _, { kernels: k }) {
    return { y: k.wherePositive(x, x, k.mul(x, alpha)) }
  },
  // dx = dy where x > 0, else alpha ∘ dy; dalpha = the sum of dy ∘ x where x is not above 0
  backward({ y: dy }, { x, alpha }, _, { kernels: k, needs }) {
    return {
      x: needs.x && k.wherePositive(x, dy, k.mul(dy, alpha)),
      alpha: needs.alpha && k.sumTo(k.wherePositive(x, 0, k.mul(dy, x)), alpha.shape),
    }
  },
})
