/** Chance from a seed, one throw at a time. */
import { RandomKey } from 'gradstream'

export class Dice {
  private readonly key: RandomKey
  private thrown = 0

  constructor(seed: number) {
    this.key = RandomKey.of(seed)
  }

  /** A number in [0, 1). */
  next(): number {
    return this.key.child(this.thrown++).uniform(1)[0] as number
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}

/** Draws its numbers in blocks, for those who throw very often. */
export class QuickDice extends Dice {
  private readonly blocks: RandomKey
  private block = new Float64Array(0)
  private at = 0
  private drawn = 0

  constructor(seed: number) {
    super(seed)
    this.blocks = RandomKey.of(seed).child('blocks')
  }

  override next(): number {
    if (this.at === this.block.length) {
      this.block = Float64Array.from(this.blocks.child(this.drawn++).uniform(1024))
      this.at = 0
    }
    return this.block[this.at++] as number
  }
}
