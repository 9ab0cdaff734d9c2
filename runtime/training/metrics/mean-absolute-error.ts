import type { Metric } from './metric.ts'

/** The mean of |prediction - target| over all entries. */
export const meanAbsoluteError: Metric = {
  name: 'meanAbsoluteError',
  sums: 2,
  tally({ kernels: k, prediction, target }, add) {
    add(0, k.abs(k.sub(prediction, target)))
    add(1, k.fill([], target.size))
  },
  result: ([errors, count]) => (errors as number) / (count as number),
}
