/** What measures while batches run: a loss, or a metric of two ports. */
import { checkedAt, type Kernels, type Tensor } from '../../../core/index.ts'
import type { LiveOutput } from '../../engine/node-parts.ts'
import type { AskedMetric } from './asked-metric.ts'
import { figuresFrom, namesOfFigures } from './checked-definition.ts'
import { Totals } from './totals.ts'

/** Computes figures: their names, how many sums they need, and how a batch is added to them. */
export interface Gauge {
  readonly names: readonly string[]
  readonly sums: number
  /** What it reads. */
  readonly outputs: readonly LiveOutput[]
  /** Its sums are in `totals` from `start`. */
  tally(totals: Tensor, start: number, samples: number): void
  /** One figure for each name. @throws GradstreamError `METRIC_MISMATCH` where the sums allow none */
  figures(sums: Float64Array, samples: number): readonly number[]
}

/** Two ports that a metric compares. */
export interface Pair {
  readonly name: string
  readonly asked: AskedMetric
  readonly fromLogits: boolean
  readonly prediction: LiveOutput
  readonly target: LiveOutput
  /** The id of the node that the target comes from: the name of its column, if that is an input. */
  readonly column: string
}

/**
 * @param classes their names, as many as the prediction has entries along its last axis
 * @throws GradstreamError `METRIC_MISMATCH` where the metric is not made for so many classes
 */
export function metricGauge(
  kernels: Kernels,
  { name, asked: { definition, config }, fromLogits, prediction, target }: Pair,
  classes: readonly string[],
  place: string,
): Gauge {
  const at = <T>(work: () => T): T => checkedAt(`${place}, "${name}"`, 'METRIC_MISMATCH', work)
  const totals = at(() => new Totals(definition, config, classes.length))
  const several = at(() => namesOfFigures(definition, config, classes))
  const context = { kernels, fromLogits }
  // A number for each sample is a row of one.
  const isPlain = prediction.shape.length < 2
  const rowsOf = ({ forward: { tensor } }: LiveOutput) =>
    isPlain ? kernels.reshape(tensor, [tensor.size, 1]) : tensor
  return {
    names: several?.map(own => `${name}.${own}`) ?? [name],
    sums: totals.size,
    outputs: [prediction, target],
    tally(sums, start) {
      at(() => totals.tally(sums, start, { prediction: rowsOf(prediction), target: rowsOf(target) }, context))
    },
    figures: sums => at(() => figuresFrom(definition, config, totals.read(sums), several?.length)),
  }
}
