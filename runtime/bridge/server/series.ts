/** A figure over the steps of a run: bounded however long the run is; its extremes and its means are kept. */
import type { SeriesPoints } from '../protocol.ts'

/** How many stretches of steps a series is kept in. */
const STRETCHES = 8192
/** The numbers of a stretch, by their places: where it is smallest and largest, its sum, its points, and where it ends. */
const LEAST = 0
const MOST = 2
const SUM = 4
const COUNT = 5
const END = 6
const WIDTH = 7

/** A stretch of one point, used again for each. */
const POINT = new Float64Array(WIDTH)
POINT[COUNT] = 1

export class Series {
  /** How many points one stretch has. It doubles when all are full, so all are alike in resolution. */
  private perStretch = 1
  private count = 0
  private stretches = new Float64Array(64 * WIDTH)
  private readonly last = { step: Number.NaN, value: Number.NaN }

  /** Adds a point; steps come in order. One that is not finite, or comes twice in a row, is left out. */
  add(step: number, value: number): void {
    const { last } = this
    if (!Number.isFinite(value) || (step === last.step && value === last.value)) return
    last.step = step
    last.value = value
    POINT[LEAST] = POINT[MOST] = POINT[END] = step
    POINT[LEAST + 1] = POINT[MOST + 1] = POINT[SUM] = value
    const newest = WIDTH * (this.count - 1)
    if (this.count > 0 && (this.stretches[newest + COUNT] as number) < this.perStretch) {
      merge(this.stretches, newest, POINT, 0)
      return
    }
    if (this.count === STRETCHES) this.halve()
    else if (this.count * WIDTH === this.stretches.length) {
      const stretches = new Float64Array(2 * this.stretches.length)
      stretches.set(this.stretches)
      this.stretches = stretches
    }
    this.stretches.set(POINT, WIDTH * this.count++)
  }

  /**
   * The points from one step to another, at most so many: the smallest and the largest of each part, and the very last.
   * The parts are stretches, or pairs of them, or pairs of pairs; they stay where they are while the series grows, so a
   * curve that is asked for again does not flicker.
   */
  range(from: number, to: number, most: number): SeriesPoints {
    const [first, end] = this.overlapping(from, to)
    const points = { steps: [] as number[], values: [] as number[] }
    const means = { steps: [] as number[], values: [] as number[], counts: [] as number[] }
    const size = this.partSize(first, end, most)
    const part = new Float64Array(WIDTH)
    for (let i = first; i < end; ) {
      const stop = Math.min((Math.floor(i / size) + 1) * size, end)
      part.set(this.stretches.subarray(WIDTH * i, WIDTH * (i + 1)))
      for (i++; i < stop; i++) merge(part, 0, this.stretches, WIDTH * i, from, to)
      const isFalling = (part[LEAST] as number) > (part[MOST] as number)
      for (const place of isFalling ? [MOST, LEAST] : [LEAST, MOST]) {
        append(points, part[place] as number, part[place + 1] as number, from, to)
      }
      means.steps.push(part[END] as number)
      means.values.push((part[SUM] as number) / (part[COUNT] as number))
      means.counts.push(part[COUNT] as number)
    }
    if (this.count > 0 && points.steps.length < most)
      append(points, this.last.step, this.last.value, from, to)
    return { ...points, means }
  }

  /** The stretches that have a point in the range: from the first, up to another. */
  private overlapping(from: number, to: number): [number, number] {
    const { count } = this
    const endOf = (i: number) => this.stretches[WIDTH * i + END] as number
    let first = 0
    while (first < count && endOf(first) < from) first++
    let end = first
    // One that begins behind the range ends the search; it begins behind the end of the one before.
    while (end < count && (end === first || endOf(end - 1) < to)) end++
    return [first, end]
  }

  /** How many stretches are a part, so that there are no more points than that. */
  private partSize(first: number, end: number, most: number): number {
    const areSingle = this.perStretch === 1
    if ((end - first) * (areSingle ? 1 : 2) <= most) return 1
    const parts = Math.max(Math.floor(most / 2), 1)
    let size = areSingle ? 2 : 1
    while (Math.floor((end - 1) / size) - Math.floor(first / size) + 1 > parts) size *= 2
    return size
  }

  /** Two stretches become one. */
  private halve(): void {
    const { stretches } = this
    this.count /= 2
    this.perStretch *= 2
    for (let i = 0; i < this.count; i++) {
      stretches.copyWithin(WIDTH * i, WIDTH * 2 * i, WIDTH * (2 * i + 1))
      merge(stretches, WIDTH * i, stretches, WIDTH * (2 * i + 1))
    }
  }
}

/** Adds the stretch that follows. Extremes outside of a range do not count, unless there are no others. */
function merge(
  into: Float64Array,
  at: number,
  more: Float64Array,
  place: number,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): void {
  for (let extreme = LEAST; extreme <= MOST; extreme += MOST - LEAST) {
    const step = more[place + extreme] as number
    const value = more[place + extreme + 1] as number
    const own = into[at + extreme] as number
    const present = into[at + extreme + 1] as number
    const isBeyond = extreme === LEAST ? value < present : value > present
    if (step < from || step > to || (!isBeyond && own >= from && own <= to)) continue
    into[at + extreme] = step
    into[at + extreme + 1] = value
  }
  into[at + SUM] = (into[at + SUM] as number) + (more[place + SUM] as number)
  into[at + COUNT] = (into[at + COUNT] as number) + (more[place + COUNT] as number)
  into[at + END] = more[place + END] as number
}

function append(
  { steps, values }: { steps: number[]; values: number[] },
  step: number,
  value: number,
  from: number,
  to: number,
): void {
  if (step < from || step > to || (step === steps.at(-1) && value === values.at(-1))) return
  steps.push(step)
  values.push(value)
}
