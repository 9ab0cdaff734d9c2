/** Messages on their way to an address: one at a time, not too often, and no more waiting than a few. */

/** The most messages that wait. */
const WAITING = 16
/** The least time between two messages, in milliseconds: an alarm in every step is not a request in every step. */
const GAP = 1000

export interface Letter {
  readonly body: string
  /** Whether it gives way to others: an alarm, but not the end of a run. */
  readonly isMinor: boolean
}

export interface OutgoingSettings {
  /** Sends a message; rejects, with the reason in words, if it did not arrive. */
  readonly post: (body: string) => Promise<void>
  /** Told once when messages begin to fail, and again only after one has arrived. */
  readonly failed: (reason: string) => void
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
}

export class Outgoing {
  private readonly settings: OutgoingSettings
  private waiting: readonly Letter[] = []
  /** Resolves when nothing is on its way any more. */
  private work: Promise<void> | undefined
  private notBefore = Number.NEGATIVE_INFINITY
  private isFailing = false

  constructor(settings: OutgoingSettings) {
    this.settings = settings
  }

  add(letter: Letter): void {
    this.waiting = [...this.waiting, letter]
    if (this.waiting.length > WAITING) this.drop()
    this.work ??= this.send()
  }

  async settled(): Promise<void> {
    while (this.work) await this.work
  }

  private drop(): void {
    const at = Math.max(
      this.waiting.findIndex(({ isMinor }) => isMinor),
      0,
    )
    this.waiting = this.waiting.toSpliced(at, 1)
  }

  private async send(): Promise<void> {
    const { now, wait, post, failed } = this.settings
    while (this.waiting.length > 0) {
      const rest = this.notBefore - now()
      if (rest > 0) await wait(rest)
      const [{ body }, ...others] = this.waiting as [Letter, ...Letter[]]
      this.waiting = others
      try {
        await post(body)
        this.isFailing = false
      } catch (error) {
        // A program that has ended must not be kept by one message after the other that nobody takes.
        this.waiting = this.waiting.slice(-1)
        if (!this.isFailing) failed((error as Error).message)
        this.isFailing = true
      }
      this.notBefore = now() + GAP
    }
    this.work = undefined
  }
}
