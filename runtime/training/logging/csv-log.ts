/** `csvLog`: the figures of the epochs in a file of comma-separated values. */
import papaparse from 'papaparse'
import type { Subscription } from 'rxjs'
import { LineFile } from '#line-file'
import { attempt, check, checkedAt } from '../../../core/index.ts'
import { demandTrainer } from '../demand-trainer.ts'
import type { Trainer } from '../trainer.ts'
import { logTo } from './log.ts'
import type { LogOptions } from './log-options.ts'

/**
 * Writes a row for each epoch: the run, when the epoch ended, its number, the steps so far, its seconds, the samples per second, and its
 * figures. Each row is written at once, so that one is lost at most when the process is killed. Where the disk is full, the run goes on, an alarm
 * `LOG_NOT_WRITTEN` says so, and the rows follow as soon as there is room.
 *
 * @param path the file; folders on the way are made
 * @returns the subscription: `unsubscribe()` ends the log. The file is closed whenever the run comes to its end
 * @throws GradstreamError `FILE_NOT_WRITTEN`, also where the file has other columns; `INVALID_OPTION`, `NEEDS_NODE`
 * @example csvLog(trainer, 'runs/log.csv')
 */
export function csvLog(trainer: Trainer, path: string | URL, options: LogOptions = {}): Subscription {
  const place = 'csvLog'
  demandTrainer(place, trainer)
  const append = checkedAt(place, 'INVALID_OPTION', () => {
    if (!attempt(() => path instanceof URL)) check.text({ path: path as string })
    const { append = true } = check.options(options, ['append'])
    return check.boolean({ append })
  })
  const { figures } = trainer
  const lineOf = (row: readonly unknown[]) => papaparse.unparse([row as unknown[]], { newline: '\n' })
  const header = lineOf(['run', 'time', 'epoch', 'step', 'seconds', 'samplesPerSecond', ...figures])
  const file = new LineFile(path, append, {
    words: `one with the columns ${header}`,
    accepts: first => header.startsWith(first.trimEnd()),
  })
  if (file.isNew) file.write(header)
  const { runId } = trainer.state
  return logTo(file, trainer, place, event => {
    if (event.type !== 'epoch') return undefined
    const { time, epoch, step, seconds, samplesPerSecond, metrics } = event
    const own = figures.map(name => metrics[name] ?? Number.NaN)
    return lineOf([runId, new Date(time).toISOString(), epoch, step, seconds, samplesPerSecond, ...own])
  })
}
