import { builtInMetric } from './define-metric.ts'

/** The correlation of predictions and targets over all entries, from -1 to 1; 0 where one of them never changes. */
export const pearson = builtInMetric({
  type: 'pearson',
  moments: ['ofP', 'ofT', 'ofBoth'],
  // From the variances of p, t and p + t comes the covariance, and none of them loses digits.
  tally: ({ prediction, target }, _, { kernels: k }) => ({
    ofP: prediction,
    ofT: target,
    ofBoth: k.add(prediction, target),
  }),
  result({ ofP, ofT, ofBoth }) {
    const spread = Math.sqrt(ofP.squares * ofT.squares)
    return spread === 0 ? 0 : (ofBoth.squares - ofP.squares - ofT.squares) / 2 / spread
  },
})
