/** Polls, one request at a time, so that a slow server is asked less often. */

export class Poller {
  private timer: ReturnType<typeof setTimeout> | undefined
  private isBusy = false
  private isWanted = false
  private isStopped = false
  private readonly ask: () => Promise<unknown>
  private readonly every: number
  private readonly least: number
  private readonly isSeen: () => boolean

  /**
   * @param every milliseconds between two questions, and with `least` alone between an answer and the next question
   * @param least the shortest time between an answer and the next question
   */
  constructor(
    ask: () => Promise<unknown>,
    every: number,
    isSeen: () => boolean = () => true,
    least: number = every,
  ) {
    this.ask = ask
    this.every = every
    this.least = least
    this.isSeen = isSeen
    void this.run()
  }

  /** Polls at once, or as soon as the current answer arrives. */
  wake(): void {
    if (this.isBusy) this.isWanted = true
    else void this.run()
  }

  stop(): void {
    this.isStopped = true
    clearTimeout(this.timer)
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer)
    if (this.isStopped) return
    this.isBusy = true
    const asked = performance.now()
    if (this.isSeen()) await this.ask().catch(() => undefined)
    this.isBusy = false
    const rest = asked + this.every - performance.now()
    const wait = this.isWanted ? 0 : Math.max(rest, this.least)
    this.isWanted = false
    if (!this.isStopped) this.timer = setTimeout(() => void this.run(), wait)
  }
}
