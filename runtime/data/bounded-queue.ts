/** A queue with a maximum length. */
export class BoundedQueue<T> {
  private readonly most: number
  private values: T[] = []
  /** The index of the first entry; those before it have been taken. */
  private head = 0

  constructor(most: number) {
    this.most = most
  }

  get length(): number {
    return this.values.length - this.head
  }

  get isFull(): boolean {
    return this.length >= this.most
  }

  add(value: T): void {
    this.values.push(value)
  }

  take(): T {
    const value = this.values[this.head] as T
    this.values[this.head++] = undefined as never
    // Move the entries to the front now and then, so each moves at most once.
    if (2 * this.head >= this.values.length) {
      this.values = this.values.slice(this.head)
      this.head = 0
    }
    return value
  }

  clear(): void {
    this.values = []
    this.head = 0
  }
}
