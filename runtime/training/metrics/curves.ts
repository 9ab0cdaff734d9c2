/** Metrics of scores, over all thresholds that might be set on them. */
import { CheckFailed, check, type Kernels, show, type Tensor } from '../../../core/index.ts'
import { type AverageOptions, averageConfig, averaged, figuresOf, targetsOf } from './averages.ts'
import { actualOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'
import type { MetricContext } from './metric.ts'
import { share } from './share.ts'

export interface CurveOptions extends AverageOptions {
  /**
   * Into how many steps the scores are sorted, evenly spaced from the logit -16 to the logit 16, so that probabilities near 0 and 1
   * are told apart as well. Each takes 16 bytes for each class. Scores in the same step count as equal: pairs of a yes and a no that
   * share a step, of all such pairs, put the area under the ROC off by at most half their share.
   * At most 1,048,576.
   *
   * @default 1024
   */
  readonly thresholds?: number
}

/** There are as many counts for each class. */
const MOST_THRESHOLDS = 2 ** 20

function counted(thresholds: number): number {
  if (check.positiveInteger({ thresholds }) <= MOST_THRESHOLDS) return thresholds
  throw new CheckFailed(`thresholds to be at most ${MOST_THRESHOLDS}`, String(thresholds), {
    option: 'thresholds',
  })
}

const curveConfig = ({ thresholds = 1024, ...average }: CurveOptions) => ({
  ...averageConfig(average),
  thresholds: counted(thresholds),
})
type CurveConfig = ReturnType<typeof curveConfig>

/** The largest logit that is told apart: nearest to 1, float32 has no more probabilities. */
const LARGEST = 16

interface Batch {
  readonly prediction: Tensor
  readonly target: Tensor
}

/** ln(p / (1 - p)) for each class. */
function logitsOf(x: Tensor, isEntryByEntry: boolean, fromLogits: boolean, k: Kernels): Tensor {
  if (!fromLogits) {
    const p = k.minimum(k.maximum(x, 0), 1)
    return k.sub(k.log(p), k.log(k.oneMinus(p)))
  }
  if (isEntryByEntry) return x
  // ln p - ln(1 - p), and 1 - p = -expm1(ln p)
  const log = k.logSoftmax(x)
  return k.sub(log, k.log(k.neg(k.expm1(log))))
}

/** How many scores there are in each step, class by class: of the yes, and of all. */
const columns = (classes: number, { thresholds }: CurveConfig) => ({
  positives: classes * thresholds,
  all: classes * thresholds,
  outside: 1,
})

function tally(
  { prediction, target }: Batch,
  { multiLabel, thresholds }: CurveConfig,
  { kernels: k, fromLogits, weights }: MetricContext,
) {
  const classes = prediction.shape.at(-1) as number
  const isEntryByEntry = classes === 1 || multiLabel
  const isScore = fromLogits ? k.equal(prediction, prediction) : k.less(k.abs(k.sub(prediction, 0.5)), HALF)
  const logits = logitsOf(k.where(isScore, prediction, 0.5), isEntryByEntry, fromLogits, k)
  const position = k.addScalar(k.scale(logits, thresholds / (2 * LARGEST)), thresholds / 2)
  const step = k.floor(k.minimum(k.maximum(position, 0), thresholds - 1))
  const flat = (x: Tensor) => k.reshape(x, [prediction.size])
  const places = flat(k.add(step, k.scale(k.iota(classes), thresholds)))
  const counted = (x: Tensor) => (weights ? k.mul(x, weights) : x)
  const among = (x: Tensor) => k.scatterAdd(flat(counted(x)), places, { length: classes * thresholds })
  return {
    positives: among(actualOf(target, prediction.shape, isEntryByEntry, k)),
    all: among(k.fill(prediction.shape, 1)),
    outside: k.reshape(k.sum(counted(k.oneMinus(isScore))), [1]),
  }
}

/** A probability is less than this from 1/2; a softmax may be 1 and a little more. */
const HALF = 0.50001

interface Curve {
  /** How many are yes, how many no, in each step from the lowest scores to the highest. */
  readonly yes: Float64Array
  readonly no: Float64Array
}

type Sums = Readonly<Record<'positives' | 'all' | 'outside', Float64Array>>

/** The scores of each class. @throws where some are no scores */
function curvesFrom({ positives, all, outside: [outside = 0] }: Sums, thresholds: number): Curve[] {
  if (outside > 0)
    throw new CheckFailed('probabilities from 0 to 1', `${outside} predictions that are none`, {
      hint: 'End the network with sigmoid() or softmax(), or say fromLogits: true.',
    })
  return Array.from({ length: all.length / thresholds }, (_, c) => {
    const yes = positives.subarray(c * thresholds, (c + 1) * thresholds)
    return { yes, no: yes.map((count, i) => (all[c * thresholds + i] as number) - count) }
  })
}

const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0)

const pooled = (curves: readonly Curve[]): Curve => {
  const together = (part: keyof Curve) =>
    (curves[0] as Curve)[part].map((_, i) =>
      curves.reduce((total, curve) => total + (curve[part][i] as number), 0),
    )
  return { yes: together('yes'), no: together('no') }
}

