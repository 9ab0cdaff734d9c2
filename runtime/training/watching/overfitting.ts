/** Watches whether a model learns its data by heart. */
import { Subscription } from 'rxjs'
import { check } from '../../../core/index.ts'
import { short } from '../short.ts'
import type { Trainer } from '../trainer.ts'
import { Alarms } from './alarms.ts'

export interface OverfittingOptions {
  /**
   * By which share the validation loss has to be above its lowest one, while the loss is below what it was then: the generalization loss
   * of Prechelt (1998), who stops at 0.05.
   *
   * @default 0.05
   */
  readonly share?: number
  /**
   * In how many epochs in a row, so that a single low one is no alarm.
   *
   * @default 10
   */
  readonly patience?: number
}

/** @throws CheckFailed */
export function watchOverfitting(trainer: Trainer, options: OverfittingOptions): Subscription {
  const { share = 0.05, patience = 10 } = check.options(options, ['share', 'patience'])
  check.positiveNumber({ share })
  check.positiveInteger({ patience })
  if (trainer.validation === undefined) return new Subscription()
  const alarms = new Alarms(alarm => trainer.alarm(alarm))
  let best = { epoch: 0, loss: 0, validation: Number.POSITIVE_INFINITY }
  let count = 0
  return trainer.milestones$.subscribe(event => {
    if (event.type !== 'epoch') return
    const { epoch, metrics } = event
    const { loss = Number.NaN, validationLoss = Number.NaN } = metrics
    if (validationLoss < best.validation) best = { epoch, loss, validation: validationLoss }
    const above = (validationLoss - best.validation) / Math.abs(best.validation)
    count = above > share && loss < best.loss ? count + 1 : 0
    alarms.set('overfitting', count >= patience, () => ({
      code: 'OVERFITTING',
      message: `the model overfits: validationLoss is ${short(100 * above)} % above that of epoch ${best.epoch}, and loss still falls`,
      figure: 'validationLoss',
    }))
  })
}
