/** Metrics of numbers: means of errors over all entries. */
import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Metric } from './metric.ts'

/** The mean of something of each entry, and perhaps a function of the mean. */
const meanOf = (
  name: string,
  entry: (p: Tensor, t: Tensor, k: Kernels) => Tensor,
  after = (mean: number) => mean,
): Metric => ({
  name,
  sums: 2,
  tally({ kernels: k, prediction, target }, add) {
    add(0, entry(prediction, target, k))
    add(1, k.fill([], target.size))
  },
  result: ([errors, count]) => after((errors as number) / (count as number)),
})

/** The mean of |prediction - target| over all entries. */
export const meanAbsoluteError = meanOf('meanAbsoluteError', (p, t, k) => k.abs(k.sub(p, t)))

/** The mean of (prediction - target)² over all entries. */
export const meanSquaredError = meanOf('meanSquaredError', (p, t, k) => k.square(k.sub(p, t)))

/** The root of the mean of (prediction - target)² over all entries, in the unit of the target. */
export const rootMeanSquaredError = meanOf(
  'rootMeanSquaredError',
  (p, t, k) => k.square(k.sub(p, t)),
  Math.sqrt,
)

/** The mean of 100 |prediction - target| / |target| over all entries; |target| counts as 10⁻⁷ at least. */
export const meanAbsolutePercentageError = meanOf('meanAbsolutePercentageError', (p, t, k) =>
  k.scale(k.div(k.abs(k.sub(p, t)), k.maximum(k.abs(t), 1e-7)), 100),
)
