/** The metrics that a trainer knows by name. */
import { check, checkedAt, didYouMean, GradstreamError, listOf, show } from '../../../core/index.ts'
import { accuracy } from './accuracy.ts'
import { binaryAccuracy } from './binary-accuracy.ts'
import { cosineSimilarity } from './cosine-similarity.ts'
import { cohenKappa, f1, matthews, meanIoU, precision, recall, specificity } from './counts.ts'
import {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  rootMeanSquaredError,
} from './errors.ts'
import type { Metric } from './metric.ts'
import { pearson } from './pearson.ts'
import { perplexity } from './perplexity.ts'
import { r2 } from './r2.ts'
import { top5Accuracy } from './top-5-accuracy.ts'

export type { Metric } from './metric.ts'

const METRICS = {
  accuracy,
  binaryAccuracy,
  top5Accuracy,
  precision,
  recall,
  specificity,
  f1,
  meanIoU,
  cohenKappa,
  matthews,
  perplexity,
  meanAbsoluteError,
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsolutePercentageError,
  r2,
  pearson,
  cosineSimilarity,
}

export type MetricName = keyof typeof METRICS

/** A metric of two ports of the graph, given as the name of an output of the graph, or the id of a node. */
export interface AttachedMetric {
  readonly metric: MetricName
  readonly prediction: string
  readonly target: string
  /** Its name in figures; by default its prediction and the metric: `prediction.accuracy`. */
  readonly name?: string
  /** Whether predictions are logits; false by default. */
  readonly fromLogits?: boolean
}

/** A metric of each loss that has a prediction and a target, or of two ports. */
export type MetricRequest = MetricName | AttachedMetric

/** @throws GradstreamError `UNKNOWN_NAME`, with the known names. */
export function metricOf(name: MetricName, place: string): Metric {
  if (typeof name === 'string' && Object.hasOwn(METRICS, name)) return METRICS[name]
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `one of the metrics ${listOf(Object.keys(METRICS))}`,
    got: show(name),
    ...didYouMean(name, Object.keys(METRICS)),
  })
}

const FIELDS = ['metric', 'prediction', 'target', 'name', 'fromLogits']

/** @throws GradstreamError `INVALID_OPTION`, `UNKNOWN_NAME` */
export function checkedMetrics(requests: readonly MetricRequest[], place: string): readonly MetricRequest[] {
  if (!Array.isArray(requests)) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'a list such as ["accuracy"]',
      got: show(requests),
      hint:
        typeof requests === 'string'
          ? `Write it as a list: metrics: ['${requests}'].`
          : "Write metrics: ['accuracy'].",
    })
  }
  for (const request of requests as readonly MetricRequest[]) {
    if (typeof request !== 'object') {
      metricOf(request as MetricName, place)
      continue
    }
    const own = checkedAt(place, 'INVALID_OPTION', () => check.options(request as AttachedMetric, FIELDS))
    const { metric, prediction, target, name = prediction, fromLogits = false } = own
    metricOf(metric, place)
    checkedAt(place, 'INVALID_OPTION', () => {
      check.text({ prediction })
      check.text({ target })
      check.text({ name })
      check.boolean({ fromLogits })
    })
  }
  return requests
}
