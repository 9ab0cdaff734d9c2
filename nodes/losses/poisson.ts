import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface PoissonOptions extends LossOptions {}

/**
 * J = the mean of prediction - target · ln(prediction), over all entries: for counts, whose mean is predicted. The logarithm
 * is that of 10⁻⁷ at least.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const poisson = defineMeanLoss({
  type: 'poisson',
  config: (options: PoissonOptions = {}) => lossConfig(options),
  domain: { prediction: [0.2, 3], target: [0, 4] },
  expects: () => ({ prediction: [0, Number.POSITIVE_INFINITY], target: [0, Number.POSITIVE_INFINITY] }),
  // l = p - t ln p
  loss({ prediction: p, target: t }, _, { kernels: k }) {
    return k.sub(p, k.mul(t, k.log(k.maximum(p, SMALLEST))))
  },
  // dp = 1 - t / p
  slope({ prediction: p, target: t }, _, { kernels: k }) {
    return k.oneMinus(k.where(k.greater(p, SMALLEST), k.div(t, p), 0))
  },
})

const SMALLEST = 1e-7
