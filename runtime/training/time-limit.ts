/** `timeLimit`: ends a run after so much time. */
import { Subscription } from 'rxjs'
import { check, checkedAt } from '../../core/index.ts'
import { demandTrainer } from './demand-trainer.ts'
import type { Trainer } from './trainer.ts'

export interface TimeLimitOptions {
  /** How long a run may take, in seconds. Time in which it is paused does not count. Required. */
  readonly seconds: number
}

/**
 * Stops a run after so many seconds, between two steps. The event `stopped` and `trainer.state.reason` say so. Each run has the whole time.
 *
 * @returns the subscription: `unsubscribe()` removes the limit
 * @throws GradstreamError `INVALID_OPTION`
 * @example
 *   timeLimit(trainer, { seconds: 600 })
 *   await trainer.run()
 */
export function timeLimit(trainer: Trainer, options: TimeLimitOptions): Subscription {
  demandTrainer('timeLimit', trainer)
  const seconds = checkedAt('timeLimit', 'INVALID_OPTION', () => {
    const { seconds } = check.options(options, ['seconds'])
    return check.positiveNumber({ seconds })
  })
  const { scheduler } = trainer
  let left = seconds * 1000
  let since = 0
  let timer: Subscription | undefined
  const stop = () => void trainer.stop(`the time limit of ${seconds} s is over`)
  const begin = () => {
    since = scheduler.now()
    timer = scheduler.schedule(stop, Math.max(left, 0))
  }
  const end = () => {
    if (timer === undefined) return
    timer.unsubscribe()
    timer = undefined
    left -= scheduler.now() - since
  }
  if (trainer.state.status === 'running') begin()
  const subscription = new Subscription(end)
  subscription.add(
    trainer.milestones$.subscribe(({ type }) => {
      if (type === 'started') left = seconds * 1000
      if (type === 'started' || type === 'resumed') begin()
      else if (type === 'paused' || type === 'stopped' || type === 'finished' || type === 'failed') end()
    }),
  )
  return subscription
}
