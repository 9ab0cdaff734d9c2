import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Metric } from './metric.ts'

/** The mean over rows of the cosine between prediction and target: 1 where they point the same way. */
export const cosineSimilarity: Metric = {
  name: 'cosineSimilarity',
  sums: 2,
  tally({ kernels: k, prediction, target }, add) {
    const cosines = k.sumLastAxis(k.mul(unit(prediction, k), unit(target, k)))
    add(0, cosines)
    add(1, k.fill([], cosines.size))
  },
  result: ([sum, count]) => (sum as number) / (count as number),
}

/** Rows of length 1. */
const unit = (x: Tensor, k: Kernels) => k.div(x, k.sqrt(k.maximum(k.sumLastAxis(k.square(x)), 1e-12)))
