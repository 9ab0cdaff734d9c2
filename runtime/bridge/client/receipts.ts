/** Tells the bridge what has arrived: soon, and once for all that arrives until then. */
import { type SchedulerLike, type Subscription, timer } from 'rxjs'

/** Milliseconds. */
const SOON = 50

export class Receipts {
  /** How many events and results came over the present connection. */
  received = 0
  /** The largest `n` of them. */
  private latest = 0
  private due: Subscription | undefined
  private readonly scheduler: SchedulerLike
  private readonly tell: (latest: number) => void

  constructor(scheduler: SchedulerLike, tell: (latest: number) => void) {
    this.scheduler = scheduler
    this.tell = tell
  }

  /** An event or result has come. */
  count(n: number): void {
    this.latest = Math.max(this.latest, n)
    this.received++
    this.acknowledge()
  }

  acknowledge(): void {
    this.due ??= timer(SOON, this.scheduler).subscribe(() => {
      this.due = undefined
      this.tell(this.latest)
    })
  }

  /** Another connection counts from the beginning. */
  reset(): void {
    this.latest = 0
    this.received = 0
    this.due?.unsubscribe()
    this.due = undefined
  }
}
