/** Derives the progress of a run from its states. */
import type { EpochRecord, RunState, RunStatus } from '../training/run-state.ts'

/** The position of a run. */
export interface Position {
  readonly epoch: number
  readonly epochs: number
  /** The step within the epoch. */
  readonly step: number
  /** `null` while unknown, as in the first epoch of a stream. */
  readonly stepsPerEpoch: number | null
  /** The mean loss of the epoch so far. */
  readonly loss: number | undefined
  readonly samplesPerSecond: number
}

/** What one state adds to the previous ones. */
export interface Progress {
  readonly position: Position
  /** The epochs that ended since the previous state. */
  readonly ended: readonly EpochRecord[]
  /** How the run stopped or paused, if it just did. */
  readonly rest: Exclude<RunStatus, 'idle' | 'running'> | undefined
}

/** Reads states as `state$` emits them, starting anywhere in a run. */
export class RunProgress {
  private status: RunStatus | undefined
  private lastEpoch: number | undefined
  /** The number of steps before this epoch. */
  private before = 0

  next(state: RunState): Progress {
    const { status, epoch, epochs, step, stepsPerEpoch, metrics, history, throughput } = state
    const last = history.at(-1)
    const from = this.lastEpoch ?? last?.epoch ?? 0
    const fresh = status === 'running' && !['running', 'paused', 'failed'].includes(this.status ?? 'running')
    // An abandoned epoch did steps that no record counts.
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
