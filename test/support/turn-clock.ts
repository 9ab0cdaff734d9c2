/**
 * A clock that stands still within each turn of the event loop: what is computed there takes no time. A bridge measures what its clients
 * cost and gives them a share of the time of a run; by the clock on the wall, a busy machine would leave them nothing.
 */
import { asyncScheduler, type SchedulerLike } from 'rxjs'

export function turnClock(): SchedulerLike {
  let present: number | undefined
  return {
    now() {
      if (present === undefined) {
        present = performance.timeOrigin + performance.now()
        setImmediate(() => {
          present = undefined
        })
      }
      return present
    },
    schedule: asyncScheduler.schedule.bind(asyncScheduler) as SchedulerLike['schedule'],
  }
}
