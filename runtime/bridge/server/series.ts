/** A figure over the steps of a run: bounded however long the run is, and its extremes are kept. */
import type { SeriesPoints } from '../protocol.ts'

/** How many stretches of steps a series is kept in; each remembers its smallest and its largest value. */
const STRETCHES = 8192
/** The numbers of a stretch: where it is smallest, and how small; where it is largest, and how large. */
const WIDTH = 4

export class Series {
  /** How many points one stretch has. It doubles when all are full, so all are alike in resolution. */
  private perStretch = 1
  private inLast = 0
  private count = 0
  private points = new Float64Array(64 * WIDTH)

  private last = { step: Number.NaN, value: Number.NaN }

  /** Adds a point; steps come in order. One that is not finite, or comes twice in a row, is left out. */
  add(step: number, value: number): void {
    const { last } = this
    if (!Number.isFinite(value) || (step === last.step && value === last.value)) return
    last.step = step
    last.value = value
    if (this.count > 0 && this.inLast < this.perStretch) {
      this.widen(this.count - 1, step, value)
      this.inLast++
      return
    }
    if (this.count === STRETCHES) this.halve()
    else if (this.count * WIDTH === this.points.length) {
      const points = new Float64Array(2 * this.points.length)
      points.set(this.points)
      this.points = points
    }
    this.points.set([step, value, step, value], WIDTH * this.count++)
    this.inLast = 1
  }

  /** The points from one step to another, at most so many, with the extremes of every stretch. */
  range(from: number, to: number, most: number): SeriesPoints {
    const steps: number[] = []
    const values: number[] = []
    const take = (place: number) => {
      const [step, value] = [this.points[place] as number, this.points[place + 1] as number]
      if (step < from || step > to || (step === steps.at(-1) && value === values.at(-1))) return
      steps.push(step)
      values.push(value)
    }
    for (let place = 0; place < WIDTH * this.count; place += WIDTH) {
      const isFalling = (this.points[place] as number) > (this.points[place + 2] as number)
      take(isFalling ? place + 2 : place)
      take(isFalling ? place : place + 2)
    }
    return thinned({ steps, values }, most)
  }

  /** Two stretches become one. */
  private halve(): void {
    const { points } = this
    this.count /= 2
    this.perStretch *= 2
    for (let i = 0; i < this.count; i++) {
      const second = points.slice(WIDTH * (2 * i + 1), WIDTH * (2 * i + 2))
      points.copyWithin(WIDTH * i, WIDTH * 2 * i, WIDTH * (2 * i + 1))
      for (const place of [0, 2]) this.widen(i, second[place] as number, second[place + 1] as number)
    }
  }

  private widen(stretch: number, step: number, value: number): void {
    const { points } = this
    const place = WIDTH * stretch
    if (value < (points[place + 1] as number)) points.set([step, value], place)
    if (value > (points[place + 3] as number)) points.set([step, value], place + 2)
  }
}

/** At most so many points: of each part of the range, the smallest and the largest. */
export function thinned({ steps, values }: SeriesPoints, most: number): SeriesPoints {
  if (steps.length <= most) return { steps, values }
  const parts = Math.max(Math.floor(most / 2), 1)
  const kept: number[] = []
  for (let part = 0; part < parts; part++) {
    const start = Math.floor((part * steps.length) / parts)
    const end = Math.floor(((part + 1) * steps.length) / parts)
    let [least, largest] = [start, start]
    for (let i = start + 1; i < end; i++) {
      if ((values[i] as number) < (values[least] as number)) least = i
      if ((values[i] as number) > (values[largest] as number)) largest = i
    }
    kept.push(...new Set([Math.min(least, largest), Math.max(least, largest)]))
  }
  return { steps: kept.map(i => steps[i] as number), values: kept.map(i => values[i] as number) }
}
