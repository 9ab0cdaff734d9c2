import { check, defineLoss } from '../../core/index.ts'

export interface ActivityRegularizationOptions {
  /**
   * What each |x| costs.
   *
   * @default 0
   */
  l1?: number
  /**
   * What each x² costs.
   *
   * @default 0
   */
  l2?: number
}

/** J = (l1 Σ |x| + l2 Σ x²) / batch: keeps values small. Add it to another loss: `add()(loss, activityRegularization({ l2: 0.01 })(x))`. */
export const activityRegularization = defineLoss({
  type: 'activityRegularization',
  config: ({ l1 = 0, l2 = 0 }: ActivityRegularizationOptions = {}) => ({
    l1: check.nonNegativeNumber({ l1 }),
    l2: check.nonNegativeNumber({ l2 }),
  }),
  inputs: ['x'],
  examples: [{ config: { l1: 0.3 } }, { config: { l1: 0.1, l2: 0.5 } }],
  shapes: () => ({ loss: [] }),
  forward({ x }, { l1, l2 }, { kernels: k }) {
    const costs = k.add(k.scale(k.abs(x), l1), k.scale(k.square(x), l2))
    return { loss: k.scale(k.sum(costs), 1 / (x.shape[0] as number)) }
  },
  // dx = (l1 sign x + 2 l2 x) / batch
  backward({ loss: dJ }, { x }, { l1, l2 }, { kernels: k }) {
    const sign = k.sub(k.greater(x, 0), k.less(x, 0))
    const slope = k.add(k.scale(sign, l1), k.scale(x, 2 * l2))
    return { x: k.mul(k.scale(dJ, 1 / (x.shape[0] as number)), slope) }
  },
})
