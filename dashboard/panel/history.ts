/** The measurements of a tensor since its node was opened: bounded, and evenly spaced over that time. */

export interface Seen<Value> {
  readonly step: number
  readonly value: Value
}

export class History<Value> {
  private kept: readonly Seen<Value>[] = []
  private newest: Seen<Value> | undefined
  /** Keeps one in this many. Doubles when there is no more room. */
  private every = 1
  private count = 0
  private readonly most: number

  constructor(most = 80) {
    this.most = most
  }

  /** Oldest first, always with the newest. */
  get entries(): readonly Seen<Value>[] {
    const { kept, newest } = this
    return newest === undefined || kept.at(-1) === newest ? kept : [...kept, newest]
  }

  add(seen: Seen<Value>): void {
    // Another run at the same address.
    if (this.newest && seen.step < this.newest.step) this.clear()
    this.newest = seen
    if (this.count++ % this.every > 0) return
    this.kept = [...this.kept, seen]
    if (this.kept.length < this.most) return
    this.kept = this.kept.filter((_, i) => i % 2 === 0)
    this.every *= 2
  }

  private clear(): void {
    this.kept = []
    this.every = 1
    this.count = 0
  }
}
