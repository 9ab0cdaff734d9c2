import { classesOf } from './counts.ts'
import type { Metric } from './metric.ts'

const K = 5

/** The share of samples whose class is among the five with the largest entries. */
export const top5Accuracy: Metric = {
  name: 'top5Accuracy',
  sums: 2,
  asks: 'classes',
  tally({ kernels: k, prediction, target }, add) {
    const classes = prediction.shape.at(-1) as number
    const isRight = k.equal(classesOf(target, prediction, k), k.iota(classes))
    const own = k.sumLastAxis(k.mul(prediction, isRight))
    const before = k.sumLastAxis(k.greater(prediction, own))
    add(0, k.less(before, K))
    add(1, k.fill([], before.size))
  },
  result: ([right, all]) => (right as number) / (all as number),
}