const support = ({ yes }: Curve) => sum(yes)

/** Calls `each` with how many are rightly and wrongly predicted to be yes, from the highest threshold down. */
function along({ yes, no }: Curve, each: (right: number, wrong: number) => void): void {
  let [right, wrong] = [0, 0]
  for (let i = yes.length - 1; i >= 0; i--) {
    right += yes[i] as number
    wrong += no[i] as number
    each(right, wrong)
  }
}

/** The area under recall over the share of false alarms, by trapezoids; 1/2 where all are yes, or none. */
function rocArea(curve: Curve): number {
  const pairs = sum(curve.yes) * sum(curve.no)
  let [area, before, width] = [0, 0, 0]
  along(curve, (right, wrong) => {
    area += ((right + before) / 2) * (wrong - width)
    before = right
    width = wrong
  })
  return pairs === 0 ? 0.5 : area / pairs
}

/** The average precision, Σ (recall - recall before) · precision; 0 where none is yes. */
function averagePrecision(curve: Curve): number {
  let [area, before] = [0, 0]
  along(curve, (right, wrong) => {
    area += (right - before) * share(right, right + wrong)
    before = right
  })
  return share(area, sum(curve.yes))
}

export interface AucOptions extends CurveOptions {
  /**
   * `'roc'`: recall over the share of false alarms, by trapezoids; 1/2 is no better than chance, and what a class has of which all
   * samples are, or none. `'pr'`: precision over recall, as the average precision Σ (recall - recall before) · precision, without
   * interpolation; 0 for a class without samples.
   *
   * @default 'roc'
   */
  readonly curve?: 'roc' | 'pr'
}

/**
 * The area under the curve of all thresholds: that of the ROC is how often a yes has a larger score than a no (Fawcett, 2006); that of
 * precision and recall is the average precision.
 */
export const auc = builtInMetric({
  type: 'auc',
  config: ({ curve = 'roc', ...options }: AucOptions = {}) => ({
    curve: check.oneOf({ curve }, ['roc', 'pr']),
    ...curveConfig(options),
  }),
  expects: targetsOf,
  columns,
  weighted: true,
  tally,
  figures: figuresOf,
  result(sums: Sums, { curve, average, thresholds }) {
    const figure = curve === 'roc' ? rocArea : averagePrecision
    return averaged(curvesFrom(sums, thresholds), average, { figure, support, pooled })
  },
})

/** A number from 0 to 1, both included. */
function unit<Name extends string>(option: Readonly<Record<Name, number>>): number {
  const [[name, value]] = Object.entries<number>(option) as [[string, number]]
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new CheckFailed(`${name} to be a number from 0 to 1`, show(value), { option: name })
}

/** The best of one figure at all thresholds where another is at least so large; 0 where there are none. */
function best(
  curve: Curve,
  figure: (right: number, wrong: number, yes: number, no: number) => [number, number],
  least: number,
) {
  const [yes, no] = [sum(curve.yes), sum(curve.no)]
  let most = 0
  const look = (right: number, wrong: number) => {
    const [value, other] = figure(right, wrong, yes, no)
    if (other >= least) most = Math.max(most, value)
  }
  look(0, 0)
  along(curve, look)
  return most
}

export interface SensitivityAtSpecificityOptions extends CurveOptions {
  /** The least specificity, from 0 to 1. Required. */
  readonly specificity: number
}

/** The largest recall of all thresholds whose specificity is at least `specificity`; 0 where all are yes, or none. */
export const sensitivityAtSpecificity = builtInMetric({
  type: 'sensitivityAtSpecificity',
  config: ({ specificity, ...options }: SensitivityAtSpecificityOptions) => ({
    specificity: unit({ specificity }),
    ...curveConfig(options),
  }),
  expects: targetsOf,
  columns,
  weighted: true,
  tally,
  figures: figuresOf,
  result(sums: Sums, { specificity, average, thresholds }) {
    const figure = (curve: Curve) =>
      best(curve, (right, wrong, yes, no) => [share(right, yes), share(no - wrong, no)], specificity)
    return averaged(curvesFrom(sums, thresholds), average, { figure, support, pooled })
  },
})

export interface SpecificityAtSensitivityOptions extends CurveOptions {
  /** The least recall, from 0 to 1. Required. */
  readonly sensitivity: number
}

/** The largest specificity of all thresholds whose recall is at least `sensitivity`; 0 where all are yes, or none. */
export const specificityAtSensitivity = builtInMetric({
  type: 'specificityAtSensitivity',
  config: ({ sensitivity, ...options }: SpecificityAtSensitivityOptions) => ({
    sensitivity: unit({ sensitivity }),
    ...curveConfig(options),
  }),
  expects: targetsOf,
  columns,
  weighted: true,
  tally,
  figures: figuresOf,
  result(sums: Sums, { sensitivity, average, thresholds }) {
    const figure = (curve: Curve) =>
      best(curve, (right, wrong, yes, no) => [share(no - wrong, no), share(right, yes)], sensitivity)
    return averaged(curvesFrom(sums, thresholds), average, { figure, support, pooled })
  },
})
