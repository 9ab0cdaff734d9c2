/** The default clock and scheduler of training. */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import { atNextTurn } from '../data/turn.ts'

/** Read once, since reading it takes longer than reading the clock. */
const ORIGIN = performance.timeOrigin

/**
 * Schedules work for the next turn of the event loop, after due timers and I/O: by `setImmediate` if
 * available, else by a message. (RxJS's `asyncScheduler` waits a millisecond each time, and its
 * `asapScheduler` starves timers.)
 */
export const turns: SchedulerLike = {
  now: () => ORIGIN + performance.now(),
  schedule<State>(
    work: (this: SchedulerAction<State>, state?: State) => void,
    delay = 0,
    state?: State,
  ): Subscription {
    const subscription = new Subscription()
    const action = Object.assign(subscription, {
      schedule: (next?: State, wait = 0) => turns.schedule(work, wait, next),
    }) as SchedulerAction<State>
    const run = () => {
      if (!subscription.closed) work.call(action, state)
    }
    if (delay > 0) {
      const timer = setTimeout(run, delay)
      subscription.add(() => clearTimeout(timer))
    } else atNextTurn(run)
    return subscription
  },
}
