/** The events of a run, as plain data. */
import type { Config, ErrorReport } from '../../core/index.ts'
import type { Command } from './commands.ts'

/** Figures by name: `loss`, `accuracy`, `validationLoss`, ... */
export type Metrics = Readonly<Record<string, number>>

interface At {
  /** When, in milliseconds since 1970, by the scheduler's clock. */
  readonly time: number
  /** The current epoch, from 1; 0 before the first. */
  readonly epoch: number
  /** The number of steps done. */
  readonly step: number
}

/** Something worth a look. */
export interface Alarm {
  /** What it is, for programs: `'NOT_FINITE'`, `'OVERFITTING'`. */
  readonly code: string
  /** The same in words. */
  readonly message: string
  /** The node that it is about. */
  readonly node?: string
  /** What that node did, where a number is not finite: its values, their gradients, or the update of its parameters. */
  readonly direction?: 'forward' | 'backward' | 'update'
  /** What that was computed from: nodes and parameters. */
  readonly inputs?: readonly string[]
  /** The figure that it is about, such as `'validationLoss'`. */
  readonly figure?: string
}

export type TrainerEvent =
  | (At & { readonly type: 'started' })
  /** After each step: the loss of its batch. Computed only while someone subscribes. */
  | (At & { readonly type: 'step'; readonly samples: number; readonly loss: number })
  /** After each epoch: figures over the whole epoch and over the validation data. */
  | (At & {
      readonly type: 'epoch'
      readonly metrics: Metrics
      readonly seconds: number
      readonly samplesPerSecond: number
    })
  /**
   * A command was carried out, or refused with an error. Anything that is not a command is `invalid`. `before` has the values that a `set`
   * replaced.
   */
  | (At & {
      readonly type: 'command'
      readonly command: Command | { readonly type: 'invalid' }
      readonly author: string
      readonly before?: Config
      readonly error?: ErrorReport
    })
  /** The stream of a hyper-parameter has ended, which keeps its number. Where the stream failed, an alarm says why. */
  | (At & { readonly type: 'released'; readonly node: string; readonly name: string })
  /** A checkpoint is on the disk. */
  | (At & { readonly type: 'checkpoint'; readonly path: string })
  | (At & { readonly type: 'paused' })
  | (At & { readonly type: 'resumed' })
  /** With the reason where the program gave one, as `earlyStopping` does. */
  | (At & { readonly type: 'stopped'; readonly reason?: string })
  /**
   * Something worth a look that does not end the run. Reported once, when it begins; `node` and `figure` say where, if it is about one of
   * them.
   */
  | (At & { readonly type: 'alarm' } & Alarm)
  | (At & { readonly type: 'failed'; readonly error: ErrorReport })
  | (At & { readonly type: 'finished'; readonly metrics: Metrics })
