import { check, defineNode, hull, rising } from '../../core/index.ts'

export interface DropoutOptions {
  /**
   * The probability with which an entry is set to 0, in [0, 1).
   *
   * @default 0.5
   */
  rate?: number
}

/**
 * In training, sets each entry to 0 with probability `rate` and scales the others by 1 / (1 - rate), so that the
 * expected value stays; in inference, y = x. Srivastava et al., "Dropout" (JMLR 2014), in the inverted form.
 *
 * The mask depends on the seed, the node's name and the step alone.
 */
export const dropout = defineNode({
  type: 'dropout',
  config: ({ rate = 0.5 }: DropoutOptions = {}) => ({ rate: check.fraction({ rate }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ config: { rate: 0.4 } }, { config: { rate: 0 } }],
  saved: ['mask'],
  shapes: ({ x }) => ({ y: x }),
  // What it keeps in training is scaled up; what it drops is 0.
  ranges: ({ x }, { rate }) => ({
    y: rate === 0 || !x ? x : hull([[0, 0], rising(x, v => v / (1 - rate))]),
  }),
  // y = x ∘ mask
  forward({ x }, { rate }, { kernels: k, mode, random }) {
    const keep = mode === 'train' ? 1 - rate : 1
    const mask = k.scale(k.bernoulli(x.shape, keep, random), 1 / keep)
    return { y: k.mul(x, mask), mask }
  },
  // dx = dy ∘ mask
  backward({ y: dy }, { mask }, _, { kernels: k }) {
    return { x: k.mul(dy, mask) }
  },
})
