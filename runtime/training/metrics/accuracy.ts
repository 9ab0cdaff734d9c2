import { classesOf } from './counts.ts'
import type { Metric } from './metric.ts'

/**
 * The share of correct samples. With one entry per sample, the answer is yes above the probability 1/2 (above
 * the logit 0); with several, it is the class with the largest entry.
 */
export const accuracy: Metric = {
  name: 'accuracy',
  sums: 2,
  asks: 'classes',
  tally({ kernels: k, prediction, target, fromLogits }, add) {
    const yesOrNo = prediction.shape.at(-1) === 1
    const right = yesOrNo
      ? k.equal(k.greater(prediction, fromLogits ? 0 : 0.5), k.greater(target, 0.5))
      : k.equal(k.argMaxLastAxis(prediction), classesOf(target, prediction, k))
    add(0, right)
    add(1, k.fill([], right.size))
  },
  result: ([right, all]) => (right as number) / (all as number),
}
