/** What measures while batches run: a loss, or a metric of two ports. */
import { checkedAt, type Kernels, type Shape, type Tensor, withRank } from '../../../core/index.ts'
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

/** What answers count. Of a mask, only what is 0 is left out. */
export interface PairWeights {
  readonly output: LiveOutput
  readonly isMask: boolean
}

/** Two ports that a metric compares. */
export interface Pair {
  readonly name: string
  readonly asked: AskedMetric
  readonly fromLogits: boolean
  readonly prediction: LiveOutput
  readonly target: LiveOutput
  readonly weights: PairWeights | undefined
  /** The id of the node that the target comes from: the name of its column, if that is an input. */
  readonly column: string
}

/**
 * @param classes their names, as many as the prediction has entries along its last axis
 * @throws GradstreamError `METRIC_MISMATCH` where the metric is not made for so many classes
 */
export function metricGauge(
  kernels: Kernels,
  { name, asked: { definition, config }, fromLogits, prediction, target, weights }: Pair,
  classes: readonly string[],
  place: string,
): Gauge {
  const at = <T>(work: () => T): T => checkedAt(`${place}, "${name}"`, 'METRIC_MISMATCH', work)
  const totals = at(() => new Totals(definition, config, classes.length))
  const several = at(() => namesOfFigures(definition, config, classes))
  const contextFor = ({ shape }: Tensor) => ({
    kernels,
    fromLogits,
    ...(weights && { weights: weightsFor(shape, weights, kernels) }),
  })
  // A number for each sample is a row of one.
  const isPlain = prediction.shape.length < 2
  const rowsOf = ({ forward: { tensor } }: LiveOutput) =>
    isPlain ? kernels.reshape(tensor, [tensor.size, 1]) : tensor
  return {
    names: several?.map(own => `${name}.${own}`) ?? [name],
    sums: totals.size,
    outputs: [prediction, target, ...(weights ? [weights.output] : [])],
    tally(sums, start) {
      const values = { prediction: rowsOf(prediction), target: rowsOf(target) }
      at(() => totals.tally(sums, start, values, contextFor(values.prediction)))
    },
    figures: sums => at(() => figuresFrom(definition, config, totals.read(sums), several?.length)),
  }
}

/** A weight for each row of a prediction of such a shape, with length 1 along the last axis, or for each of its entries. */
function weightsFor(prediction: Shape, { output, isMask }: PairWeights, k: Kernels): Tensor {
  const given = output.forward.tensor
  const shape = withRank(given.shape, prediction.length)
  const w = k.expand(k.reshape(given, shape), [...prediction.slice(0, -1), shape.at(-1) as number])
  return isMask ? k.oneMinus(k.equal(w, 0)) : w
}
