/** What the graph says while it has no values. */
import type { RunStatus } from '../client.ts'

const ENDED = 'The run has ended. Nobody watched its values, so they were not kept.'

export const WAITING: Readonly<Record<RunStatus, string>> = {
  idle: 'No values yet: they appear with the next step.',
  running: 'Loading the values …',
  paused: 'No values yet: they appear with the next step.',
  stopped: ENDED,
  finished: ENDED,
  failed: ENDED,
}
