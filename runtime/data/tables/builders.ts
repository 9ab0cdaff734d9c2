/** Collects the columns of a table while it is read: numbers, or categories as indices into a list. */
import { GradstreamError, show } from '../../../core/index.ts'
import { type ColumnEncoding, categoryOf, numberOf, placeOfCategory } from './encoder.ts'

/** Collects the cells of a column and writes it out. */
export interface Builder {
  /** How many cells it holds. */
  readonly length: number
  /** Adds a cell that is not missing; `line` is its line in the file. */
  push(cell: unknown, line: number): void
  pushMissing(): void
}

/** The size of a piece, as a power of two, so that indexing needs only shifts. */
const SHIFT = 14
const PIECE = 1 << SHIFT
const WITHIN = PIECE - 1
/** The initial size of the first piece, small because there can be very many columns. */
const FIRST = 64

/** A list of numbers that grows in pieces, so that a long list is never copied. */
class Growing {
  length = 0
  private readonly full: Float64Array[] = []
  private last = new Float64Array(FIRST)

  push(value: number): void {
    const within = this.length++ & WITHIN
    if (within === 0 && this.length > 1) {
      this.full.push(this.last)
      this.last = new Float64Array(PIECE)
    } else if (within === this.last.length) {
      const larger = new Float64Array(2 * within)
      larger.set(this.last)
      this.last = larger
    }
    this.last[within] = value
  }

  at(place: number): number {
    return (this.full[place >> SHIFT] ?? this.last)[place & WITHIN] as number
  }
}

/** Collects numbers; a missing one is NaN. */
export class NumberBuilder implements Builder {
  private readonly values = new Growing()
  private readonly encoding: ColumnEncoding
  private readonly placeOf: (line: number) => string
  private readonly hint: string

  constructor(encoding: ColumnEncoding, placeOf: (line: number) => string, hint: string) {
    this.encoding = encoding
    this.placeOf = placeOf
    this.hint = hint
  }

  get length(): number {
    return this.values.length
  }

  push(cell: unknown, line: number): void {
    const value = numberOf(cell, this.encoding)
    if (Number.isNaN(value)) {
      throw new GradstreamError('DATA_NOT_FINITE', {
        place: this.placeOf(line),
        expected: this.encoding.type === 'date' ? 'a date such as "2024-01-31"' : 'a number',
        got: show(cell),
        hint: this.hint,
      })
    }
    this.values.push(value)
  }

  pushMissing(): void {
    this.values.push(Number.NaN)
  }

  /** Writes the entries from `start` to `end` next to those of other columns. */
  write(into: Float64Array, offset: number, stride: number, start: number, end: number): void {
    const { values } = this
    for (let row = start, at = start * stride + offset; row < end; row++, at += stride)
      into[at] = values.at(row)
  }
}

/** The most categories in a column. */
export const MOST_CATEGORIES = 10_000

const MISSING = -1
/** Marks a category that is not in the training data and stays all zeros. */
const IGNORED = -2

/** Collects categories, numbered by first occurrence, or by their index among known ones. */
export class CategoryBuilder implements Builder {
  /** The categories in order of first occurrence. */
  readonly categories: string[] = []
  missing = 0
  private readonly codes = new Growing()
  private readonly indices = new Map<string, number>()
  private readonly column: string
  private readonly known: ColumnEncoding | undefined
  private readonly placeOf: (line: number) => string

  /** `known` holds the categories of the training data, if the data is read `like` it. */
  constructor(column: string, placeOf: (line: number) => string, known?: ColumnEncoding) {
    this.column = column
    this.placeOf = placeOf
    this.known = known
  }

  get length(): number {
    return this.codes.length
  }

  push(cell: unknown, line: number): void {
    const category = categoryOf(cell)
    if (this.known) {
      const place = placeOfCategory(this.known, category, this.placeOf(line))
      this.codes.push(place < 0 ? IGNORED : place)
      return
    }
    let index = this.indices.get(category)
    if (index === undefined) {
      index = this.categories.length
      if (index === MOST_CATEGORIES) {
        throw new GradstreamError('TOO_LARGE', {
          place: this.placeOf(line),
          expected: `at most ${MOST_CATEGORIES} categories`,
          got: `one more, after ${this.codes.length} rows`,
          hint: `Leave the column out: { columns: { ${JSON.stringify(this.column)}: false } }.`,
        })
      }
      this.categories.push(category)
      this.indices.set(category, index)
    }
    this.codes.push(index)
  }

  pushMissing(): void {
    this.missing++
    this.codes.push(MISSING)
  }

  /** Writes one-hot rows, or the numbers of categories: 0 and 1 for a binary column. */
  write(
    into: Float64Array,
    offset: number,
    stride: number,
    start: number,
    end: number,
    layout: CategoryLayout,
  ): void {
    const { codes } = this
    const { order, width, isNumber, forMissing } = layout
    for (let row = start, at = start * stride + offset; row < end; row++, at += stride) {
      const code = codes.at(row)
      if (code === IGNORED) continue
      const place = code === MISSING ? forMissing : order === undefined ? code : order[code]
      if (isNumber) into[at] = place ?? Number.NaN
      else if (place === undefined) into.fill(Number.NaN, at, at + width)
      else into[at + place] = 1
    }
  }
}

/** Which entries the categories of a column take. */
export interface CategoryLayout {
  /** The entry of each category, by first occurrence; undefined if they are the same. */
  readonly order: Int32Array | undefined
  readonly width: number
  readonly isNumber: boolean
  /** The entry of an empty cell. Undefined means NaN, to be filled later. */
  readonly forMissing: number | undefined
}
