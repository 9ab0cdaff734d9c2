/** How many lines may be written: some at once, a few a second in the long run. */

const AT_ONCE = 100
const PER_SECOND = 4

/** Fills up with time, by the clock of the process, and is used up by what is written. */
export class Allowance {
  private lines = AT_ONCE
  private time = performance.now()

  /** Takes so many lines, or as many as are left; gives how many. */
  take(wanted: number): number {
    const now = performance.now()
    this.lines = Math.min(AT_ONCE, this.lines + ((now - this.time) / 1000) * PER_SECOND)
    this.time = now
    const taken = Math.min(wanted, Math.floor(this.lines))
    this.lines -= taken
    return taken
  }
}
