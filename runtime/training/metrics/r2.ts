import { builtInMetric } from './define-metric.ts'

/**
 * The coefficient of determination over all entries: 1 - Σ (t - p)² / Σ (t - mean t)². 1 is perfect, 0 is no
 * better than always predicting the mean. For targets that are all alike it is 1 if each is met, else 0.
 */
export const r2 = builtInMetric({
  type: 'r2',
  sums: ['residual'],
  moments: ['targets'],
  tally: ({ prediction, target }, _, { kernels: k }) => ({
    residual: k.square(k.sub(prediction, target)),
    targets: target,
  }),
  result({ residual, targets: { squares } }) {
    if (squares === 0) return residual === 0 ? 1 : 0
    return 1 - residual / squares
  },
})
