/** What `describe()` tells of a data set. */
import type { NumberFormat } from './number-format.ts'

export interface ColumnDescription {
  readonly name: string
  readonly use: 'feature' | 'target' | 'left out'
  readonly type?: 'number' | 'date' | 'category' | 'binary'
  /** How its numbers are written, where they are written as programs do not. */
  readonly format?: NumberFormat
  readonly categories?: readonly string[]
  /** How many of its cells are empty. */
  readonly missing?: number
}

/** How a table was read. */
export interface TableDescription {
  /** The name of the file, or what was read instead. */
  readonly source: string
  readonly rows: number
  /** How many rows were left out for their empty cells. */
  readonly dropped: number
  readonly encoding?: string
  readonly delimiter?: string
  readonly quote?: string | false
  readonly comments?: string | false
  readonly header?: boolean
  readonly lineEnds?: readonly string[]
  readonly columns: readonly ColumnDescription[]
  /** What was found out and not given, in words. Each can be overruled by an option. */
  readonly guesses: readonly string[]
}
