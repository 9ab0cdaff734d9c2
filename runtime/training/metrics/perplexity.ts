import { classesOf } from './counts.ts'
import type { Metric } from './metric.ts'

/** e to the power of the mean cross-entropy: among how many equal classes the prediction is as unsure. */
export const perplexity: Metric = {
  name: 'perplexity',
  sums: 2,
  asks: 'classes',
  tally({ kernels: k, prediction, target, fromLogits }, add) {
    const classes = prediction.shape.at(-1) as number
    const logarithms = fromLogits ? k.logSoftmax(prediction) : k.maximum(k.log(prediction), -100)
    const isRight = k.equal(classesOf(target, prediction, k), k.iota(classes))
    add(0, k.neg(k.mul(isRight, logarithms)))
    add(1, k.fill([], prediction.size / classes))
  },
  result: ([sum, count]) => Math.exp((sum as number) / (count as number)),
}
