/** The one queue that fires nodes. */
import type { Unit } from './unit.ts'

/** A loop, so that the depth of a graph is no depth of the stack. Holds each unit once a pass, which bounds it. */
export class Queue {
  private readonly units: Unit[] = []
  private head = 0
  private tail = 0

  push(unit: Unit): void {
    this.units[this.tail++] = unit
  }

  /** The unit that is firing, or that failed. */
  get current(): Unit | undefined {
    return this.head < this.tail ? this.units[this.head] : undefined
  }

  run(pass: number): void {
    for (; this.head < this.tail; this.head++) (this.units[this.head] as Unit).fire(pass)
    this.clear()
  }

  clear(): void {
    this.head = 0
    this.tail = 0
  }
}
