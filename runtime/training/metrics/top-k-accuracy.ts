import { CheckFailed, check, type Tensor } from '../../../core/index.ts'
import { actualOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'
import type { MetricContext } from './metric.ts'

export interface TopKAccuracyOptions {
  /**
   * How many classes are looked at.
   *
   * @default 5
   */
  readonly k?: number
}

interface Batch {
  readonly prediction: Tensor
  readonly target: Tensor
}

/** 1 for each sample of whose class fewer than `count` others have a larger entry. */
function isAmong({ prediction, target }: Batch, count: number, { kernels: k }: MetricContext) {
  const isRight = actualOf(target, prediction.shape, false, k)
  const own = k.sumLastAxis(k.where(isRight, prediction, 0))
  const before = k.sumLastAxis(k.greater(prediction, own))
  // What is not a number is among nothing.
  const right = k.mul(k.less(before, count), k.equal(own, own))
  return { right, all: right.size }
}

/** A yes-or-no question has no places. */
function ofSeveral(classes: number) {
  if (classes > 1) return {}
  throw new CheckFailed('several classes', 'a single entry for each sample', {
    hint: "Use metrics: ['accuracy'].",
  })
}

/** The share of samples whose class is among the `k` with the largest entries. Equal entries share a place. */
export const topKAccuracy = builtInMetric({
  type: 'topKAccuracy',
  config: ({ k = 5 }: TopKAccuracyOptions = {}) => ({ k: check.positiveInteger({ k }) }),
  expects: 'classes',
  sums: ['right', 'all'],
  columns: ofSeveral,
  tally: (batch, { k }, context) => isAmong(batch, k, context),
  result: ({ right, all }) => right / all,
})

/** The share of samples whose class is among the five with the largest entries: `topKAccuracy` with 5. */
export const top5Accuracy = builtInMetric({
  type: 'top5Accuracy',
  expects: 'classes',
  sums: ['right', 'all'],
  columns: ofSeveral,
  tally: (batch, _, context) => isAmong(batch, 5, context),
  result: ({ right, all }) => right / all,
})
