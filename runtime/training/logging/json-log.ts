/** `jsonLog`: the events of a run in a file of JSON lines. */
import type { Subscription } from 'rxjs'
import { LineFile } from '#line-file'
import { attempt, check, checkedAt } from '../../../core/index.ts'
import { demandTrainer } from '../demand-trainer.ts'
import type { Trainer } from '../trainer.ts'
import { logTo } from './log.ts'
import type { LogOptions } from './log-options.ts'

export interface JsonLogOptions extends LogOptions {
  /**
   * Whether each step gets a line as well, with the loss of its batch. That takes longer than a small step.
   *
   * @default false
   */
  readonly steps?: boolean
}

/** Each line begins with it. */
const START = '{"run":"'

/**
 * Writes each event of a run as a line of JSON, with the run that it is of: epochs with their figures, alarms, commands, and how it started and
 * ended. JSON has no numbers that are not finite: they are `null`. Each line is written at once, so that one is lost at most when the process
 * is killed; a full disk is treated as by `csvLog`.
 *
 * @param path the file; folders on the way are made
 * @returns the subscription: `unsubscribe()` ends the log. The file is closed whenever the run comes to its end
 * @throws GradstreamError `FILE_NOT_WRITTEN`, `INVALID_OPTION`, `NEEDS_NODE`
 * @example jsonLog(trainer, 'runs/log.jsonl') // {"run":"...","type":"epoch","epoch":1,"metrics":{"loss":0.31}, ...}
 */
export function jsonLog(trainer: Trainer, path: string | URL, options: JsonLogOptions = {}): Subscription {
  const place = 'jsonLog'
  demandTrainer(place, trainer)
  const { append, steps } = checkedAt(place, 'INVALID_OPTION', () => {
    if (!attempt(() => path instanceof URL)) check.text({ path: path as string })
    const { append = true, steps = false } = check.options(options, ['append', 'steps'])
    return { append: check.boolean({ append }), steps: check.boolean({ steps }) }
  })
  const { runId: run } = trainer.state
  const file = new LineFile(path, append, {
    words: 'a log of such lines',
    accepts: first => first.startsWith(START) || START.startsWith(first),
  })
  const lineOf = (event: object) => JSON.stringify({ run, ...event })
  return logTo(file, trainer, place, lineOf, steps ? trainer.events$ : trainer.milestones$)
}
