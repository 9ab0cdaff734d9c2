/** The work of a run, piece by piece: batches, phases, epochs. */

import { RandomKey } from '../../core/index.ts'
import type { Batch, BatchCursor, DataSource } from '../data/source.ts'
import type { Engine } from '../engine/engine.ts'
import { Feeder } from './feeder.ts'
import { Meter } from './meter.ts'
import type { MetricName } from './metrics/index.ts'

export interface EpochLoopOptions {
  readonly data: DataSource
  readonly validation: DataSource | undefined
  readonly batchSize: number
  readonly shuffle: boolean
  readonly metrics: readonly MetricName[]
  readonly seed: number
}

/** What a piece of work was. */
export type Done = 'step' | 'validation' | 'phase' | 'epoch'

interface Phase {
  readonly kind: 'train' | 'validate'
  readonly cursor: BatchCursor
}

/** An epoch is the phase of training, then that of validation; each goes through its data once. */
export class EpochLoop {
  /** The epoch under way, from 1; 0 before the first. */
  epoch = 0
  /** How many training steps it has had so far. */
  steps = 0
  /** How many steps an epoch has, where it is known. */
  stepsPerEpoch: number | undefined
  /** How many samples the last batch had. */
  samples = 0
  readonly train: Feeder
  private readonly validation: Feeder | undefined
  private readonly meters: { readonly train: Meter; readonly validate: Meter }
  private readonly engine: Engine
  private readonly shuffleKey: RandomKey | undefined
  private phase: Phase | undefined
  /** What is to be done next, where it is known: a batch that came late or whose step failed; `null` is the end. */
  private held: Batch | null | undefined
  private loss = Number.NaN
  private lossIsUnread = false

  constructor(engine: Engine, options: EpochLoopOptions) {
    const { data, validation, batchSize, shuffle, metrics, seed } = options
    const feeder = (source: DataSource, name: string) =>
      new Feeder(engine, source, batchSize, data.scalings, `createTrainer: ${name}`)
    this.engine = engine
    this.train = feeder(data, 'data')
    this.stepsPerEpoch = this.train.steps
    this.validation = validation && feeder(validation, 'validation')
    this.meters = { train: new Meter(engine, metrics), validate: new Meter(engine, metrics) }
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

  /** Losses and metrics of the epoch so far, and of the last validation. */
  get figures(): Record<string, number> {
    return { ...this.meters.train.figures(), ...this.meters.validate.figures('validation') }
  }

  /**
   * Does the next piece of work; a promise where a batch has to be waited for, after which it can be called again.
   * Where a step throws, its batch is the next piece of work once more.
   */
  advance(): Done | Promise<void> {
    const phase = this.phase ?? this.openEpoch()
    const next = this.held === undefined ? phase.cursor.next() : this.held
    if (next instanceof Promise) {
      return next.then(batch => {
        // The epoch may have been abandoned while the batch was under way.
        if (this.phase === phase) this.held = batch ?? null
      })
    }
    if (!next) return this.closePhase(phase)
    this.held = next
    this.work(phase, next)
    this.held = undefined
    return phase.kind === 'train' ? 'step' : 'validation'
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
    this.epoch++
    this.steps = 0
    this.meters.train.reset()
    this.phase = { kind: 'train', cursor: this.train.epoch(this.shuffleKey?.child(this.epoch)) }
    return this.phase
  }

  private closePhase({ kind }: Phase): 'phase' | 'epoch' {
    this.abandon()
    void this.lastLoss
    if (kind === 'train') this.stepsPerEpoch = this.steps
    if (kind === 'validate' || this.validation === undefined) return 'epoch'
    this.meters.validate.reset()
    this.phase = { kind: 'validate', cursor: this.validation.epoch() }
    return 'phase'
  }

  private work({ kind }: Phase, batch: Batch): void {
    if (kind === 'train') {
      this.lossIsUnread = false
      this.engine.run('train', this.train.fill(batch))
      this.steps++
      this.lossIsUnread = true
    } else this.engine.run('infer', (this.validation as Feeder).fill(batch))
    this.samples = batch.size
    this.meters[kind].tally(batch.size)
  }
}
