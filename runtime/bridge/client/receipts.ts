/** Acknowledges to the bridge what has arrived: after a short delay, in one message for everything up to then. */
import { type SchedulerLike, type Subscription, timer } from 'rxjs'

/** Milliseconds. */
const SOON = 50

export class Receipts {
  /** How many events and results came over this connection. */
  received = 0
  /** The largest `n` of them. */
  private latest = 0
  private due: Subscription | undefined
  private readonly scheduler: SchedulerLike
  private readonly send: (latest: number) => void

  constructor(scheduler: SchedulerLike, send: (latest: number) => void) {
    this.scheduler = scheduler
    this.send = send
  }

  /** Counts an event or result. */
  count(n: number): void {
    this.latest = Math.max(this.latest, n)
    this.received++
    this.acknowledge()
  }

  acknowledge(): void {
    this.due ??= timer(SOON, this.scheduler).subscribe(() => {
      this.due = undefined
      this.send(this.latest)
    })
  }

  /** A new connection counts from the beginning. */
  reset(): void {
    this.latest = 0
    this.received = 0
    this.due?.unsubscribe()
    this.due = undefined
  }
}
