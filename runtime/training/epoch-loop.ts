/** The work of a run in pieces: batches, phases, epochs. */

import { GradstreamError, RandomKey, recordOf } from '../../core/index.ts'
import { dataError } from '../data/data-error.ts'
import type { Scaling } from '../data/scaling.ts'
import type { Batch, BatchCursor, DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import type { StartedPass } from '../engine/started-pass.ts'
import { classNamesOf } from './class-names.ts'
import { Feeder } from './feeder.ts'
import { DataFit, type Warn } from './fit/data-fit.ts'
import { Meter, type SavedMeter, validated } from './meter.ts'
import type { AskedMetric } from './metrics/index.ts'

export interface EpochLoopOptions {
  readonly data: DataSource
  readonly validation: DataSource | undefined
  readonly batchSize: number
  /** By default shuffles what can be shuffled; `true` also warns if the data cannot be. */
  readonly shuffle: boolean | undefined
  readonly metrics: readonly AskedMetric[]
  readonly seed: number
  readonly limitBatches: number | undefined
  readonly overfitBatches: number | undefined
}

/** The kind of a piece of work; a `part` is one of a step, which the next call goes on with. */
export type Done = 'step' | 'validation' | 'phase' | 'epoch' | 'part'

interface Phase {
  readonly kind: 'train' | 'validate'
  readonly feeder: Feeder
  readonly cursor: BatchCursor
  /** Adds the latest batch to the figures of the phase. */
  readonly tally: () => void
}

/** Where the work of a run stands, as plain data. */
export interface SavedLoop {
  readonly epoch: number
  readonly steps: number
  readonly stepsPerEpoch: number | null
  readonly samples: number
  readonly loss: number
  /** What is under way, and how many batches of it are done; null between two epochs. */
  readonly phase: { readonly kind: Phase['kind']; readonly batches: number } | null
  readonly train: SavedMeter
  readonly validate: SavedMeter
  readonly validationFigures: readonly (readonly [name: string, value: number])[]
}

/** An epoch is a training phase, then a validation phase. Each goes through its data once. */
export class EpochLoop {
  /** The current epoch, from 1; 0 before the first. */
  epoch = 0
  /** How many steps an epoch has, if known. */
  stepsPerEpoch: number | undefined
  /** How many samples the last or current batch has. */
  samples = 0
  private size = 0
  /** The standardization of the batches. */
  scalings: Readonly<Record<string, Scaling>>
  private readonly train: Feeder
  private readonly validation: Feeder | undefined
  private readonly meters: { readonly train: Meter; readonly validate: Meter }
  private readonly tallies: { readonly train: () => void; readonly validate: () => void }
  private readonly engine: Engine
  private readonly shuffleKey: RandomKey | undefined
  /** How many training steps of the epoch are done. */
  private steps = 0
  private phase: Phase | undefined
  /** The next batch, if known: one that arrived late or whose step failed; `null` is the end. */
  private held: Batch | null | undefined
  /** How many batches of the phase are done, and how many of them a resumed run has still to pass over. */
  private batches = 0
  private behind = 0
  /** The first validation, as far as it was looked at before the first epoch. */
  private ahead: { readonly cursor: BatchCursor; batch?: Batch | null } | undefined
  private isValidationChecked = false
  /** The figures of the last complete validation. */
  private validationFigures: readonly (readonly [name: string, value: number])[] = []
  private loss = Number.NaN
  private lossIsUnread = false
  /** The step that is not over: others have their turn between its parts. */
  private started: StartedPass | undefined
  /** What is wrong with figures, and not yet told: they are read while the state changes, where nothing may be emitted. */
  private readonly faults: GradstreamError[] = []
  private readonly warn: Warn

  constructor(engine: Engine, options: EpochLoopOptions, warn: Warn) {
    const { data, validation, batchSize, metrics, seed, limitBatches, overfitBatches } = options
    const shuffle = overfitBatches === undefined ? options.shuffle : false
    const limit = overfitBatches ?? limitBatches
    this.engine = engine
    this.warn = warn
    this.scalings = data.scalings
    const fit = new DataFit(engine, metrics, warn)
    const feederOf = (source: DataSource, place: string) => {
      fit.check(source, data.scalings, place)
      return new Feeder(engine, source, batchSize, place, fit, limit)
    }
    this.train = feederOf(data, 'createTrainer: data')
    this.stepsPerEpoch = this.train.steps
    this.validation = validation && feederOf(validation, 'createTrainer: validation')
    const meter = () =>
      new Meter(engine, metrics, {
        place: 'createTrainer: metrics',
        classNames: classNamesOf(data),
        onFault: fault => this.faults.push(fault),
      })
    const [forTrain, forValidation] = [meter(), meter()]
    this.meters = { train: forTrain, validate: forValidation }
    this.tallies = {
      train: () => forTrain.tally(this.size),
      validate: () => forValidation.tally(this.size),
    }
    if (shuffle === true) fit.checkOrder(data, 'createTrainer: data')
    this.shuffleKey = (shuffle ?? true) ? RandomKey.of(seed).child('shuffle') : undefined
  }

  /** Whether an epoch has begun and not ended. */
  get inEpoch(): boolean {
    return this.phase !== undefined
  }

  /**
   * The loss of the last training batch. It is in the tensor of the loss node only until that node fires
   * again, perhaps for validation or a prediction, so read it before anything but a training step runs.
   */
  get lastLoss(): number {
    if (this.lossIsUnread) this.loss = this.meters.train.lastLoss
    this.lossIsUnread = false
    return this.loss
  }

  /** Losses and metrics of the epoch so far and of the last complete validation. */
  get figures(): Readonly<Record<string, number>> {
    return recordOf([...this.meters.train.figures, ...this.validationFigures])
  }

  /** The names of the figures of an epoch. */
  get figureNames(): readonly string[] {
    const { names } = this.meters.train
    return this.validation === undefined ? names : [...names, ...names.map(validated)]
  }

  /**
   * Does the next piece of work. Returns a promise if a batch must be waited for; call it again after that.
   * If a step throws, the next call repeats its batch; if the data throws, the next call asks it again.
   */
  advance(): Done | Promise<void> {
    if (!this.isInStep) this.tellFaults()
    if (!this.isValidationChecked && this.phase === undefined) {
      const checked = this.checkValidation()
      if (checked) return checked
    }
    const phase = this.phase ?? this.openEpoch()
    if (this.behind > 0) {
      const waiting = this.catchUp(phase)
      if (waiting) return waiting
    }
    const next = this.held === undefined ? this.nextOf(phase) : this.held
    if (next instanceof Promise) {
      return next.then(
        batch => {
          // The epoch may have been abandoned while the batch was awaited.
          if (this.phase === phase) this.held = batch ?? null
        },
        thrown => {
          throw dataError(thrown)
        },
      )
    }
    if (!next) return this.closePhase(phase)
    this.held = next
    if (!this.work(phase, next)) return 'part'
    this.held = undefined
    this.batches++
    return phase.kind === 'train' ? 'step' : 'validation'
  }

  /** Whether a step was begun and is not over. */
  get isInStep(): boolean {
    return this.started !== undefined
  }

  /** Whether the batches of the moment are trained on, and not those of the validation. */
  get isTraining(): boolean {
    return this.phase?.kind === 'train'
  }

  /** Leaves out a batch whose step failed. */
  skipBatch(): void {
    this.held = undefined
    this.batches++
  }

  /** Releases what the data holds open until the run continues. */
  release(): void {
    this.phase?.cursor.release?.()
    this.ahead?.cursor.release?.()
  }

  /** Skips the rest of the epoch and frees what it holds. */
  abandon(): void {
    this.phase?.cursor.close()
    this.ahead?.cursor.close()
    this.phase = undefined
    this.ahead = undefined
    this.held = undefined
    this.behind = 0
  }

  save(): SavedLoop {
    const { epoch, steps, stepsPerEpoch, samples, phase, batches, meters, validationFigures } = this
    return {
      epoch,
      steps,
      stepsPerEpoch: stepsPerEpoch ?? null,
      samples,
      loss: this.lastLoss,
      phase: phase ? { kind: phase.kind, batches } : null,
      train: meters.train.save(),
      validate: meters.validate.save(),
      validationFigures,
    }
  }

  /** Continues where another loop stood. The batches of its phase are read again, and passed over. */
  load(saved: SavedLoop): void {
    const { epoch, phase, train, validate, validationFigures } = saved
    const inTraining = phase?.kind === 'train'
    this.epoch = inTraining ? epoch - 1 : epoch
    if (inTraining) this.openEpoch()
    else if (phase && this.validation) this.openValidation(this.validation)
    this.steps = saved.steps
    this.stepsPerEpoch = saved.stepsPerEpoch ?? undefined
    this.samples = saved.samples
    this.loss = saved.loss
    this.meters.train.load(train)
    this.meters.validate.load(validate)
    this.validationFigures = validationFigures
    this.batches = phase?.batches ?? 0
    // What arrives live does not arrive again.
    const isLive = phase?.kind === 'train' ? this.train.isLive : this.validation?.isLive
    this.behind = isLive ? 0 : this.batches
  }

  /** Passes over the batches that were done before the run was interrupted. */
  private catchUp(phase: Phase): Promise<void> | undefined {
    while (this.behind > 0) {
      const next = this.nextOf(phase)
      if (next instanceof Promise)
        return next.then(
          batch => {
            if (this.phase === phase) this.passed(batch)
          },
          thrown => {
            throw dataError(thrown)
          },
        )
      this.passed(next)
    }
    return undefined
  }

  private passed(batch: Batch | undefined): void {
    if (batch) {
      this.phase?.feeder.pass(batch)
      this.behind--
      return
    }
    throw new GradstreamError('DATA_EXHAUSTED', {
      place: 'resume',
      expected: `the ${this.batches} batches that were there before the interruption`,
      got: String(this.batches - this.behind),
      hint: 'Pass data that give the same samples again.',
    })
  }

  dispose(): void {
    this.abandon()
    this.meters.train.dispose()
    this.meters.validate.dispose()
  }

  private openEpoch(): Phase {
    const meter = this.meters.train
    const shuffle = this.shuffleKey?.child(this.epoch + 1)
    const cursor = opened(() => this.train.epoch(this.scalings, shuffle))
    this.epoch++
    this.steps = 0
    this.batches = 0
    meter.reset()
    this.phase = { kind: 'train', feeder: this.train, cursor, tally: this.tallies.train }
    return this.phase
  }

  private closePhase({ kind }: Phase): 'phase' | 'epoch' {
    const { validation: feeder } = this
    void this.lastLoss
    void this.meters[kind].figures
    this.tellFaults()
    if (kind === 'validate' || feeder === undefined) {
      this.validationFigures = this.meters.validate.figures.map(([name, value]) => [validated(name), value])
      this.abandon()
      if (kind === 'train') this.stepsPerEpoch = this.steps
      return 'epoch'
    }
    this.openValidation(feeder)
    this.stepsPerEpoch = this.steps
    return 'phase'
  }

  private openValidation(feeder: Feeder): void {
    const { cursor, batch } = this.ahead ?? { cursor: opened(() => feeder.epoch(this.scalings)) }
    this.ahead = undefined
    this.abandon()
    this.held = batch
    this.meters.validate.reset()
    this.batches = 0
    this.phase = { kind: 'validate', feeder, cursor, tally: this.tallies.validate }
  }

  /**
   * Runs the first batch of the validation through the graph before the first epoch, so that faulty data fail at once and not after hours. The
   * validation goes on behind it, so nothing is read twice; live data cannot wait so long.
   */
  private checkValidation(): Done | Promise<void> | undefined {
    const { validation: feeder } = this
    if (feeder === undefined || feeder.isLive || this.epoch > 0) {
      this.isValidationChecked = true
      return undefined
    }
    try {
      this.ahead ??= { cursor: opened(() => feeder.epoch(this.scalings)) }
      const { ahead } = this
      const next = ahead.batch === undefined ? this.nextOf(ahead) : ahead.batch
      if (next instanceof Promise) {
        return next.then(
          batch => {
            ahead.batch = batch ?? null
          },
          thrown => {
            throw ofValidation(dataError(thrown))
          },
        )
      }
      ahead.batch = next ?? null
      if (next && !this.tryOut(feeder, next)) return 'part'
    } catch (thrown) {
      throw ofValidation(thrown)
    }
    this.isValidationChecked = true
    return 'validation'
  }

  private tryOut(feeder: Feeder, batch: Batch): boolean {
    return this.goOn(this.started ?? this.engine.startTrial(feeder.fill(batch, true)))
  }

  private tellFaults(): void {
    for (const fault of this.faults.splice(0)) this.warn(fault.toJSON())
  }

  /** Does a step, or a part of it. True when it is over; the next call repeats the batch if this one throws. */
  private work(phase: Phase, batch: Batch): boolean {
    const isOver = this.started ? this.goOn(this.started) : this.begin(phase, batch)
    if (isOver) this.count(phase)
    return isOver
  }

  private begin({ kind, feeder, tally }: Phase, batch: Batch): boolean {
    const isTraining = kind === 'train'
    // If the step fails, this loss is lost.
    if (isTraining && this.lossIsUnread) this.loss = Number.NaN
    if (isTraining) this.lossIsUnread = false
    this.size = batch.size
    return this.goOn(this.engine.start(isTraining ? 'train' : 'infer', feeder.fill(batch), tally))
  }

  private goOn(started: StartedPass | undefined): boolean {
    this.started = undefined
    if (!started || started.goOn()) return true
    this.started = started
    return false
  }

  private count({ kind }: Phase): void {
    this.samples = this.size
    if (kind !== 'train') return
    this.steps++
    // The epoch is longer than the previous one, or than declared.
    if (this.stepsPerEpoch !== undefined && this.steps > this.stepsPerEpoch) this.stepsPerEpoch = undefined
    this.lossIsUnread = true
  }

  private nextOf({ cursor }: Pick<Phase, 'cursor'>): ReturnType<BatchCursor['next']> {
    try {
      return cursor.next()
    } catch (thrown) {
      throw dataError(thrown)
    }
  }
}

/** Opens a pass over the data, and reports what it throws as an error of the data. */
function opened(open: () => BatchCursor): BatchCursor {
  try {
    return open()
  } catch (thrown) {
    throw dataError(thrown)
  }
}

/** The error of a batch that nobody has seen in training, so that it says which data are meant. */
function ofValidation(thrown: unknown): unknown {
  if (!(thrown instanceof GradstreamError) || thrown.place.includes('validation')) return thrown
  const { code, place, expected, got, hint } = thrown
  return new GradstreamError(code, { place: `validation: ${place}`, expected, got, hint, cause: thrown })
}
