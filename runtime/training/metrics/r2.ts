import type { Metric } from './metric.ts'

/**
 * The coefficient of determination over all entries: 1 - Σ (t - p)² / Σ (t - mean t)². 1 is perfect, 0 is no
 * better than always predicting the mean.
 */
export const r2: Metric = {
  name: 'r2',
  sums: 4,
  tally({ kernels: k, prediction, target }, add, addMoments) {
    add(0, k.square(k.sub(prediction, target)))
    addMoments(1, target)
  },
  // The moments are count, mean and Σ (t - mean t)².
  result([residual, , , total]) {
    return 1 - (residual as number) / (total as number)
  },
}
