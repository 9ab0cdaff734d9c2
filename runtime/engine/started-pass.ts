/** A pass that is done in pieces, between which others have their turn. */
export class StartedPass {
  private readonly work: Generator<void>
  private isOver = false
  /** Whether a piece of it is being done. */
  private isUnderWay = false
  /** What it threw when somebody else had it done. */
  private thrown: { readonly error: unknown } | undefined

  constructor(work: Generator<void>) {
    this.work = work
  }

  /** Does the next piece. True when it is over. Throws what the pass does. */
  goOn(): boolean {
    if (this.thrown) throw this.thrown.error
    if (this.isOver) return true
    this.isOver = true
    this.isUnderWay = true
    try {
      this.isOver = this.work.next().done === true
    } finally {
      this.isUnderWay = false
    }
    return this.isOver
  }

  /** Does all that is left, unless a piece is being done. What that throws is for whoever goes on. */
  finish(): void {
    try {
      while (!this.isUnderWay && !this.isOver) this.goOn()
    } catch (error) {
      this.thrown = { error }
    }
  }
}
