/** The one queue that fires what is ready. */

/** What stands in the queue. */
export interface Fireable {
  /** What errors call it: `dense1 forward`. */
  readonly place: string
  /** What a node can read here, for errors: the names of tensors, and those of its config. */
  readonly readable?: { readonly tensors: readonly string[]; readonly config: readonly string[] }
  fire(pass: number): void
}

/** A loop, so that the depth of a graph is no depth of the stack. Holds each unit once a pass, which bounds it. */
export class Queue {
  private readonly units: Fireable[] = []
  private head = 0
  private tail = 0

  push(unit: Fireable): void {
    this.units[this.tail++] = unit
  }

  /** The unit that is firing, or that failed. */
  get current(): Fireable | undefined {
    return this.head < this.tail ? this.units[this.head] : undefined
  }

  get isEmpty(): boolean {
    return this.head === this.tail
  }

  /** Fires the next one. False where there is none. */
  next(pass: number): boolean {
    if (this.isEmpty) {
      this.clear()
      return false
    }
    ;(this.units[this.head] as Fireable).fire(pass)
    this.head++
    return true
  }

  clear(): void {
    this.head = 0
    this.tail = 0
  }
}
