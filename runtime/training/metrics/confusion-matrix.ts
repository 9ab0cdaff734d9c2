import { CheckFailed, check } from '../../../core/index.ts'
import { actualOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'
import { share } from './share.ts'

export interface ConfusionMatrixOptions {
  /**
   * What each count is divided by: the samples of its class (`'target'`), those predicted to be of its class (`'prediction'`), or all.
   *
   * @default 'none'
   */
  readonly normalize?: 'none' | 'target' | 'prediction' | 'all'
}

/** The most classes, since each pair of them is a figure. */
const MOST = 16

/** A yes-or-no question is about two classes. */
const sides = (classes: number) => (classes === 1 ? 2 : classes)

/**
 * How many samples of each class were predicted to be of each, a figure for each pair: `confusionMatrix.setosa as virginica`. For at
 * most 16 classes; that of `gradstream/terminal` draws any number.
 */
export const confusionMatrix = builtInMetric({
  type: 'confusionMatrix',
  config: ({ normalize = 'none' }: ConfusionMatrixOptions = {}) => ({
    normalize: check.oneOf({ normalize }, ['none', 'target', 'prediction', 'all']),
  }),
  expects: 'classes',
  columns(classes) {
    if (classes <= MOST) return { counts: sides(classes) ** 2 }
    throw new CheckFailed(`at most ${MOST} classes`, String(classes), {
      hint: 'Draw it with confusionMatrix(prediction, target) of gradstream/terminal.',
    })
  },
  weighted: true,
  tally({ prediction, target }, _, { kernels: k, fromLogits, weights }) {
    const classes = prediction.shape.at(-1) as number
    const rows = (x: typeof prediction) => k.reshape(x, [prediction.size / classes, classes])
    const isYesOrNo = classes === 1
    const predicted = isYesOrNo
      ? k.greater(prediction, fromLogits ? 0 : 0.5)
      : k.equal(k.argMaxLastAxis(prediction), k.iota(classes))
    const [actual, told] = [actualOf(target, prediction.shape, isYesOrNo, k), predicted].map(x =>
      isYesOrNo ? k.concatenate([k.oneMinus(rows(x)), rows(x)], 1) : rows(x),
    ) as [typeof prediction, typeof prediction]
    const counted = weights ? k.mul(actual, k.reshape(weights, [weights.size, 1])) : actual
    return { counts: k.reshape(k.matMul(counted, told, 'tn'), [sides(classes) ** 2]) }
  },
  figures(classes) {
    const names = classes.length === 1 ? ['no', 'yes'] : classes
    return names.flatMap(actual => names.map(predicted => `${actual} as ${predicted}`))
  },
  result({ counts }, { normalize }) {
    const count = Math.sqrt(counts.length)
    const sum = (belongs: (i: number) => boolean) =>
      counts.reduce((all, n, i) => (belongs(i) ? all + n : all), 0)
    const whole = (i: number) => {
      if (normalize === 'target') return sum(j => Math.floor(j / count) === Math.floor(i / count))
      return normalize === 'prediction' ? sum(j => j % count === i % count) : sum(() => true)
    }
    return Array.from(counts, (n, i) => (normalize === 'none' ? n : share(n, whole(i))))
  },
})
