import { classesOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'

/**
 * The share of right answers. With one entry per sample, the answer is yes above the probability 1/2 (above
 * the logit 0); with several, it is the class with the largest entry.
 */
export const accuracy = builtInMetric({
  type: 'accuracy',
  expects: 'classes',
  sums: ['right', 'all'],
  tally({ prediction, target }, _, { kernels: k, fromLogits }) {
    const yesOrNo = prediction.shape.at(-1) === 1
    const right = yesOrNo
      ? k.equal(k.greater(prediction, fromLogits ? 0 : 0.5), k.greater(target, 0.5))
      : k.equal(k.argMaxLastAxis(prediction), classesOf(target, prediction.shape, k))
    return { right, all: right.size }
  },
  result: ({ right, all }) => right / all,
})
