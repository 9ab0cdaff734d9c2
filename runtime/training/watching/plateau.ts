/** Watches whether a figure still improves. */
import type { Subscription } from 'rxjs'
import { check, directionOf } from '../../../core/index.ts'
import { demandFigure } from '../monitor.ts'
import { short } from '../short.ts'
import type { Trainer } from '../trainer.ts'
import { Alarms } from './alarms.ts'

export interface PlateauOptions {
  /** The figure, under its name in the metrics of an epoch. By default the validation loss if there are validation data, and otherwise the loss. */
  readonly monitor?: string
  /**
   * Whether the figure should fall or rise. Required for a name that does not tell.
   *
   * @default 'max' for the metrics that rise, such as an accuracy; 'min' for losses and errors
   */
  readonly mode?: 'min' | 'max'
  /**
   * After how many epochs in a row without an improvement, as in PyTorch's and Keras's `ReduceLROnPlateau`.
   *
   * @default 10
   */
  readonly patience?: number
  /**
   * By which share of the best a figure has to be better, as in PyTorch's.
   *
   * @default 0.0001
   */
  readonly threshold?: number
}

/** @throws CheckFailed, GradstreamError `UNKNOWN_NAME` */
export function watchPlateau(trainer: Trainer, options: PlateauOptions, place: string): Subscription {
  const {
    monitor = trainer.validation === undefined ? 'loss' : 'validationLoss',
    patience = 10,
    threshold = 1e-4,
    ...rest
  } = check.options(options, ['monitor', 'mode', 'patience', 'threshold'])
  demandFigure(`${place}: monitor`, monitor, trainer.figures)
  const sign = directionOf(monitor, rest.mode) === 'min' ? 1 : -1
  check.positiveInteger({ patience })
  check.fraction({ threshold })
  const alarms = new Alarms(alarm => trainer.alarm(alarm))
  let best = Number.POSITIVE_INFINITY
  let waited = 0
  return trainer.milestones$.subscribe(event => {
    if (event.type !== 'epoch') return
    const figure = sign * (event.metrics[monitor] ?? Number.NaN)
    const isFirst = best === Number.POSITIVE_INFINITY
    const isBetter = figure < (isFirst ? best : best - threshold * Math.abs(best))
    waited = isBetter ? 0 : waited + 1
    if (isBetter) best = figure
    alarms.set(monitor, waited >= patience, () => ({
      code: 'PLATEAU',
      message: `${monitor} has not improved for ${patience} epochs; the best was ${short(sign * best)}`,
      figure: monitor,
    }))
  })
}
