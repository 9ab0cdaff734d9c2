/** Time that may be spent, given out bit by bit: some is saved up, and what was too much is paid back. */

/** Milliseconds that can be saved up: so long a run may be held up at once. */
const MOST = 20
/** Milliseconds that are paid back at most: after one that took very long, others need not wait for minutes. */
const DEBT = 100
/** The part of what is given that goes into the reserve, until it is full. */
const RESERVED = 1 / 3

/** With a reserve for those whom somebody waits for, which is there when others have spent all the rest. */
export class Budget {
  private left = MOST
  private kept: number
  private readonly reserve: number

  /** @param reserve milliseconds that are kept */
  constructor(reserve = 0) {
    this.reserve = reserve
    this.kept = reserve
  }

  hasTime(isUrgent = false): boolean {
    return this.left > 0 || (isUrgent && this.kept > 0)
  }

  /** Gives so many milliseconds more. */
  give(time: number): void {
    const kept = Math.min(RESERVED * time, this.reserve - this.kept)
    this.kept += kept
    this.left = Math.min(this.left + time - kept, MOST)
  }

  spend(time: number, isUrgent = false): void {
    if (isUrgent && this.left <= 0) this.kept = Math.max(this.kept - time, -DEBT)
    else this.left = Math.max(this.left - time, -DEBT)
  }
}
