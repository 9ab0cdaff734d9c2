import type { Metric } from './metric.ts'

/**
 * The coefficient of determination over all entries: 1 - Σ (t - p)² / Σ (t - mean t)². 1 is perfect, 0 is as good as
 * always telling the mean.
 */
export const r2: Metric = {
  name: 'r2',
  sums: 4,
  tally({ kernels: k, prediction, target }, add) {
    add(0, k.square(k.sub(prediction, target)))
    add(1, target)
    add(2, k.square(target))
    add(3, k.fill([], target.size))
  },
  // Σ (t - mean t)² = Σ t² - (Σ t)² / n, in float64
  result([residual, sum, squares, count]) {
    const total = (squares as number) - (sum as number) ** 2 / (count as number)
    return 1 - (residual as number) / total
  },
}
