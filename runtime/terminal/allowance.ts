/** Limits the lines written: a burst at first, then a few per second. */

const AT_ONCE = 100
const PER_SECOND = 4

/** Fills up with time, by the clock of the process, and drains with each line. */
export class Allowance {
  private lines = AT_ONCE
  private time = performance.now()

  /** Takes up to `wanted` lines, and returns how many. */
  take(wanted: number): number {
    const now = performance.now()
    this.lines = Math.min(AT_ONCE, this.lines + ((now - this.time) / 1000) * PER_SECOND)
    this.time = now
    const taken = Math.min(wanted, Math.floor(this.lines))
    this.lines -= taken
    return taken
  }
}
