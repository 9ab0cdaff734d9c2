/** Batches of samples that arrive one by one, shuffled within a window if requested. */
import { type Numbers, type RandomKey, type Shape, sameShape } from '../../core/index.ts'
import { type NumberedSample, type Row, readSample } from './sample.ts'
import type { Batch, BatchCursor, EpochOptions } from './source.ts'

/** Supplies samples one at a time, in order. */
export interface Supply {
  /** Whether the source cannot repeat a sample. An invalid one is then skipped after it was reported. */
  readonly isLive: boolean
  /** The next sample, `undefined` at the end. It may be called again after it throws. */
  next(): NumberedSample | undefined | Promise<NumberedSample | undefined>
  /** Releases resources until the next call of `next()`. */
  release(): void
  close(): void
}

/** Whether a window has room to shuffle. */
export const isWindow = (window = 1): boolean => window > 1

export class SampleCursor implements BatchCursor {
  private readonly supply: Supply
  private readonly options: EpochOptions
  /** Rows waiting to be drawn. */
  private waiting: Row[] = []
  /** How many rows to hold before drawing a batch. */
  private readonly room: number
  /** Draws the index of the next row among so many; undefined if samples keep their order. */
  private readonly draw: ((count: number) => number) | undefined
  /** An invalid sample, which is tried again: the user may have corrected it in place. */
  private refused: NumberedSample | undefined
  /** Whether samples differ in length; then a batch takes those of one length. */
  private readonly hasOpenAxes: boolean
  private ended = false

  constructor(supply: Supply, options: EpochOptions, window = 1) {
    const { shuffle, batchSize, inputs } = options
    this.hasOpenAxes = Object.values(inputs).some(shape => shape.includes(null))
    this.supply = supply
    this.options = options
    this.room = shuffle ? Math.max(window, batchSize) : batchSize
    this.draw = shuffle && isWindow(window) ? drawing(shuffle) : undefined
  }

  /** Takes samples synchronously as long as it can, and continues when a promised one arrives. */
  next(): Batch | undefined | Promise<Batch | undefined> {
    while (!this.ended && this.waiting.length < this.room) {
      const given = this.refused ?? this.supply.next()
      if (given instanceof Promise) {
        return given.then(sample => {
          this.take(sample)
          return this.next()
        })
      }
      this.take(given)
    }
    const rows = this.hasOpenAxes ? this.alike() : this.drawn(this.options.batchSize)
    return rows.length > 0 ? batchOf(rows) : undefined
  }

  release(): void {
    this.supply.release()
  }

  close(): void {
    this.waiting = []
    this.refused = undefined
    this.ended = true
    this.supply.close()
  }

  private take(given: NumberedSample | undefined): void {
    if (this.ended) return
    if (given === undefined) {
      this.ended = true
      return
    }
    this.refused = this.supply.isLive ? undefined : given
    this.waiting.push(readSample(given, this.options))
    this.refused = undefined
  }

  private drawn(most: number): Row[] {
    const { waiting, draw } = this
    if (draw === undefined) return waiting.splice(0, most)
    return Array.from({ length: Math.min(most, waiting.length) }, () => {
      const place = draw(waiting.length)
      const row = waiting[place] as Row
      const last = waiting.pop() as Row
      if (place < waiting.length) waiting[place] = last
      return row
    })
  }

  /** Rows of one length: those in front, or, within a window, those like the first that is drawn. */
  private alike(): Row[] {
    const { waiting, draw } = this
    const most = this.options.batchSize
    const [first] = waiting
    if (first === undefined) return []
    if (draw === undefined) {
      const others = waiting.findIndex(row => !isLike(row, first))
      return waiting.splice(0, Math.min(most, others < 0 ? waiting.length : others))
    }
    const chosen = waiting[draw(waiting.length)] as Row
    const rest = waiting.filter(row => row !== chosen && isLike(row, chosen))
    const rows = [chosen]
    while (rows.length < most && rest.length > 0) rows.push(...rest.splice(draw(rest.length), 1))
    const taken = new Set(rows)
    this.waiting = waiting.filter(row => !taken.has(row))
    return rows
  }
}

/** Whether two samples have the same lengths along their open axes. */
const isLike = (a: Row, b: Row): boolean =>
  Object.entries(a.shapes).every(([name, shape]) => sameShape(shape, b.shapes[name] as Shape))

const batchOf = (rows: readonly Row[]): Batch => ({
  size: rows.length,
  write(column, into) {
    for (let i = 0, start = 0; i < rows.length; i++) {
      const values = (rows[i] as Row).columns[column] as Numbers
      into.set(values, start)
      start += values.length
    }
  },
  shapeOf: column => (rows[0] as Row).shapes[column] as Shape,
  numberOf: place => (rows[place] as Row).number,
})

/** Draws whole numbers below a count. Random bits are made a block at a time. */
function drawing(key: RandomKey): (count: number) => number {
  const length = 256
  let block: Float64Array | undefined
  let drawn = 0
  return count => {
    if (drawn % length === 0) block = key.child(drawn / length).uniform(length)
    return Math.floor((block?.[drawn++ % length] as number) * count)
  }
}
