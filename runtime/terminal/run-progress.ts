/** What the states of a run say about its progress. */
import type { EpochRecord, RunState, RunStatus } from '../training/run-state.ts'

/** Where a run is. */
export interface Position {
  readonly epoch: number
  readonly epochs: number
  /** The step within the epoch. */
  readonly step: number
  /** `null` while it is not known, as with the first epoch of a stream. */
  readonly stepsPerEpoch: number | null
  /** The mean loss of the epoch so far. */
  readonly loss: number | undefined
  readonly samplesPerSecond: number
}

/** What one state adds to those before it. */
export interface Progress {
  readonly position: Position
  /** The epochs that have ended since. */
  readonly ended: readonly EpochRecord[]
  /** How the run has come to rest, where it just has. */
  readonly rest: Exclude<RunStatus, 'idle' | 'running'> | undefined
}

/** Reads states one after another, as `state$` emits them; it may begin anywhere in a run. */
export class RunProgress {
  private status: RunStatus | undefined
  private lastEpoch: number | undefined
  /** The steps that were done before this epoch. */
  private before = 0

  next(state: RunState): Progress {
    const { status, epoch, epochs, step, stepsPerEpoch, metrics, history, throughput } = state
    const last = history.at(-1)
    const from = this.lastEpoch ?? last?.epoch ?? 0
    const fresh = status === 'running' && !['running', 'paused', 'failed'].includes(this.status ?? 'running')
    // An epoch that was abandoned left steps behind that no record tells of.
    if (fresh) this.before = step
    else if (last && (this.lastEpoch === undefined || last.epoch > from)) this.before = last.step
    const rest = this.status === 'running' && status !== 'running' && status !== 'idle' ? status : undefined
    this.status = status
    this.lastEpoch = last?.epoch ?? from
    const ended = epoch > 0 && epoch === this.lastEpoch
    return {
      position: {
        epoch,
        epochs,
        step: ended && stepsPerEpoch !== null ? stepsPerEpoch : step - this.before,
        stepsPerEpoch,
        loss: metrics.loss,
        samplesPerSecond: throughput,
      },
      ended: history.filter(record => record.epoch > from),
      rest,
    }
  }
}
