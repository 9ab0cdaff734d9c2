import type { Metric } from './metric.ts'

/**
 * The share of correct yes-or-no answers, entry by entry, for samples with several independent labels. An
 * answer is yes above the probability 1/2 (above the logit 0).
 */
export const binaryAccuracy: Metric = {
  name: 'binaryAccuracy',
  sums: 2,
  asks: 'labels',
  tally({ kernels: k, prediction, target, fromLogits }, add) {
    add(0, k.equal(k.greater(prediction, fromLogits ? 0 : 0.5), k.greater(target, 0.5)))
    add(1, k.fill([], target.size))
  },
  result: ([right, all]) => (right as number) / (all as number),
}
