/** `dryRun`: tries a run out, with one batch. */
import { check, checkedAt } from '../../../core/index.ts'
import { twinOf } from '../../engine/compile.ts'
import { demandModel, type Model } from '../../engine/model.ts'
import { createTrainer, type TrainerOptions } from '../create-trainer.ts'
import type { Metrics } from '../events.ts'

/**
 * Trains and validates on one batch each, and tells the figures: what does not fit together shows here, before a run of hours. A copy of the
 * model does it, so that the model, its optimizers and its states stay as they are, and its streams are silent. Of the data, a pass is begun.
 *
 * @param options those of `createTrainer`
 * @returns the figures of that batch
 * @throws GradstreamError what `createTrainer` and `run` throw
 * @example await dryRun(model, { data: train, validation, metrics: ['accuracy'] }) // { loss: 0.71, accuracy: 0.4, ... }
 */
export async function dryRun(model: Model, options: TrainerOptions): Promise<Metrics> {
  demandModel('dryRun', model)
  const own = checkedAt('dryRun', 'INVALID_OPTION', () => check.options(options))
  const twin = twinOf(model)
  try {
    const trainer = createTrainer(twin, { ...own, epochs: 1, limitBatches: 1 })
    try {
      return (await trainer.run()).metrics
    } finally {
      trainer.dispose()
    }
  } finally {
    twin.dispose()
  }
}
