/** Records the figures of a run over its steps, for charts. */
import { GradstreamError, listOf } from '../../../core/index.ts'
import type { Metrics } from '../../training/events.ts'
import type { EpochRecord } from '../../training/run-state.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { SeriesPoints } from '../protocol.ts'
import { Series } from './series.ts'

/** The name of the series of the loss of each batch. */
const LOSS = 'loss'
/** The most series. */
const MOST = 64
/**
 * How many losses are recorded while nobody watches: so many at first, and then so many in each millisecond that has passed. At 100 ns
 * each, they cost a thousandth of the time, and a run with steps of 100 µs or more has all of them.
 */
const FIRST = 4096
const PER_MILLISECOND = 10
/** How many losses are taken in at once, at the latest. */
const TOGETHER = 256
/** The most epochs whose figures are recorded at a time. */
const EPOCHS = 128

const recorders = new WeakMap<Trainer, Recorder>()

/** The recorder of a run. It outlives bridges, so one opened later still has earlier points. */
export function recorderOf(trainer: Trainer): Recorder {
  const known = recorders.get(trainer) ?? new Recorder(trainer)
  recorders.set(trainer, known)
  return known
}

/**
 * Records each change of the state: figures, throughput, the time it has run, numeric hyper-parameters. Of the loss it records every batch while
 * a client is connected, `attend()`, and otherwise runs of consecutive batches, as many as a small share of the time allows. It begins with the
 * epochs that are over.
 */
export class Recorder {
  private readonly losses = new Series()
  private readonly series = new Map([[LOSS, this.losses]])
  private readonly trainer: Trainer
  /**
   * Steps and losses that are not in their series yet. A step pushes the series out of the cache of the processor, so that adding one loss after
   * each step takes ten times as long as adding many in a row.
   */
  private readonly fresh = new Float64Array(2 * TOGETHER)
  private freshEnd = 0
  private attended = 0
  /** How many losses may still be recorded while nobody watches, and when that was worked out. */
  private credit = FIRST
  private counted: number
  private unwatched: (() => void) | undefined
  /** The last epoch whose figures are recorded. */
  private epoch = 0

  constructor(trainer: Trainer) {
    this.trainer = trainer
    this.counted = trainer.scheduler.now()
    // Ends with the trainer.
    trainer.patches$.subscribe(() => this.record())
    this.record()
  }

  /** Records the loss of every batch until the function that is returned is called. */
  attend(): () => void {
    this.attended++
    this.rest()
    const release = this.trainer.eachLoss((step, loss) => this.take(step, loss))
    return () => {
      this.attended--
      release()
    }
  }

  get names(): string[] {
    return [...this.series.keys()]
  }

  /** @throws GradstreamError `UNKNOWN_NAME` */
  range(name: string, from: number, to: number, most: number): SeriesPoints {
    this.takeIn()
    const series = this.series.get(name)
    if (series) return series.range(from, to, most)
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'series',
      expected: `one of ${listOf(this.names)}`,
      got: `"${name}"`,
    })
  }

  private take(step: number, loss: number): void {
    const { fresh } = this
    fresh[this.freshEnd++] = step
    fresh[this.freshEnd++] = loss
    if (this.freshEnd === fresh.length) this.takeIn()
  }

  private takeIn(): void {
    const { fresh, losses, freshEnd } = this
    this.freshEnd = 0
    for (let i = 0; i < freshEnd; i += 2) losses.add(fresh[i] as number, fresh[i + 1] as number)
  }

  private record(): void {
    this.takeIn()
    const { step, elapsed, metrics, throughput, hyperparameters, history } = this.trainer.state
    if (this.attended === 0) this.spend()
    if (step === 0) return
    if (this.attended === 0) this.losses.add(step, this.trainer.lastLoss)
    this.addEpochs(history)
    this.add('throughput', step, throughput)
    this.add('elapsed', step, elapsed)
    this.addFigures(step, metrics)
    for (const [node, config] of Object.entries(hyperparameters)) {
      if (typeof config === 'number') continue
      for (const [name, value] of Object.entries(config)) {
        if (typeof value === 'number') this.add(`${node}.${name}`, step, value)
      }
    }
  }

  /** Records losses for as long as there is credit. Between two of these times, a step costs nothing. */
  private spend(): void {
    const now = this.trainer.scheduler.now()
    this.credit = Math.min(this.credit + PER_MILLISECOND * (now - this.counted), FIRST)
    this.counted = now
    if (this.credit < 1) return
    this.unwatched ??= this.trainer.eachLoss((step, loss) => {
      this.take(step, loss)
      if (--this.credit < 1) this.rest()
    })
  }

  private rest(): void {
    this.unwatched?.()
    this.unwatched = undefined
  }

  /** The ends of epochs since the last time: there can be hundreds between two changes of the state. */
  private addEpochs(history: readonly EpochRecord[]): void {
    let first = history.length
    while (first > 0 && (history[first - 1] as EpochRecord).epoch > this.epoch) first--
    const stride = Math.ceil((history.length - first) / EPOCHS)
    for (let i = first; i < history.length; i += stride) {
      const { step, metrics } = history[i] as EpochRecord
      this.addFigures(step, metrics)
    }
    this.epoch = history.at(-1)?.epoch ?? 0
  }

  private addFigures(step: number, figures: Metrics): void {
    for (const [name, value] of Object.entries(figures)) this.add(`metrics.${name}`, step, value)
  }

  private add(name: string, step: number, value: number): void {
    let series = this.series.get(name)
    if (!series) {
      if (this.series.size === MOST) return
      series = new Series()
      this.series.set(name, series)
    }
    series.add(step, value)
  }
}
