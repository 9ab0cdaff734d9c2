import type { Metric } from './metric.ts'

/** The correlation of predictions and targets over all entries, from -1 to 1. */
export const pearson: Metric = {
  name: 'pearson',
  sums: 9,
  tally({ kernels: k, prediction, target }, _, addMoments) {
    // From the variances of p, t and p + t comes the covariance, and none of them loses digits.
    addMoments(0, prediction)
    addMoments(3, target)
    addMoments(6, k.add(prediction, target))
  },
  // The moments are count, mean and Σ (x - mean x)².
  result(sums) {
    const [ofP, ofT, ofBoth] = [2, 5, 8].map(i => sums[i] as number) as [number, number, number]
    const spread = Math.sqrt(ofP * ofT)
    return spread === 0 ? 0 : (ofBoth - ofP - ofT) / 2 / spread
  },
}
