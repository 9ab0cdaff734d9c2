/** `createTrainer`: makes a trainer of a model and data. */
import type { SchedulerLike } from 'rxjs'
import { CheckFailed, check, checkedAt, GradstreamError, show, thingOf } from '../../core/index.ts'
import { type DataSource, demandData } from '../data/source.ts'
import { demandModel, engineOf, type Model } from '../engine/model.ts'
import { type CheckpointOptions, checkpointSettings } from './checkpoint-options.ts'
import { type AskedMetric, askedMetrics, type MetricRequest } from './metrics/index.ts'
import { type NonFiniteOptions, type NonFinitePolicy, recoverySettings } from './on-non-finite.ts'
import type { Resumed } from './run-record.ts'
import type { TrainerSettings } from './settings.ts'
import { Trainer } from './trainer.ts'
import { turns } from './turns.ts'

export interface TrainerOptions {
  /**
   * The data to train on, from `fromArrays`, `csv`, `fromIterable` or `fromObservable`. Its columns have the
   * names of the inputs. Required.
   */
  readonly data: DataSource
  /**
   * Data to evaluate after each epoch, never trained on, with the standardization of `data`. None by default. Their first batch runs through
   * the graph before the first epoch, so that what is wrong with them shows at once.
   */
  readonly validation?: DataSource
  /** The number of epochs of a `run`; 10 by default. */
  readonly epochs?: number
  /** The number of samples in a step; 32 by default. The last batch of an epoch may be smaller. */
  readonly batchSize?: number
  /**
   * Whether to shuffle the samples in each epoch; true by default. Samples of `fromIterable` and
   * `fromObservable` are shuffled only within the window that their `shuffle` option sets; `false` turns that
   * off too, and an explicit `true` warns about a stream without a window.
   */
  readonly shuffle?: boolean
  /**
   * `'accuracy'`, `'f1'`, `'r2'` and others, with options as `{ metric: 'fBeta', beta: 2 }` or `metric.fBeta({ beta: 2 })`: of each
   * loss that has a prediction and a target, or attached to any two ports, `{ metric: 'r2', prediction: 'dense2', target: 'target' }`.
   * None by default.
   */
  readonly metrics?: readonly MetricRequest[]
  /** The seed for the order of the samples; 0 by default. */
  readonly seed?: number
  /**
   * The most batches of an epoch, and of its validation: a short run, to see whether all fits together. No limit by default; `dryRun` runs a single
   * one and leaves the model alone.
   */
  readonly limitBatches?: number
  /**
   * Trains on the first so many batches alone, in their order, epoch after epoch, and validates with as many. A model that cannot learn a few
   * batches by heart has a fault. By default it trains on all.
   */
  readonly overfitBatches?: number
  /**
   * What to do about a training step whose numbers are not finite. Nothing of it is learned in any case, and an alarm says where the first
   * such number arose.
   * `'stop'` fails the run; the model keeps the parameters of the last good step. `'skip'` leaves the batch out, and fails after ten in a row.
   * `'rollback'` goes back to a copy of the parameters that is at most 1000 steps old, halves the learning rates and goes on with the next batch. An
   * object sets these numbers: `{ policy: 'rollback', everySteps: 200, factor: 0.1 }`.
   *
   * @default 'stop'
   */
  readonly onNonFinite?: NonFinitePolicy | NonFiniteOptions
  /** The name of the run; random by default. */
  readonly runId?: string
  /** The clock and scheduler of the run: pass a `VirtualTimeScheduler` in tests. By default the system's. */
  readonly scheduler?: SchedulerLike
  /** How long steps may run before timers and I/O get a turn, in milliseconds; 8 by default. */
  readonly sliceTime?: number
  /** The shortest time between two emissions of `state$` while steps run, in milliseconds; 50 by default. */
  readonly publishTime?: number
  /** The most steps per second, to slow a run down for watching; no limit by default. */
  readonly stepsPerSecond?: number
  /** The most epochs in the history, spread evenly over the run and always with the latest; 1000 by default. */
  readonly history?: number
  /** Where and how often to write checkpoints, from which `resume` continues the run. None by default. */
  readonly checkpoints?: CheckpointOptions
}

const DEFAULTS = {
  validation: undefined,
  epochs: 10,
  batchSize: 32,
  shuffle: undefined,
  metrics: [],
  seed: 0,
  limitBatches: undefined,
  overfitBatches: undefined,
  onNonFinite: 'stop',
  scheduler: turns,
  sliceTime: 8,
  publishTime: 50,
  history: 1000,
  stepsPerSecond: undefined,
  checkpoints: undefined,
} as const

