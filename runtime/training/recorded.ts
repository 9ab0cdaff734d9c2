/** A run as a record, and back. */
import { machine } from '#folder'
import { recordOf } from '../../core/index.ts'
import { VERSION } from '../../core/version.ts'
import type { Engine } from '../engine/engine.ts'
import type { EpochLoop } from './epoch-loop.ts'
import type { AskedMetric } from './metrics/index.ts'
import type { Publisher } from './publisher.ts'
import { type BestFigure, dataRecord, type RunRecord } from './run-record.ts'
import type { TrainerSettings } from './settings.ts'
import type { Steering } from './steering.ts'

export interface RunParts {
  readonly engine: Engine
  readonly settings: TrainerSettings
  readonly loop: EpochLoop
  readonly publisher: Publisher
  readonly steering: Steering
  /** The number of epochs in total. */
  readonly plan: { epochs: number }
}

/** `best` is the figure that the checkpoint is kept for. */
export function recorded(parts: RunParts, best: BestFigure | undefined): Omit<RunRecord, 'version'> {
  const { engine, settings, loop, publisher, steering, plan } = parts
  const { runId, epochs, batchSize, shuffle, seed, history, metrics, data, validation, resumed } = settings
  const { onNonFinite, limitBatches, overfitBatches } = settings
  const { directory: _, ...checkpoints } = settings.checkpoints ?? { directory: '' }
  return {
    environment: environmentOf(engine),
    graph: resumed?.record.graph ?? engine.graph,
    settings: {
      runId,
      epochs,
      batchSize,
      shuffle: shuffle ?? null,
      seed,
      history,
      stepsPerSecond: publisher.state.stepsPerSecond,
      metrics: metrics.map(requestFrom),
      onNonFinite,
      checkpoints,
      limitBatches: limitBatches ?? null,
      overfitBatches: overfitBatches ?? null,
    },
    data: dataRecord(data),
    validation: validation ? dataRecord(validation) : null,
    planned: plan.epochs,
    loop: loop.save(),
    publisher: publisher.save(),
    changed: steering.save(),
    tuned: recordOf(engine.tuned.map(settings => [settings.id, settings.save()] as const)),
    best: best ?? null,
  }
}

/** Takes a run to where it was recorded. */
export function restore(parts: RunParts, record: RunRecord): void {
  const { engine, loop, publisher, steering, plan } = parts
  plan.epochs = Math.max(record.planned, parts.settings.epochs)
  loop.load(record.loop)
  for (const settings of engine.tuned) {
    const saved = record.tuned[settings.id]
    if (saved) settings.load(saved)
  }
  steering.load(record.changed)
  publisher.load(record.publisher)
  publisher.epochBegins()
  publisher.change(state => {
    state.epochs = plan.epochs
  })
}

/** What the bytes of a run depend on. */
export const environmentOf = ({ kernels }: Engine): string =>
  `gradstream ${VERSION}, ${machine()}, ${kernels.name} kernels in ${kernels.precision} (${kernels.description})`

export const requestFrom = ({ definition, config, ...options }: AskedMetric): object => ({
  metric: definition.type,
  ...config,
  ...options,
})
