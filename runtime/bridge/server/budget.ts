/** Time that may be spent, given out bit by bit: a little is saved up, and what was too much is paid back. */

/** Milliseconds that can be saved up: so long a run may be held up at once. */
const MOST = 20

export class Budget {
  private left = MOST

  get hasTime(): boolean {
    return this.left > 0
  }

  /** Gives so many milliseconds more. */
  give(time: number): void {
    this.left = Math.min(this.left + time, MOST)
  }

  spend(time: number): void {
    this.left -= time
  }
}
