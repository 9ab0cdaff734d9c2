/** What the runtime's own rooms may do with a trainer, and its users need not see. */
import type { GradstreamError } from '../../core/index.ts'
import type { DataSource } from '../data/source.ts'
import type { Command } from './commands.ts'
import type { Measured } from './run-state.ts'
import type { Trainer } from './trainer.ts'

/** What the values of a node, and the gradients at them, were like. */
export interface Note {
  forward?: Measured
  backward?: Measured
}

export interface TrainerInside {
  /** What it trains on, or is validated with. */
  source(name: 'data' | 'validation'): DataSource | undefined
  /** The loss of the last training batch; NaN before the first. It may be read from a tensor, so not in every step. */
  lastLoss(): number
  /** Keeps notes in the state, by node, in one change. */
  note(notes: ReadonlyMap<string, Note>): void
  /** Tells as an event that a command was refused before it came to the trainer; undefined stands for none. */
  refuse(command: Command | undefined, author: string, error: GradstreamError): void
}

const insides = new WeakMap<Trainer, TrainerInside>()

export const insideOf = (trainer: Trainer): TrainerInside => insides.get(trainer) as TrainerInside

/** Called by a trainer that is being made. */
export const keepInside = (trainer: Trainer, inside: TrainerInside): void => void insides.set(trainer, inside)
