/** Alarms that are raised when something begins, and not again until it has ended. */
import type { Alarm } from '../events.ts'

export class Alarms {
  private readonly raised = new Set<string>()
  private readonly raise: (alarm: Alarm) => void

  constructor(raise: (alarm: Alarm) => void) {
    this.raise = raise
  }

  /** Says how it is now with something, by its key; the alarm is made when it begins. */
  set(key: string, isWrong: boolean, alarm: () => Alarm): void {
    if (!isWrong) this.raised.delete(key)
    else if (!this.raised.has(key)) {
      this.raised.add(key)
      this.raise(alarm())
    }
  }
}
