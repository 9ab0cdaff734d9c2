/** The full options of a trainer. */
import type { SchedulerLike } from 'rxjs'
import type { CheckpointSettings } from './checkpoint-options.ts'
import type { EpochLoopOptions } from './epoch-loop.ts'
import type { RecoverySettings } from './on-non-finite.ts'
import type { PublisherSettings } from './publisher.ts'
import type { Resumed } from './run-record.ts'

export interface TrainerSettings extends EpochLoopOptions, PublisherSettings {
  readonly scheduler: SchedulerLike
  readonly sliceTime: number
  readonly onNonFinite: RecoverySettings
  readonly checkpoints: CheckpointSettings | undefined
  /** The run that this one continues. */
  readonly resumed?: Resumed | undefined
}
