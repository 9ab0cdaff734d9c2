/** Points over the steps of a run in bounded memory: all of them at first, then the extremes of ever longer parts. */

/** Takes a point: its step, its time in milliseconds since 1970, and its value. */
export type Take = (step: number, time: number, value: number) => void

const WIDTH = 3
/** The most points that stay, besides the first, the last and those of the part under way. */
export const MOST = 8192

export class Thinned {
  private readonly most: number
  private kept = new Float64Array(WIDTH * 64)
  private count = 0
  /** How many points a part has. Of a part of more than two, the least and the greatest stay. */
  private perPart = 1
  private inPart = 0
  private readonly least = new Float64Array(WIDTH)
  private readonly greatest = new Float64Array(WIDTH)
  /** Which of them have changed since the last news. */
  private readonly changed = new Set<Float64Array>()
  private readonly first = new Float64Array(WIDTH)
  private readonly last = new Float64Array(WIDTH)
  /** How many of those kept have been taken; -1 before the first. And whether any has come since. */
  private taken = -1
  private isBehind = false

  /** @param most the most points to keep, a multiple of 4 */
  constructor(most = MOST) {
    this.most = most
  }

  /** Adds a point; steps come in order, values are numbers or all NaN. */
  add(step: number, time: number, value: number): void {
    if (this.count === 0 && this.inPart === 0) set(this.first, 0, step, time, value)
    set(this.last, 0, step, time, value)
    this.isBehind = true
    if (this.perPart === 1) {
      this.keep(step, time, value)
      return
    }
    const { least, greatest } = this
    // Of equal values the first and the last, so that a part has two points.
    if (this.inPart === 0 || value < (least[2] as number)) this.change(least, step, time, value)
    if (this.inPart === 0 || !(value < (greatest[2] as number))) this.change(greatest, step, time, value)
    if (++this.inPart === this.perPart) this.closePart()
  }

  /** The most points that `all` gives. */
  get size(): number {
    return this.count + 4
  }

  /** All points that stay, by their steps; some of them perhaps twice. */
  all(take: Take): void {
    if (this.count === 0 && this.inPart === 0) return
    give(this.first, 0, take)
    this.giveFrom(0, this.extremes(), take)
  }

  /** Those that came since the last call; some of them perhaps again. */
  news(take: Take): void {
    if (!this.isBehind) return
    if (this.taken < 0) give(this.first, 0, take)
    const changed = this.extremes().filter(extreme => this.changed.has(extreme))
    this.giveFrom(Math.max(this.taken, 0), changed, take)
    this.taken = this.count
    this.changed.clear()
    this.isBehind = false
  }

  /** The last one. */
  latest(take: Take): void {
    if (this.count > 0 || this.inPart > 0) give(this.last, 0, take)
  }

  private giveFrom(start: number, extremes: readonly Float64Array[], take: Take): void {
    for (let i = start; i < this.count; i++) give(this.kept, WIDTH * i, take)
    if (this.inPart > 0) for (const point of extremes) give(point, 0, take)
    give(this.last, 0, take)
  }

  private extremes(): [Float64Array, Float64Array] {
    const { least, greatest } = this
    return (least[0] as number) <= (greatest[0] as number) ? [least, greatest] : [greatest, least]
  }

  private change(extreme: Float64Array, step: number, time: number, value: number): void {
    set(extreme, 0, step, time, value)
    this.changed.add(extreme)
  }

  private closePart(): void {
    this.inPart = 0
    for (const [step = 0, time = 0, value = 0] of this.extremes()) this.keep(step, time, value)
  }

  private keep(step: number, time: number, value: number): void {
    if (WIDTH * this.count === this.kept.length) {
      const larger = new Float64Array(Math.min(2 * this.kept.length, WIDTH * this.most))
      larger.set(this.kept)
      this.kept = larger
    }
    set(this.kept, WIDTH * this.count++, step, time, value)
    if (this.count === this.most) this.halve()
  }

  /** Of each four points, the least and the greatest stay. */
  private halve(): void {
    const { kept, count } = this
    const value = (i: number) => kept[WIDTH * i + 2] as number
    for (let i = 0; i < count; i += 4) {
      let [least, greatest] = [i, i]
      for (let k = i + 1; k < i + 4; k++) {
        if (value(k) < value(least)) least = k
        if (!(value(k) < value(greatest))) greatest = k
      }
      const [one, other] = least < greatest ? [least, greatest] : [greatest, least]
      kept.copyWithin((WIDTH * i) / 2, WIDTH * one, WIDTH * (one + 1))
      kept.copyWithin((WIDTH * i) / 2 + WIDTH, WIDTH * other, WIDTH * (other + 1))
    }
    this.count = count / 2
    if (this.taken > 0) this.taken = 2 * Math.floor(this.taken / 4)
    this.perPart = this.perPart === 1 ? 4 : 2 * this.perPart
  }
}

function set(into: Float64Array, at: number, step: number, time: number, value: number): void {
  into[at] = step
  into[at + 1] = time
  into[at + 2] = value
}

function give(from: Float64Array, at: number, take: Take): void {
  take(from[at] as number, from[at + 1] as number, from[at + 2] as number)
}
