/** What logs of a run have in common: a file that is open while the run works, and an alarm where it cannot be written. */
import { Subscription } from 'rxjs'
import type { LineFile } from '#line-file'
import { GradstreamError } from '../../../core/index.ts'
import type { TrainerEvent } from '../events.ts'
import type { Trainer } from '../trainer.ts'

/** A file in which some of the events of a run get a line. */
export function logTo(
  file: LineFile,
  trainer: Trainer,
  place: string,
  lineOf: (event: TrainerEvent) => string | undefined,
  events$ = trainer.milestones$,
): Subscription {
  let isFailing = false
  const attempted = (work: () => void) => {
    try {
      work()
      isFailing = false
    } catch (error) {
      if (!(error instanceof GradstreamError)) throw error
      if (isFailing) return
      isFailing = true
      trainer.alarm({ code: 'LOG_NOT_WRITTEN', message: `${place}: ${error.message}` })
    }
  }
  const subscription = events$.subscribe({
    next(event) {
      const line = lineOf(event)
      if (line !== undefined) attempted(() => file.write(line))
      if (event.type === 'stopped' || event.type === 'finished' || event.type === 'failed')
        attempted(() => file.close())
    },
  })
  subscription.add(new Subscription(() => attempted(() => file.close())))
  return subscription
}
