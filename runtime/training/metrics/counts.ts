/** Metrics of classes, from how often each class was predicted and was right. */
import type { Kernels, Numbers, Tensor } from '../../../core/index.ts'
import type { Metric, MetricBatch } from './metric.ts'

/** How often, of all answers, a class was rightly predicted, wrongly predicted, and missed. */
interface Counts {
  readonly right: number
  readonly wrong: number
  readonly missed: number
  readonly all: number
}

/** Yes or no for each class and sample: what was predicted and what is true. Yes-or-no questions are one class. */
function answersOf({
  kernels: k,
  prediction,
  target,
  fromLogits,
}: MetricBatch): [predicted: Tensor, actual: Tensor] {
  const classes = prediction.shape.at(-1) as number
  if (classes === 1) return [k.greater(prediction, fromLogits ? 0 : 0.5), k.greater(target, 0.5)]
  const places = k.iota(classes)
  return [k.equal(k.argMaxLastAxis(prediction), places), k.equal(classesOf(target, prediction, k), places)]
}

/** The number of the right class, with length 1 along the last axis: that of the largest entry, or what stands there. */
export function classesOf(target: Tensor, prediction: Tensor, k: Kernels): Tensor {
  // A sequence of class numbers may be as long as there are classes.
  if (target.shape.length < prediction.shape.length) return k.reshape(target, [...target.shape, 1])
  return target.shape.at(-1) === prediction.shape.at(-1) ? k.argMaxLastAxis(target) : target
}

/** Three sums for each class, and the number of answers. */
const sumsFor = (classes: number) => 3 * classes + 1

function tally(batch: MetricBatch, add: (sum: number, x: Tensor) => void): void {
  const { kernels: k } = batch
  const [predicted, actual] = answersOf(batch)
  const right = k.mul(predicted, actual)
  const [wrong, missed] = [k.sub(predicted, right), k.sub(actual, right)]
  const classes = predicted.shape.at(-1) as number
  const last = predicted.shape.length - 1
  const own = (x: Tensor, c: number) => (classes === 1 ? x : k.slice(x, last, c, 1))
  for (let c = 0; c < classes; c++) {
    add(3 * c, own(right, c))
    add(3 * c + 1, own(wrong, c))
    add(3 * c + 2, own(missed, c))
  }
  add(3 * classes, k.fill([], predicted.size / classes))
}

/** The counts of each class; yes-or-no questions have one. */
function countsFrom(sums: Numbers): Counts[] {
  const all = sums[sums.length - 1] as number
  return Array.from({ length: (sums.length - 1) / 3 }, (_, c) => {
    const [right = 0, wrong = 0, missed = 0] = sums.subarray(3 * c, 3 * c + 3)
    return { right, wrong, missed, all }
  })
}

/** A share, which is 0 where there is nothing to share. */
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

/** A figure of each class, of which the mean over the classes is the metric; yes-or-no questions have one class, the yes. */
const ofClasses = (name: string, figure: (counts: Counts) => number): Metric => ({
  name,
  asks: 'classes',
  sums: sumsFor,
  tally,
  result(sums) {
    const each = countsFrom(sums).map(figure)
    return each.reduce((sum, value) => sum + value, 0) / each.length
  },
})

/** Of what was predicted to be of a class, the share that is. With several classes, the mean over them. */
export const precision = ofClasses('precision', ({ right, wrong }) => share(right, right + wrong))

/** Of what is of a class, the share that was predicted to be. With several classes, the mean over them. */
export const recall = ofClasses('recall', ({ right, missed }) => share(right, right + missed))

/** Of what is not of a class, the share that was not predicted to be. With several classes, the mean over them. */
export const specificity = ofClasses('specificity', ({ right, wrong, missed, all }) =>
  share(all - right - wrong - missed, all - right - missed),
)

/** 2 · precision · recall / (precision + recall). With several classes, the mean over them. */
export const f1 = ofClasses('f1', ({ right, wrong, missed }) => share(2 * right, 2 * right + wrong + missed))

/** What is both predicted and true, over what is one of them. With several classes, the mean over them. */
export const meanIoU = ofClasses('meanIoU', ({ right, wrong, missed }) =>
  share(right, right + wrong + missed),
)

/** Counts of all classes; to the yes of a yes-or-no question belongs the no. */
function allCounts(sums: Numbers): Counts[] {
  const [first, ...others] = countsFrom(sums) as [Counts, ...Counts[]]
  if (others.length > 0) return [first, ...others]
  const { right, wrong, missed, all } = first
  return [first, { right: all - right - wrong - missed, wrong: missed, missed: wrong, all }]
}

/** Of how often predictions are right beyond chance, the share of what is possible. Cohen (1960). */
export const cohenKappa: Metric = {
  name: 'cohenKappa',
  asks: 'classes',
  sums: sumsFor,
  tally,
  result(sums) {
    const counts = allCounts(sums)
    const all = counts[0]?.all as number
    const observed = counts.reduce((sum, { right }) => sum + right, 0) / all
    const chance =
      counts.reduce((sum, { right, wrong, missed }) => sum + (right + wrong) * (right + missed), 0) / all ** 2
    return chance === 1 ? 0 : (observed - chance) / (1 - chance)
  },
}

/** The correlation of predicted and true classes, from -1 to 1; 0 where one of them never changes. Matthews (1975), Gorodkin (2004). */
export const matthews: Metric = {
  name: 'matthews',
  asks: 'classes',
  sums: sumsFor,
  tally,
  result(sums) {
    const counts = allCounts(sums)
    const all = counts[0]?.all as number
    const total = (f: (counts: Counts) => number) => counts.reduce((sum, each) => sum + f(each), 0)
    const covariance =
      all * total(({ right }) => right) -
      total(({ right, wrong, missed }) => (right + wrong) * (right + missed))
    const ofPredicted = all ** 2 - total(({ right, wrong }) => (right + wrong) ** 2)
    const ofActual = all ** 2 - total(({ right, missed }) => (right + missed) ** 2)
    return share(covariance, Math.sqrt(ofPredicted * ofActual))
  },
}
