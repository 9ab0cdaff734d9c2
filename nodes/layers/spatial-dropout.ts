import { check, defineNode, hull, rising } from '../../core/index.ts'

export interface SpatialDropoutOptions {
  /**
   * The probability with which a channel is set to 0, in [0, 1).
   *
   * @default 0.5
   */
  rate?: number
}

/**
 * Dropout of whole channels: in training, sets a channel of a sample to 0 at all places, with probability `rate`, and scales the others by
 * 1 / (1 - rate); in inference, y = x. Tompson et al. (2015).
 *
 * x [batch, ..., channels].
 */
export const spatialDropout = defineNode({
  type: 'spatialDropout',
  config: ({ rate = 0.5 }: SpatialDropoutOptions = {}) => ({ rate: check.fraction({ rate }) }),
  inputs: ['x'],
  outputs: ['y'],
  saved: ['mask'],
  examples: [
    { config: { rate: 0.4 }, inputs: { x: [2, 4, 6] } },
    { config: { rate: 0 }, inputs: { x: [2, 3, 4, 5] } },
  ],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  ranges: ({ x }, { rate }) => ({
    y: rate === 0 || !x ? x : hull([[0, 0], rising(x, v => v / (1 - rate))]),
  }),
  // y = x ∘ mask
  forward({ x }, { rate }, { kernels: k, mode, random }) {
    const keep = mode === 'train' ? 1 - rate : 1
    const channels = x.shape.map((length, axis) => (axis === 0 || axis === x.shape.length - 1 ? length : 1))
    const mask = k.scale(k.bernoulli(channels, keep, random), 1 / keep)
    return { y: k.mul(x, mask), mask }
  },
  // dx = dy ∘ mask
  backward({ y: dy }, { mask }, _, { kernels: k }) {
    return { x: k.mul(dy, mask) }
  },
})
