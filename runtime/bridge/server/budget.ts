/** A time budget that is granted bit by bit. Some time can be saved up, and overspending is paid back. */

/** The most milliseconds saved up, and so the longest that a run is held up at once. */
const MOST = 20
/** The largest debt in milliseconds, so that a very long task does not block others for minutes. */
const DEBT = 100
/** The share of each grant that goes into the reserve until it is full. */
const RESERVED = 1 / 3

/** A budget with a reserve for urgent work, available after the rest is spent. */
export class Budget {
  private left = MOST
  private kept: number
  private readonly reserve: number

  /** @param reserve the size of the reserve in milliseconds */
  constructor(reserve = 0) {
    this.reserve = reserve
    this.kept = reserve
  }

  hasTime(isUrgent = false): boolean {
    return this.left > 0 || (isUrgent && this.kept > 0)
  }

  /** Grants more milliseconds. */
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
