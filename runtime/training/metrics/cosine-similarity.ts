import type { Kernels, Tensor } from '../../../core/index.ts'
import { builtInMetric } from './define-metric.ts'

/** The mean over rows of the cosine between prediction and target: 1 where they point the same way; 0 where one of them is all zeros. */
export const cosineSimilarity = builtInMetric({
  type: 'cosineSimilarity',
  sums: ['cosines', 'rows'],
  tally({ prediction, target }, _, { kernels: k }) {
    const cosines = k.sumLastAxis(k.mul(unit(prediction, k), unit(target, k)))
    return { cosines, rows: cosines.size }
  },
  result: ({ cosines, rows }) => cosines / rows,
})

/** Rows of length 1. */
const unit = (x: Tensor, k: Kernels) => k.div(x, k.sqrt(k.maximum(k.sumLastAxis(k.square(x)), 1e-12)))
