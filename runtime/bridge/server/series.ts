/** A figure over the steps of a run, in bounded memory. Keeps its extremes, means and gaps. */
import type { SeriesPoints } from '../protocol.ts'

/** The most stretches of steps in a series. */
const STRETCHES = 8192
/**
 * The layout of a stretch: its smallest and largest points, its sum, its number of points, its last step, and
 * a step at or after one of its points at which the figure was not finite, or NaN.
 */
const LEAST = 0
const MOST = 2
const SUM = 4
const COUNT = 5
const END = 6
const GAP = 7
const WIDTH = 8

/** A stretch of one point, reused for each point. */
const POINT = new Float64Array(WIDTH)
POINT[COUNT] = 1
POINT[GAP] = Number.NaN

type Stretches = Float64Array

export class Series {
  /** Points per stretch. Doubles when all stretches are full, so all have the same resolution. */
  private perStretch = 1
  private count = 0
  /**
   * The stretches, then pairs of them, then pairs of pairs, made on demand. Complete ones never change, so
   * any range is a quick look-up.
   */
  private levels: Stretches[] = [new Float64Array(64 * WIDTH)]
  /** How many are complete, by level. */
  private ready: number[] = [0]
  private readonly last = { step: Number.NaN, value: Number.NaN }
  /** The latest gap before any point. */
  private gapBefore = Number.NaN

  /** Adds a point; steps come in order. A repeated step is ignored; a non-finite value is a gap. */
  add(step: number, value: number): void {
    const { last } = this
    if (!Number.isFinite(value)) {
      this.leaveGap(step)
      return
    }
    if (step === last.step && value === last.value) return
    last.step = step
    last.value = value
    POINT[LEAST] = POINT[MOST] = POINT[END] = step
    POINT[LEAST + 1] = POINT[MOST + 1] = POINT[SUM] = value
    const newest = WIDTH * (this.count - 1)
    if (this.count > 0 && (this.base[newest + COUNT] as number) < this.perStretch) {
      merge(this.base, newest, POINT, 0)
      return
    }
    if (this.count === STRETCHES) this.halve()
    this.levels[0] = withRoomFor(this.base, this.count + 1)
    this.base.set(POINT, WIDTH * this.count++)
  }

  /**
   * The points from one step to another, at most `most`: the smallest and largest of each part, and the last
   * one. Parts are stretches, pairs of them, or pairs of pairs. They do not move while the series grows, so a
   * refreshed curve does not flicker.
   */
  range(from: number, to: number, most: number): SeriesPoints {
    const [first, end] = this.overlapping(from, to)
    const points = { steps: [] as number[], values: [] as number[] }
    const means = { steps: [] as number[], values: [] as number[], counts: [] as number[] }
    const gaps = isWithin(this.gapBefore, from, to) ? [this.gapBefore] : []
    const level = this.levelFor(first, end, most)
    const size = 2 ** level
    const part = new Float64Array(WIDTH)
    for (let i = first; i < end; ) {
      const stop = Math.min((Math.floor(i / size) + 1) * size, end)
      this.join(i, stop, level, from, to, part)
      const isFalling = (part[LEAST] as number) > (part[MOST] as number)
      for (const place of isFalling ? [MOST, LEAST] : [LEAST, MOST]) {
        append(points, part[place] as number, part[place + 1] as number, from, to)
      }
      means.steps.push(part[END] as number)
      means.values.push((part[SUM] as number) / (part[COUNT] as number))
      means.counts.push(part[COUNT] as number)
      const gap = part[GAP] as number
      if (isWithin(gap, from, to) && gap !== gaps.at(-1)) gaps.push(gap)
      i = stop
    }
    if (this.count > 0 && points.steps.length < most)
      append(points, this.last.step, this.last.value, from, to)
    return { ...points, gaps, means }
  }

  private get base(): Stretches {
    return this.levels[0] as Stretches
  }

  /** Breaks the curve after the newest point. */
  private leaveGap(step: number): void {
    if (this.count === 0) this.gapBefore = step
    else this.base[WIDTH * (this.count - 1) + GAP] = step
  }

  /** The stretches with a point in the range: from the first up to, but not including, the second index. */
  private overlapping(from: number, to: number): [number, number] {
    const first = this.firstThat(end => end >= from)
    // A stretch begins after the end of the previous one, so the ends alone decide.
    return [
      first,
      Math.min(
        Math.max(
          first,
          this.firstThat(end => end >= to),
        ) + 1,
        this.count,
      ),
    ]
  }

