import { check } from '../../../core/index.ts'
import { builtInMetric } from './define-metric.ts'

export interface BinaryAccuracyOptions {
  /**
   * The probability above which the answer is yes.
   *
   * @default 0.5
   */
  readonly threshold?: number
}

/** The share of right yes-or-no answers, entry by entry, for samples with several independent labels. */
export const binaryAccuracy = builtInMetric({
  type: 'binaryAccuracy',
  config: ({ threshold = 0.5 }: BinaryAccuracyOptions = {}) => ({ threshold: check.fraction({ threshold }) }),
  expects: 'labels',
  sums: ['right', 'all'],
  tally({ prediction, target }, { threshold }, { kernels: k, fromLogits }) {
    // sigmoid(z) > p where z > ln(p / (1 - p))
    const least = fromLogits ? Math.log(threshold / (1 - threshold)) : threshold
    const right = k.equal(k.greater(prediction, least), k.greater(target, 0.5))
    return { right, all: right.size }
  },
  result: ({ right, all }) => right / all,
})