/**
 * Makes a trainer of a model.
 *
 * @throws GradstreamError `NO_OPTIMIZER`, `INVALID_OPTION`, `DATA_MISMATCH`, `TARGET_MISMATCH`, `METRIC_MISMATCH`,
 *   `UNKNOWN_NAME`, `DUPLICATE_NAME`.
 * @example await createTrainer(model, { data: train, validation, epochs: 60, metrics: ['accuracy'] }).run()
 */
export function createTrainer(model: Model, options: TrainerOptions): Trainer {
  demandModel('createTrainer', model)
  demandOptions(options)
  return trainerOf(model, options)
}

/** The same; `resumed` is the run that continues. */
export function trainerOf(model: Model, options: TrainerOptions, resumed?: Resumed): Trainer {
  const given = checkedAt('createTrainer', 'INVALID_OPTION', () => check.options(options, OPTIONS))
  const settings = checkedSettings({ ...DEFAULTS, runId: crypto.randomUUID(), ...given, resumed })
  if (engineOf(model).optimizers.length === 0) {
    throw new GradstreamError('NO_OPTIMIZER', {
      place: 'createTrainer',
      expected: 'a graph with an optimizer',
      got: `only ${model.nodes.join(', ')}`,
    })
  }
  if (engineOf(model).tuned.some(({ id }) => id === 'batchSize')) {
    throw new GradstreamError('DUPLICATE_NAME', {
      place: 'createTrainer',
      expected: 'no optimizer named "batchSize", because the run state uses that name',
      got: 'one',
    })
  }
  return new Trainer(model, settings)
}

const OPTIONS = ['data', 'runId', ...Object.keys(DEFAULTS)]

/** Data in place of the options is an easy slip to recognise. */
function demandOptions(options: unknown): void {
  if (thingOf(options)?.kind !== 'data') return
  throw new GradstreamError('INVALID_OPTION', {
    place: 'createTrainer',
    expected: 'an object of options',
    got: show(options),
    hint: 'Pass the data by name: createTrainer(model, { data }).',
  })
}

/** The settings of a trainer before its metrics are looked up. */
type Given = Omit<TrainerSettings, 'metrics' | 'checkpoints' | 'onNonFinite'> & {
  readonly metrics: readonly MetricRequest[]
  readonly checkpoints: CheckpointOptions | undefined
  readonly onNonFinite: NonFinitePolicy | NonFiniteOptions
}

function checkedSettings(settings: Given): TrainerSettings {
  const {
    data,
    validation,
    metrics,
    scheduler,
    epochs,
    batchSize,
    shuffle,
    seed,
    runId,
    sliceTime,
    publishTime,
    history,
    stepsPerSecond,
    limitBatches,
    overfitBatches,
  } = settings
  const onNonFinite = checkedAt('createTrainer', 'INVALID_OPTION', () =>
    recoverySettings(settings.onNonFinite),
  )
  checkedAt('createTrainer', 'INVALID_OPTION', () => {
    check.positiveInteger({ epochs })
    check.positiveInteger({ batchSize })
    if (shuffle !== undefined) check.boolean({ shuffle })
    check.integer({ seed })
    check.text({ runId })
    check.nonNegativeNumber({ sliceTime })
    check.nonNegativeNumber({ publishTime })
    check.positiveInteger({ history })
    if (limitBatches !== undefined) check.positiveInteger({ limitBatches })
    if (overfitBatches !== undefined) check.positiveInteger({ overfitBatches })
    if (limitBatches !== undefined && overfitBatches !== undefined)
      throw new CheckFailed('limitBatches or overfitBatches', 'both', { option: 'overfitBatches' })
    if (stepsPerSecond !== undefined) check.positiveNumber({ stepsPerSecond })
    check.scheduler({ scheduler })
  })
  const asked: readonly AskedMetric[] = askedMetrics(metrics, 'createTrainer: metrics')
  demandData('createTrainer: data', data)
  if (validation !== undefined) demandData('createTrainer: validation', validation)
  const checkpoints =
    settings.checkpoints === undefined
      ? undefined
      : checkpointSettings(settings.checkpoints, settings.resumed !== undefined)
  return { ...settings, metrics: asked, checkpoints, onNonFinite }
}