  /** The first stretch whose end satisfies the test, else their number. Binary search, since ends increase. */
  private firstThat(isSuch: (end: number) => boolean): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isSuch(this.base[WIDTH * middle + END] as number)) high = middle
      else low = middle + 1
    }
    return low
  }

  /** How often to pair stretches so that there are at most `most` points. */
  private levelFor(first: number, end: number, most: number): number {
    const areSingle = this.perStretch === 1
    if ((end - first) * (areSingle ? 1 : 2) <= most) return 0
    const parts = Math.max(Math.floor(most / 2), 1)
    let level = areSingle ? 1 : 0
    const partsAt = (size: number) => Math.floor((end - 1) / size) - Math.floor(first / size) + 1
    while (partsAt(2 ** level) > parts) level++
    return level
  }

  /** Merges a range of stretches into one: a whole part, or some of it at either end of the range. */
  private join(first: number, end: number, level: number, from: number, to: number, into: Stretches): void {
    const place = first / 2 ** level
    if (end - first === 2 ** level && place < this.readyAt(level) && this.isInside(first, end, from, to)) {
      copy(into, this.levels[level] as Stretches, place)
      return
    }
    copy(into, this.base, first)
    for (let i = first + 1; i < end; i++) merge(into, 0, this.base, WIDTH * i, from, to)
  }

  private isInside(first: number, end: number, from: number, to: number): boolean {
    const startsAfter =
      first === 0 ? Number.NEGATIVE_INFINITY : (this.base[WIDTH * (first - 1) + END] as number)
    return startsAfter >= from - 1 && (this.base[WIDTH * (end - 1) + END] as number) <= to
  }

  /** Completes as much of a level as possible, and returns how much is complete. */
  private readyAt(level: number): number {
    // The newest stretch still grows, or a gap may follow it.
    if (level === 0) return this.count - 1
    const below = this.readyAt(level - 1)
    let stretches = this.levels[level] ?? new Float64Array(64 * WIDTH)
    let ready = this.ready[level] ?? 0
    stretches = withRoomFor(stretches, below >> 1)
    for (; ready < below >> 1; ready++) {
      const pair = this.levels[level - 1] as Stretches
      copy(stretches, pair, 2 * ready, ready)
      merge(stretches, WIDTH * ready, pair, WIDTH * (2 * ready + 1))
    }
    this.levels[level] = stretches
    this.ready[level] = ready
    return ready
  }

  /** Merges pairs into stretches of double length. */
  private halve(): void {
    const { base, count } = this
    const paired = withRoomFor(new Float64Array(0), STRETCHES)
    for (let i = 0; i < count / 2; i++) {
      copy(paired, base, 2 * i, i)
      merge(paired, WIDTH * i, base, WIDTH * (2 * i + 1))
    }
    this.count = count / 2
    this.perStretch *= 2
    this.levels = [paired]
    this.ready = [0]
  }
}

function withRoomFor(stretches: Stretches, count: number): Stretches {
  if (count * WIDTH <= stretches.length) return stretches
  const larger = new Float64Array(Math.max(2 * stretches.length, count * WIDTH))
  larger.set(stretches)
  return larger
}

function copy(into: Stretches, from: Stretches, place: number, to = 0): void {
  for (let i = 0; i < WIDTH; i++) into[WIDTH * to + i] = from[WIDTH * place + i] as number
}

const isWithin = (step: number, from: number, to: number) => step >= from && step <= to

/** Adds the next stretch. Extremes outside the range count only if there are no others. */
function merge(
  into: Stretches,
  at: number,
  more: Stretches,
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
    if (!isWithin(step, from, to) || (!isBeyond && isWithin(own, from, to))) continue
    into[at + extreme] = step
    into[at + extreme + 1] = value
  }
  into[at + SUM] = (into[at + SUM] as number) + (more[place + SUM] as number)
  into[at + COUNT] = (into[at + COUNT] as number) + (more[place + COUNT] as number)
  into[at + END] = more[place + END] as number
  const gap = more[place + GAP] as number
  if (!Number.isNaN(gap)) into[at + GAP] = gap
}

function append(
  { steps, values }: { steps: number[]; values: number[] },
  step: number,
  value: number,
  from: number,
  to: number,
): void {
  if (!isWithin(step, from, to) || (step === steps.at(-1) && value === values.at(-1))) return
  steps.push(step)
  values.push(value)
}
