/** Metrics of numbers: means of errors over all entries. */
import type { Kernels, Tensor } from '../../../core/index.ts'
import { builtInMetric } from './define-metric.ts'

/** The mean of something of each entry, and perhaps a function of the mean. */
const meanOf = <const Type extends string>(
  type: Type,
  entry: (p: Tensor, t: Tensor, k: Kernels) => Tensor,
  after = (mean: number) => mean,
) =>
  builtInMetric({
    type,
    sums: ['errors', 'count'],
    tally: ({ prediction, target }, _, { kernels: k }) => ({
      errors: entry(prediction, target, k),
      count: target.size,
    }),
    result: ({ errors, count }) => after(errors / count),
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

/**
 * The mean of (ln(1 + prediction) - ln(1 + target))² over all entries: for numbers from 0 up whose ratio matters. What is below
 * 10⁻⁷ counts as 10⁻⁷.
 */
export const meanSquaredLogarithmicError = meanOf('meanSquaredLogarithmicError', (p, t, k) =>
  k.square(k.sub(k.log1p(k.maximum(p, 1e-7)), k.log1p(k.maximum(t, 1e-7)))),
)
