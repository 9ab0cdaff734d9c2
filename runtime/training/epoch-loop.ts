/** The work of a run, piece by piece: batches, phases, epochs. */

import { RandomKey, recordOf } from '../../core/index.ts'
import { dataError } from '../data/data-error.ts'
import type { Scaling } from '../data/scaling.ts'
import type { Batch, BatchCursor, DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import { Feeder } from './feeder.ts'
import { DataFit, type Warn } from './fit/data-fit.ts'
import { Meter, validated } from './meter.ts'
import type { MetricRequest } from './metrics/index.ts'

export interface EpochLoopOptions {
  readonly data: DataSource
  readonly validation: DataSource | undefined
  readonly batchSize: number
  readonly shuffle: boolean
  readonly metrics: readonly MetricRequest[]
  readonly seed: number
}

/** What a piece of work was. */
export type Done = 'step' | 'validation' | 'phase' | 'epoch'

interface Phase {
  readonly kind: 'train' | 'validate'
  readonly feeder: Feeder
  readonly cursor: BatchCursor
  /** Adds the batch that has just run to the figures of the phase. */
  readonly tally: () => void
}

/** An epoch is the phase of training, then that of validation; each goes through its data once. */
export class EpochLoop {
  /** The epoch under way, from 1; 0 before the first. */
  epoch = 0
  /** How many steps an epoch has, where it is known. */
  stepsPerEpoch: number | undefined
  /** How many samples the last batch had, and the one that is at work. */
  samples = 0
  private size = 0
  /** The standardization that batches pass. */
  scalings: Readonly<Record<string, Scaling>>
  private readonly train: Feeder
  private readonly validation: Feeder | undefined
  private readonly meters: { readonly train: Meter; readonly validate: Meter }
  private readonly tallies: { readonly train: () => void; readonly validate: () => void }
  private readonly engine: Engine
  private readonly shuffleKey: RandomKey | undefined
  /** How many training steps the epoch has had so far. */
  private steps = 0
  private phase: Phase | undefined
  /** What is to be done next, where it is known: a batch that came late or whose step failed; `null` is the end. */
  private held: Batch | null | undefined
  /** What the last complete validation found. */
  private validationFigures: readonly (readonly [name: string, value: number])[] = []
  private loss = Number.NaN
  private lossIsUnread = false

  constructor(engine: Engine, options: EpochLoopOptions, warn: Warn) {
    const { data, validation, batchSize, shuffle, metrics, seed } = options
    this.engine = engine
    this.scalings = data.scalings
    const fit = new DataFit(engine, metrics, 'createTrainer: metrics', warn)
    const feederOf = (source: DataSource, place: string) => {
      fit.check(source, data.scalings, place)
      return new Feeder(engine, source, batchSize, place, fit)
    }
    this.train = feederOf(data, 'createTrainer: data')
    this.stepsPerEpoch = this.train.steps
    this.validation = validation && feederOf(validation, 'createTrainer: validation')
    const meter = () => new Meter(engine, metrics, 'createTrainer: metrics')
    const [forTrain, forValidation] = [meter(), meter()]
    this.meters = { train: forTrain, validate: forValidation }
    this.tallies = {
      train: () => forTrain.tally(this.size),
      validate: () => forValidation.tally(this.size),
    }
    this.shuffleKey = shuffle ? RandomKey.of(seed).child('shuffle') : undefined
  }

  /** Whether an epoch is under way. */
  get inEpoch(): boolean {
    return this.phase !== undefined
  }

  /**
   * The loss of the last training batch. It stands in the tensor of the loss node until that node fires again, be it for
   * validation or a prediction, so it is read at the latest when steps give way to something else.
   */
  get lastLoss(): number {
    if (this.lossIsUnread) this.loss = this.meters.train.lastLoss
    this.lossIsUnread = false
    return this.loss
  }

  /** Losses and metrics of the epoch so far, and of the last complete validation. */
  get figures(): Readonly<Record<string, number>> {
    return recordOf([...this.meters.train.figures, ...this.validationFigures])
  }

  /**
   * Does the next piece of work; a promise where a batch has to be waited for, after which it can be called again.
   * Where a step throws, its batch is the next piece of work once more; where the data do, they are asked once more.
   */
  advance(): Done | Promise<void> {
    const phase = this.phase ?? this.openEpoch()
    const next = this.held === undefined ? this.nextOf(phase) : this.held
    if (next instanceof Promise) {
      return next.then(
        batch => {
          // The epoch may have been abandoned while the batch was under way.
          if (this.phase === phase) this.held = batch ?? null
        },
        thrown => {
          throw dataError(thrown)
        },
      )
    }
    if (!next) return this.closePhase(phase)
    this.held = next
    this.work(phase, next)
    this.held = undefined
    return phase.kind === 'train' ? 'step' : 'validation'
  }

  /** Lets go of what the data hold open, until it goes on. */
  release(): void {
    this.phase?.cursor.release?.()
  }

  /** Leaves out the rest of the epoch, and gives back what it holds. */
  abandon(): void {
    this.phase?.cursor.close()
    this.phase = undefined
    this.held = undefined
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
    meter.reset()
    this.phase = { kind: 'train', feeder: this.train, cursor, tally: this.tallies.train }
    return this.phase
  }

  private closePhase({ kind }: Phase): 'phase' | 'epoch' {
    const { validation: feeder } = this
    void this.lastLoss
    if (kind === 'validate' || feeder === undefined) {
      this.validationFigures = this.meters.validate.figures.map(([name, value]) => [validated(name), value])
      this.abandon()
      if (kind === 'train') this.stepsPerEpoch = this.steps
      return 'epoch'
    }
    const meter = this.meters.validate
    const cursor = opened(() => feeder.epoch(this.scalings))
    this.abandon()
    this.stepsPerEpoch = this.steps
    meter.reset()
    this.phase = { kind: 'validate', feeder, cursor, tally: this.tallies.validate }
    return 'phase'
  }

  private work({ kind, feeder, tally }: Phase, batch: Batch): void {
    const isTraining = kind === 'train'
    // Where the step fails, nobody knows any more what it was.
    if (isTraining && this.lossIsUnread) this.loss = Number.NaN
    if (isTraining) this.lossIsUnread = false
    this.size = batch.size
    this.engine.run(isTraining ? 'train' : 'infer', feeder.fill(batch), tally)
    this.samples = this.size
    if (!isTraining) return
    this.steps++
    // Longer than the one before, or than was said.
    if (this.stepsPerEpoch !== undefined && this.steps > this.stepsPerEpoch) this.stepsPerEpoch = undefined
    this.lossIsUnread = true
  }

  private nextOf({ cursor }: Phase): ReturnType<BatchCursor['next']> {
    try {
      return cursor.next()
    } catch (thrown) {
      throw dataError(thrown)
    }
  }
}

/** Opens a pass over the data; what they throw is told as theirs. */
function opened(open: () => BatchCursor): BatchCursor {
  try {
    return open()
  } catch (thrown) {
    throw dataError(thrown)
  }
}
