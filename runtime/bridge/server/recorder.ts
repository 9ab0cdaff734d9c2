/** Records the figures of a run over its steps, for charts. */
import { GradstreamError, listOf } from '../../../core/index.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { SeriesPoints } from '../protocol.ts'
import { Series } from './series.ts'

/** The name of the series of the loss of each batch. */
const LOSS = 'loss'
/** The most series. */
const MOST = 64

const recorders = new WeakMap<Trainer, Recorder>()

/** The recorder of a run. It outlives bridges, so one opened later still has earlier points. */
export function recorderOf(trainer: Trainer): Recorder {
  const known = recorders.get(trainer) ?? new Recorder(trainer)
  recorders.set(trainer, known)
  return known
}

/**
 * Records each change of the state: figures, throughput, the time it has run, numeric hyper-parameters, and the loss of the last
 * batch. While a client is connected, `attend()` records the loss of every batch.
 */
export class Recorder {
  private readonly losses = new Series()
  private readonly series = new Map([[LOSS, this.losses]])
  private readonly trainer: Trainer
  private attended = 0

  constructor(trainer: Trainer) {
    this.trainer = trainer
    // Ends with the trainer.
    trainer.patches$.subscribe(() => this.record())
    this.record()
  }

  /** Records the loss of every batch until the function that is returned is called. */
  attend(): () => void {
    this.attended++
    const release = this.trainer.eachLoss((step, loss) => this.losses.add(step, loss))
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
    const series = this.series.get(name)
    if (series) return series.range(from, to, most)
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'series',
      expected: `one of ${listOf(this.names)}`,
      got: `"${name}"`,
    })
  }

  private record(): void {
    const { step, elapsed, metrics, throughput, hyperparameters } = this.trainer.state
    if (step === 0) return
    if (this.attended === 0) this.losses.add(step, this.trainer.lastLoss)
    this.add('throughput', step, throughput)
    this.add('elapsed', step, elapsed)
    for (const [name, value] of Object.entries(metrics)) this.add(`metrics.${name}`, step, value)
    for (const [node, config] of Object.entries(hyperparameters)) {
      if (typeof config === 'number') continue
      for (const [name, value] of Object.entries(config)) {
        if (typeof value === 'number') this.add(`${node}.${name}`, step, value)
      }
    }
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
