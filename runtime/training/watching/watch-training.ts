/** `watchTraining`: raises an alarm when a run goes wrong. */
import { Subscription } from 'rxjs'
import { check, checkedAt } from '../../../core/index.ts'
import { demandTrainer } from '../demand-trainer.ts'
import type { Trainer } from '../trainer.ts'
import { type DeadUnitsOptions, watchDeadUnits } from './dead-units.ts'
import { type GradientsOptions, watchGradients } from './gradients.ts'
import { type OverfittingOptions, watchOverfitting } from './overfitting.ts'
import { type PlateauOptions, watchPlateau } from './plateau.ts'
import { type StalledDataOptions, watchStalledData } from './stalled-data.ts'

export interface WatchOptions {
  /**
   * Gradients that explode or vanish; `false` leaves them out.
   *
   * @default {}
   */
  readonly gradients?: GradientsOptions | false
  /**
   * Rectified units that are 0 for all samples; `false` leaves them out.
   *
   * @default {}
   */
  readonly deadUnits?: DeadUnitsOptions | false
  /**
   * A figure that no longer improves; `false` leaves it out.
   *
   * @default {}
   */
  readonly plateau?: PlateauOptions | false
  /**
   * A validation loss that rises while the loss falls; `false` leaves it out.
   *
   * @default {}
   */
  readonly overfitting?: OverfittingOptions | false
  /**
   * A source that gives no batch for some time; `false` leaves it out.
   *
   * @default {}
   */
  readonly stalledData?: StalledDataOptions | false
}

const OPTIONS = ['gradients', 'deadUnits', 'plateau', 'overfitting', 'stalledData']

/**
 * Raises an alarm when a run goes wrong: `EXPLODING_GRADIENTS`, `VANISHING_GRADIENTS`, `DEAD_UNITS`, `PLATEAU`, `OVERFITTING`,
 * `DATA_STALLED`. Each comes once, when it begins, and again only after it has ended. The run goes on; `events$`, `milestones$`, `showProgress`
 * and the log of the page show the alarms. (Numbers that are not finite raise `NOT_FINITE` without being watched for.)
 *
 * It looks at gradients and units every 100 steps, and at the figures of each epoch.
 *
 * @returns the subscription: `unsubscribe()` ends all of it
 * @throws GradstreamError `INVALID_OPTION`, `UNKNOWN_NAME` for a figure that the epochs do not have
 * @example
 *   watchTraining(trainer, { plateau: { patience: 20 }, deadUnits: false })
 *   trainer.milestones$.pipe(filter(({ type }) => type === 'alarm')).subscribe(console.warn)
 */
export function watchTraining(trainer: Trainer, options: WatchOptions = {}): Subscription {
  const place = 'watchTraining'
  demandTrainer(place, trainer)
  const {
    gradients = {},
    deadUnits = {},
    plateau = {},
    overfitting = {},
    stalledData = {},
  } = checkedAt(place, 'INVALID_OPTION', () => check.options(options, OPTIONS))
  const all = new Subscription()
  const begin = <Own>(
    name: string,
    own: Own | false,
    watch: (trainer: Trainer, own: Own) => Subscription,
  ) => {
    if (own !== false) all.add(checkedAt(`${place}: ${name}`, 'INVALID_OPTION', () => watch(trainer, own)))
  }
  try {
    begin('gradients', gradients, watchGradients)
    begin('deadUnits', deadUnits, watchDeadUnits)
    begin('plateau', plateau, (it, own) => watchPlateau(it, own, `${place}: plateau`))
    begin('overfitting', overfitting, watchOverfitting)
    begin('stalledData', stalledData, watchStalledData)
  } catch (error) {
    all.unsubscribe()
    throw error
  }
  return all
}
