/** What can be observed of a run: one union of plain events. */
import type { ErrorReport } from '../../core/index.ts'
import type { Command } from './commands.ts'

/** Figures by name: `loss`, `accuracy`, `validationLoss`, ... */
export type Metrics = Readonly<Record<string, number>>

interface At {
  /** When, in milliseconds since 1970, by the scheduler's clock. */
  readonly time: number
  /** The epoch under way, from 1; 0 before the first. */
  readonly epoch: number
  /** How many steps were done. */
  readonly step: number
}

export type TrainerEvent =
  | (At & { readonly type: 'started' })
  /** After each step: the loss of its batch. Made only while somebody listens. */
  | (At & { readonly type: 'step'; readonly samples: number; readonly loss: number })
  /** After each epoch: figures over all of it, and over the validation data. */
  | (At & {
      readonly type: 'epoch'
      readonly metrics: Metrics
      readonly seconds: number
      readonly samplesPerSecond: number
    })
  /** Somebody told the run to do something, and it was done, or refused with an error. What is no command is `invalid`. */
  | (At & {
      readonly type: 'command'
      readonly command: Command | { readonly type: 'invalid' }
      readonly author: string
      readonly error?: ErrorReport
    })
  | (At & { readonly type: 'paused' })
  | (At & { readonly type: 'resumed' })
  | (At & { readonly type: 'stopped' })
  /** Something that deserves a look, but ends nothing. It is told when it begins, not as long as it lasts. */
  | (At & { readonly type: 'alarm'; readonly code: string; readonly message: string })
  | (At & { readonly type: 'failed'; readonly error: ErrorReport })
  | (At & { readonly type: 'finished'; readonly metrics: Metrics })
