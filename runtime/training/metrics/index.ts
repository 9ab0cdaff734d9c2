/** The metrics that a trainer knows by name. */
import { GradstreamError, listOf, show } from '../../../core/index.ts'
import { accuracy } from './accuracy.ts'
import { meanAbsoluteError } from './mean-absolute-error.ts'
import type { Metric } from './metric.ts'
import { r2 } from './r2.ts'

export type { Metric } from './metric.ts'

const METRICS = { accuracy, meanAbsoluteError, r2 }

export type MetricName = keyof typeof METRICS

/** @throws GradstreamError `UNKNOWN_NAME`, with the names that there are. */
export function metricsOf(names: readonly MetricName[]): readonly Metric[] {
  return names.map(name => {
    if (Object.hasOwn(METRICS, name)) return METRICS[name]
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'metrics',
      expected: `metrics among ${listOf(Object.keys(METRICS))}`,
      got: show(name),
    })
  })
}
