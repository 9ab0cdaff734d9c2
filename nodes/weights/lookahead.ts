import { CheckFailed, check, defineWeightLink } from '../../core/index.ts'

export interface LookaheadOptions {
  /**
   * How many updates the weights go ahead each time.
   *
   * @default 5
   */
  steps?: number
  /**
   * How far the slow weights follow them, in (0, 1].
   *
   * @default 0.5
   */
  alpha?: number
}

/**
 * Lets the weights w of the optimizer go ahead, and every `steps` updates brings them back to slow weights, which follow them a part of the
 * way: slow := slow + alpha · (w - slow), then w := slow. Zhang et al. (2019).
 */
export const lookahead = defineWeightLink({
  type: 'lookahead',
  config: ({ steps = 5, alpha = 0.5 }: LookaheadOptions = {}) => {
    check.positiveInteger({ steps })
    check.positiveNumber({ alpha })
    if (alpha > 1) throw new CheckFailed('alpha to be at most 1', String(alpha), { option: 'alpha' })
    return { steps, alpha }
  },
  copies: ['slow'],
  update({ value, slow }, { steps, alpha }, { kernels: k, iteration: t }) {
    const count = k.div(t, steps)
    const isDue = k.equal(count, k.floor(count))
    const next = k.addScaled(slow, k.sub(value, slow), alpha)
    return { value: k.where(isDue, next, value), slow: k.where(isDue, next, slow) }
  },
})
