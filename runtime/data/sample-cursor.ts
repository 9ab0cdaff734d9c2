/** Batches of samples that arrive one by one, shuffled within a window where that is asked for. */
import type { Numbers, RandomKey } from '../../core/index.ts'
import { type NumberedSample, type Row, readSample } from './sample.ts'
import type { Batch, BatchCursor, EpochOptions } from './source.ts'

/** Gives samples one at a time, in their order. */
export interface Supply {
  /** Whether a sample that was given is gone for good: one that cannot be used is left out then, once that has been told. */
  readonly isLive: boolean
  /** The next one, `undefined` at the end. Where it throws, it may be asked again. */
  next(): NumberedSample | undefined | Promise<NumberedSample | undefined>
  /** Lets go of what is open, until it is asked again. */
  release(): void
  close(): void
}

export class SampleCursor implements BatchCursor {
  private readonly supply: Supply
  private readonly options: EpochOptions
  /** Rows that wait to be drawn. */
  private waiting: Row[] = []
  /** How many wait before a batch is drawn of them. */
  private readonly room: number
  /** Where the next one stands of so many; undefined where they come in their own order. */
  private readonly draw: ((count: number) => number) | undefined
  /** A sample that could not be used. It is the next one again: it may have been mended where it lies. */
  private refused: NumberedSample | undefined
  private ended = false

  constructor(supply: Supply, options: EpochOptions, window = 1) {
    const { shuffle, batchSize } = options
    this.supply = supply
    this.options = options
    this.room = shuffle ? Math.max(window, batchSize) : batchSize
    this.draw = shuffle && window > 1 ? drawing(shuffle) : undefined
  }

  /** Takes samples as long as they come at once, and goes on when a promise of one is kept. */
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
    const rows = this.drawn(Math.min(this.options.batchSize, this.waiting.length))
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

  private drawn(count: number): Row[] {
    const { waiting, draw } = this
    if (draw === undefined) return waiting.splice(0, count)
    return Array.from({ length: count }, () => {
      const place = draw(waiting.length)
      const row = waiting[place] as Row
      const last = waiting.pop() as Row
      if (place < waiting.length) waiting[place] = last
      return row
    })
  }
}

const batchOf = (rows: readonly Row[]): Batch => ({
  size: rows.length,
  write(column, into) {
    for (let i = 0, start = 0; i < rows.length; i++) {
      const values = (rows[i] as Row).columns[column] as Numbers
      into.set(values, start)
      start += values.length
    }
  },
  numberOf: place => (rows[place] as Row).number,
})

/** Whole numbers below a count, made a block at a time. */
function drawing(key: RandomKey): (count: number) => number {
  const length = 256
  let block: Float64Array | undefined
  let drawn = 0
  return count => {
    if (drawn % length === 0) block = key.child(drawn / length).uniform(length)
    return Math.floor((block?.[drawn++ % length] as number) * count)
  }
}
