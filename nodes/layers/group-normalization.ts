import { check, defineNode } from '../../core/index.ts'
import { scaleAndShift } from './scale-and-shift.ts'

export interface GroupNormalizationOptions {
  /**
   * Into how many groups the channels are cut.
   *
   * @default 32
   */
  groups?: number
  /**
   * Added to the variance, so that nothing is divided by 0.
   *
   * @default 0.001
   */
  epsilon?: number
}

/**
 * Each group of channels of each sample gets mean 0 and variance 1, and then is scaled and shifted:
 * y = gamma ∘ (x - μ) / √(σ² + ε) + beta, with μ and σ² over the entries of a group. Wu and He (2018).
 *
 * x [batch, ..., channels], gamma [channels], beta [channels].
 */
export const groupNormalization = defineNode({
  type: 'groupNormalization',
  config: ({ groups = 32, epsilon = 0.001 }: GroupNormalizationOptions = {}) => ({
    groups: check.positiveInteger({ groups }),
    epsilon: check.positiveNumber({ epsilon }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { groups: 2 }, inputs: { x: [2, 3, 4, 6] } },
    { config: { groups: 1 }, inputs: { x: [3, 5] } },
  ],
  shapes({ x }, { groups }) {
    const channels = check.lastAxis({ x })
    if (channels % groups === 0) return { y: x }
    throw new Error(`the ${channels} channels of x cannot be cut into ${groups} groups`)
  },
  parameters: scaleAndShift,
  forward({ x, gamma, beta }, { groups, epsilon }, { kernels: k }) {
    const [batch = 1, channels = 1] = [x.shape[0], x.shape.at(-1)]
    const parts = k.reshape(x, [batch, x.size / batch / channels, groups, channels / groups])
    const mean = (of: typeof x) => k.keepAxes(k.mean(of, [1, 3]), parts.shape, [1, 3])
    const centred = k.sub(parts, mean(parts))
    const rate = k.div(1, k.sqrt(k.addScalar(mean(k.square(centred)), epsilon)))
    const normalized = k.reshape(k.mul(centred, rate), x.shape)
    return { y: k.add(k.mul(normalized, gamma), beta) }
  },
})
