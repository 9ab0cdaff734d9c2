/** `evaluate`: loss and metrics on data, without training. */
import { check, checkedAt, recordOf } from '../../core/index.ts'
import { type BatchCursor, type DataSource, demandData } from '../data/source.ts'
import { demandSameMeaning } from '../data/tables/encoder.ts'
import { demandModel, engineOf, type Model } from '../engine/model.ts'
import { classNamesOf } from './class-names.ts'
import type { Metrics } from './events.ts'
import { Feeder } from './feeder.ts'
import { DataFit } from './fit/data-fit.ts'
import { Meter } from './meter.ts'
import { askedMetrics, type MetricRequest } from './metrics/index.ts'

export interface EvaluateOptions {
  /** Metrics besides the loss, by name or with options: `['accuracy', { metric: 'auc', curve: 'pr' }]`. None by default. */
  readonly metrics?: readonly MetricRequest[]
  /** How many samples run through the graph at a time; 256 by default. */
  readonly batchSize?: number
  /** Whether averages of weights are used, where links keep some; true by default. False evaluates the weights that are trained. */
  readonly averages?: boolean
}

/**
 * The loss and metrics of a model on any data. Rows are raw: the model applies its own standardization.
 *
 * @throws GradstreamError `DATA_MISMATCH`, `TARGET_MISMATCH`, `METRIC_MISMATCH`, `UNKNOWN_NAME`, `INVALID_OPTION`.
 * @example (await evaluate(model, validation, { metrics: ['accuracy'] })).accuracy
 */
export async function evaluate(
  model: Model,
  data: DataSource,
  options: EvaluateOptions = {},
): Promise<Metrics> {
  demandModel('evaluate', model)
  demandData('evaluate: data', data)
  const {
    metrics = [],
    batchSize = 256,
    averages = true,
  } = checkedAt('evaluate', 'INVALID_OPTION', () =>
    check.options(options, ['metrics', 'batchSize', 'averages']),
  )
  checkedAt('evaluate', 'INVALID_OPTION', () => {
    check.positiveInteger({ batchSize })
    check.boolean({ averages })
  })
  const asked = askedMetrics(metrics, 'evaluate: metrics')
  const engine = engineOf(model)
  if (data.encoder && model.encoder) demandSameMeaning(model.encoder, data.encoder, 'evaluate: data')
  const fit = new DataFit(engine, asked, () => undefined)
  fit.check(data, model.scalings, 'evaluate: data')
  const feeder = new Feeder(engine, data, batchSize, 'evaluate: data', fit)
  const meter = new Meter(engine, asked, {
    place: 'evaluate: metrics',
    classNames: classNamesOf(data, model.encoder ?? data.encoder),
    onFault(fault) {
      throw fault
    },
  })
  let cursor: BatchCursor | undefined
  try {
    cursor = feeder.epoch(model.scalings)
    for (let batch = await cursor.next(); batch; batch = await cursor.next()) {
      const { size } = batch
      engine.run('infer', feeder.fill(batch), () => meter.tally(size), averages)
    }
    return recordOf(meter.figures)
  } finally {
    cursor?.close()
    meter.dispose()
  }
}
