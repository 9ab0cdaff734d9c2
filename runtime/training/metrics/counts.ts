/** Metrics of classes, from how often each class was predicted and was right. */
import { check, type Tensor } from '../../../core/index.ts'
import { type AverageOptions, averageConfig, averaged, figuresOf, targetsOf } from './averages.ts'
import { actualOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'
import type { MetricContext } from './metric.ts'
import { share } from './share.ts'

/** How often, of all answers, a class was rightly predicted, wrongly predicted, and missed. */
interface Counts {
  readonly right: number
  readonly wrong: number
  readonly missed: number
  readonly all: number
}

export interface CountOptions extends AverageOptions {
  /**
   * The probability above which the answer is yes, entry by entry. With several classes, several or none of them may so be
   * predicted.
   *
   * @default 0.5; with several classes the one with the largest entry is predicted
   */
  readonly threshold?: number
}

const countConfig = ({ threshold, ...average }: CountOptions) => ({
  ...averageConfig(average),
  threshold: threshold === undefined ? undefined : check.fraction({ threshold }),
})
type CountConfig = ReturnType<typeof countConfig>

interface Batch {
  readonly prediction: Tensor
  readonly target: Tensor
}

/** Yes or no for each class and sample: what is predicted. */
function predictedOf(
  prediction: Tensor,
  { threshold, multiLabel }: CountConfig,
  { kernels: k, fromLogits }: MetricContext,
): Tensor {
  const classes = prediction.shape.at(-1) as number
  const isEntryByEntry = classes === 1 || multiLabel
  if (!isEntryByEntry && threshold === undefined)
    return k.equal(k.argMaxLastAxis(prediction), k.iota(classes))
  const least = threshold ?? 0.5
  if (!fromLogits) return k.greater(prediction, least)
  // sigmoid(z) > p where z > ln(p / (1 - p))
  if (isEntryByEntry) return k.greater(prediction, Math.log(least / (1 - least)))
  return k.greater(k.softmax(prediction), least)
}

/** Rows of sums with an entry for each class; the last is the number of answers. */
const columns = (classes: number) => ({ right: classes, wrong: classes, missed: classes, all: classes })

function tally({ prediction, target }: Batch, config: CountConfig, context: MetricContext) {
  const { kernels: k } = context
  const classes = prediction.shape.at(-1) as number
  const predicted = predictedOf(prediction, config, context)
  const actual = actualOf(target, prediction.shape, classes === 1 || config.multiLabel, k)
  const right = k.mul(predicted, actual)
  return {
    right,
    wrong: k.sub(predicted, right),
    missed: k.sub(actual, right),
    all: k.fill(prediction.shape, 1),
  }
}

type Sums = Readonly<Record<keyof Counts, Float64Array>>

/** The counts of each class; yes-or-no questions have one. */
const countsFrom = ({ right, wrong, missed, all }: Sums): Counts[] =>
  Array.from(right, (count, c) => ({
    right: count,
    wrong: wrong[c] as number,
    missed: missed[c] as number,
    all: all[c] as number,
  }))

const total = (all: readonly Counts[], figure: (counts: Counts) => number) =>
  all.reduce((sum, counts) => sum + figure(counts), 0)

const pooled = (all: readonly Counts[]): Counts => ({
  right: total(all, ({ right }) => right),
  wrong: total(all, ({ wrong }) => wrong),
  missed: total(all, ({ missed }) => missed),
  all: total(all, ({ all }) => all),
})

const support = ({ right, missed }: Counts) => right + missed

/** A metric that has a figure for each class; yes-or-no questions have one class, the yes. */
const ofClasses = <const Type extends string>(type: Type, figure: (counts: Counts) => number) =>
  builtInMetric({
    type,
    config: (options: CountOptions = {}) => countConfig(options),
    expects: targetsOf,
    columns,
    tally,
    figures: figuresOf,
    result: (sums: Sums, { average }) => averaged(countsFrom(sums), average, { figure, support, pooled }),
  })

/** right / (right + wrong): of what was predicted to be of a class, the share that is; 0 where nothing was. */
export const precision = ofClasses('precision', ({ right, wrong }) => share(right, right + wrong))

/** right / (right + missed): of what is of a class, the share that was predicted to be; 0 where nothing is. */
export const recall = ofClasses('recall', ({ right, missed }) => share(right, right + missed))

/** 1 - wrong / (all that is not of the class): of that, the share that was not predicted to be; 0 where everything is of the class. */
export const specificity = ofClasses('specificity', ({ right, wrong, missed, all }) =>
  share(all - right - wrong - missed, all - right - missed),
)

/** 2 · precision · recall / (precision + recall), which is 2 right / (2 right + wrong + missed); 0 where all three are. */
export const f1 = ofClasses('f1', ({ right, wrong, missed }) => share(2 * right, 2 * right + wrong + missed))

/** right / (right + wrong + missed): what is both predicted and true, over what is one of them; 0 where all three are. */
export const meanIoU = ofClasses('meanIoU', ({ right, wrong, missed }) =>
  share(right, right + wrong + missed),
)

export interface FBetaOptions extends CountOptions {
  /**
   * How many times as much recall counts as precision.
   *
   * @default 1
   */
  readonly beta?: number
}

/** (1 + β²) · precision · recall / (β² · precision + recall): with β above 1, what was missed weighs more; 0 where nothing is right. van Rijsbergen (1979). */
export const fBeta = builtInMetric({
  type: 'fBeta',
  config: ({ beta = 1, ...options }: FBetaOptions = {}) => ({
    beta: check.positiveNumber({ beta }),
    ...countConfig(options),
  }),
  expects: targetsOf,
  columns,
  tally,
  figures: figuresOf,
  result(sums: Sums, { beta, average }) {
    const weight = beta ** 2
    const figure = ({ right, wrong, missed }: Counts) =>
      share((1 + weight) * right, (1 + weight) * right + weight * missed + wrong)
    return averaged(countsFrom(sums), average, { figure, support, pooled })
  },
})

/** Counts of all classes; to the yes of a yes-or-no question belongs the no. */
function allCounts(sums: Sums): Counts[] {
  const [first, ...others] = countsFrom(sums) as [Counts, ...Counts[]]
  if (others.length > 0) return [first, ...others]
  const { right, wrong, missed, all } = first
  return [first, { right: all - right - wrong - missed, wrong: missed, missed: wrong, all }]
}

/** A metric of all classes together. */
const ofAll = <const Type extends string>(
  type: Type,
  result: (counts: readonly Counts[], all: number) => number,
) =>
  builtInMetric({
    type,
    expects: 'classes',
    columns,
    tally: (batch, _, context) => tally(batch, USUAL, context),
    result: (sums: Sums) => result(allCounts(sums), sums.all[0] as number),
  })

const USUAL = countConfig({})

/** (observed - chance) / (1 - chance): of how often predictions are right beyond chance, the share of what is possible. Cohen (1960). */
export const cohenKappa = ofAll('cohenKappa', (counts, all) => {
  const observed = total(counts, ({ right }) => right) / all
  const chance = total(counts, ({ right, wrong, missed }) => (right + wrong) * (right + missed)) / all ** 2
  return chance === 1 ? 0 : (observed - chance) / (1 - chance)
})

/** The correlation of predicted and true classes, from -1 to 1; 0 where one of them never changes. Matthews (1975), Gorodkin (2004). */
export const matthews = ofAll('matthews', (counts, all) => {
  const covariance =
    all * total(counts, ({ right }) => right) -
    total(counts, ({ right, wrong, missed }) => (right + wrong) * (right + missed))
  const ofPredicted = all ** 2 - total(counts, ({ right, wrong }) => (right + wrong) ** 2)
  const ofActual = all ** 2 - total(counts, ({ right, missed }) => (right + missed) ** 2)
  return share(covariance, Math.sqrt(ofPredicted * ofActual))
})
