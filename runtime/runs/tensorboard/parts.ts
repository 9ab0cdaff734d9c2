/** Points for a file that is never written anew, since TensorBoard reads on where it was. */
import type { Take } from '../thinned.ts'

/** The points before parts become twice as long. */
const MOST = 1024

interface Point {
  step: number
  time: number
  value: number
}

/**
 * Gives the first 1,024 points, then the lowest and the highest of each four points, 1,024 points later of each eight, and so on: of n points
 * some 1,024 · log2(n / 1,024).
 */
export class Parts {
  private readonly most: number
  private perPart = 1
  private inPart = 0
  private given = 0
  private least: Point = { step: 0, time: 0, value: 0 }
  private greatest: Point = this.least
  private last: Point = this.least

  constructor(most = MOST) {
    this.most = most
  }

  add(step: number, time: number, value: number, take: Take): void {
    const point = { step, time, value }
    if (this.inPart === 0) {
      this.least = point
      this.greatest = point
    }
    if (value < this.least.value) this.least = point
    if (value > this.greatest.value) this.greatest = point
    this.last = point
    if (++this.inPart === this.perPart) this.closePart(take)
  }

  /** Gives what is left of the part under way, and the last point. */
  end(take: Take): void {
    if (this.inPart > 0) this.closePart(take)
    const { least, greatest, last } = this
    if (last === least || last === greatest) return
    this.give(last, take)
    this.least = last
  }

  private closePart(take: Take): void {
    const { least, greatest } = this
    this.inPart = 0
    const inOrder = least.step <= greatest.step ? [least, greatest] : [greatest, least]
    for (const point of new Set(inOrder)) this.give(point, take)
    if (this.given < this.most) return
    this.given = 0
    this.perPart = this.perPart === 1 ? 4 : 2 * this.perPart
  }

  private give({ step, time, value }: Point, take: Take): void {
    take(step, time, value)
    this.given++
  }
}
