/** Watches whether batches still come. */
import { Subscription } from 'rxjs'
import { check } from '../../../core/index.ts'
import { short } from '../short.ts'
import { type Trainer, waitsOf } from '../trainer.ts'
import { Alarms } from './alarms.ts'

export interface StalledDataOptions {
  /**
   * How long a run may wait for a batch, in seconds.
   *
   * @default 30
   */
  readonly seconds?: number
}

/** @throws CheckFailed */
export function watchStalledData(trainer: Trainer, options: StalledDataOptions): Subscription {
  const { seconds = 30 } = check.options(options, ['seconds'])
  check.positiveNumber({ seconds })
  const { scheduler } = trainer
  const waits = waitsOf(trainer)
  const alarms = new Alarms(alarm => trainer.alarm(alarm))
  let timer: Subscription | undefined
  /** One timer at a time, however often the run waits: it finds out which wait is under way. */
  const look = () => {
    timer = undefined
    const waited = waits.since === undefined ? undefined : (scheduler.now() - waits.since) / 1000
    const isStalled = waited !== undefined && waited >= seconds
    alarms.set('stalled', isStalled, () => ({
      code: 'DATA_STALLED',
      message: `no batch has come for ${short(seconds)} s`,
    }))
    if (waited !== undefined && !isStalled) timer = scheduler.schedule(look, (seconds - waited) * 1000)
  }
  const begin = () => {
    alarms.set('stalled', false, never)
    timer ??= scheduler.schedule(look, seconds * 1000)
  }
  const subscription = new Subscription(() => timer?.unsubscribe())
  subscription.add(waits.listen(begin))
  // A run that is at rest waits for nothing, and its timer would keep the process alive.
  subscription.add(
    trainer.milestones$.subscribe(({ type }) => {
      if (type === 'resumed' && waits.since !== undefined) begin()
      if (type !== 'paused' && type !== 'stopped' && type !== 'finished' && type !== 'failed') return
      timer?.unsubscribe()
      timer = undefined
    }),
  )
  return subscription
}

const never = () => {
  throw new Error('nothing is wrong')
}
