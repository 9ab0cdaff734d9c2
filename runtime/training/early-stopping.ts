/** `earlyStopping`: ends a run when a figure of its epochs no longer improves, and gives the best parameters back. */
import type { Subscription } from 'rxjs'
import { check, checkedAt, directionOf, Tensor } from '../../core/index.ts'
import { engineOf } from '../engine/model.ts'
import { demandTrainer } from './demand-trainer.ts'
import { demandFigure } from './monitor.ts'
import type { Trainer } from './trainer.ts'

export interface EarlyStoppingOptions {
  /**
   * The figure to watch, under its name in the metrics of an epoch: `'validationLoss'`, `'validationAccuracy'`. By default the validation
   * loss if there are validation data, and otherwise the loss.
   */
  readonly monitor?: string
  /**
   * Whether the figure should fall or rise. Required for a name that does not tell.
   *
   * @default 'max' for the metrics that rise, such as an accuracy; 'min' for losses and errors
   */
  readonly mode?: 'min' | 'max'
  /**
   * After how many epochs in a row without an improvement the run stops.
   *
   * @default 10
   */
  readonly patience?: number
  /**
   * By how much a figure must be better than the best one to count as an improvement.
   *
   * @default 0
   */
  readonly minimumDelta?: number
  /** Patience also ends while the figure is no better than this. None by default. */
  readonly baseline?: number
  /**
   * How many epochs to leave out at the beginning, in which a figure may be unsteady.
   *
   * @default 0
   */
  readonly warmUp?: number
  /**
   * Whether the model gets the parameters back that it had after the best epoch, with the states of nodes, averages, and what optimizers
   * remember. The number of steps goes on counting.
   *
   * @default true
   */
  readonly restoreBest?: boolean
}

const OPTIONS = ['monitor', 'mode', 'patience', 'minimumDelta', 'baseline', 'warmUp', 'restoreBest']

interface Best {
  readonly epoch: number
  readonly figure: number
  readonly state: Record<string, Tensor> | undefined
}

/**
 * Stops a run when a figure has not improved for `patience` epochs. The event `stopped` and `trainer.state.reason` say why. It counts as
 * Keras's `EarlyStopping` does: anew in each run, and with `restoreBest` the best epoch comes back however the run ends, except where it
 * fails. Only a figure that is a number can be the best.
 *
 * @returns the subscription: `unsubscribe()` lets the run go on, without giving anything back
 * @throws GradstreamError `INVALID_OPTION`, `UNKNOWN_NAME` for a figure that the epochs do not have
 * @example
 *   earlyStopping(trainer, { monitor: 'validationLoss', patience: 10 })
 *   await trainer.run()
 */
export function earlyStopping(trainer: Trainer, options: EarlyStoppingOptions = {}): Subscription {
  const place = 'earlyStopping'
  demandTrainer(place, trainer)
  const { monitor, mode, patience, minimumDelta, baseline, warmUp, restoreBest } = checkedOptions(
    place,
    trainer,
    options,
  )
  const { model } = trainer
  const isBetter = (figure: number, than: number) =>
    mode === 'min' ? figure < than - minimumDelta : figure > than + minimumDelta
  const worst = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  let best: Best | undefined
  let epochs = 0
  let waited = 0

  const judge = (epoch: number, figure: number) => {
    if (++epochs <= warmUp) return
    waited++
    if (isBetter(figure, best?.figure ?? worst)) {
      best = { epoch, figure, state: restoreBest ? model.state() : undefined }
      if (baseline === undefined || isBetter(figure, baseline)) waited = 0
    }
    if (waited >= patience) void trainer.stop(reasonOf(best))
  }
  const reasonOf = (reached: Best | undefined) => {
    const failing = `${monitor} has not improved for ${patience === 1 ? 'an epoch' : `${patience} epochs`}`
    if (reached === undefined) return failing
    const restored = restoreBest ? ', which is restored' : ''
    return `${failing}; the best was ${Number(reached.figure.toPrecision(4))} in epoch ${reached.epoch}${restored}`
  }
  const restore = (epoch: number) => {
    const { state, epoch: from } = best ?? {}
    best = undefined
    if (state === undefined || from === epoch) return
    const { step } = engineOf(model)
    model.load({ ...state, step: new Tensor([], Float64Array.of(step)) })
  }

  return trainer.milestones$.subscribe(event => {
    if (event.type === 'started') {
      best = undefined
      epochs = 0
      waited = 0
    } else if (event.type === 'epoch') judge(event.epoch, event.metrics[monitor] ?? Number.NaN)
    // An epoch that is stopped in its middle has changed the parameters as well.
    else if (event.type === 'finished') restore(event.epoch)
    else if (event.type === 'stopped') restore(endedEpoch(trainer))
  })
}

/** The epoch whose parameters the model has; NaN in the middle of one. */
function endedEpoch({ state: { history, step } }: Trainer): number {
  const last = history.at(-1)
  return last?.step === step ? last.epoch : Number.NaN
}

function checkedOptions(place: string, trainer: Trainer, options: EarlyStoppingOptions) {
  return checkedAt(place, 'INVALID_OPTION', () => {
    const {
      monitor = trainer.validation === undefined ? 'loss' : 'validationLoss',
      mode,
      patience = 10,
      minimumDelta = 0,
      baseline,
      warmUp = 0,
      restoreBest = true,
    } = check.options(options, OPTIONS)
    demandFigure(`${place}: monitor`, monitor, trainer.figures)
    check.positiveInteger({ patience })
    check.nonNegativeNumber({ minimumDelta })
    if (baseline !== undefined) check.finiteNumber({ baseline })
    check.nonNegativeInteger({ warmUp })
    check.boolean({ restoreBest })
    return {
      monitor,
      mode: directionOf(monitor, mode),
      patience,
      minimumDelta,
      baseline,
      warmUp,
      restoreBest,
    }
  })
}
