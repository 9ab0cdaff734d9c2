/** What `describe()` returns. */
import type { NumberFormat } from './number-format.ts'

export interface ColumnDescription {
  readonly name: string
  readonly use: 'feature' | 'target' | 'left out'
  readonly type?: 'number' | 'date' | 'category' | 'index' | 'binary'
  /** How its numbers are written, if not in the plain form. */
  readonly format?: NumberFormat
  readonly categories?: readonly string[]
  /** How many of its cells are empty. */
  readonly missing?: number
}

/** How a table was read. */
export interface TableDescription {
  /** The name of the file or other source. */
  readonly source: string
  readonly rows: number
  /** How many rows were dropped because of empty cells. */
  readonly dropped: number
  readonly encoding?: string
  readonly delimiter?: string
  readonly quote?: string | false
  readonly comments?: string | false
  readonly header?: boolean
  readonly lineEnds?: readonly string[]
  readonly columns: readonly ColumnDescription[]
  /** What was detected rather than given, in words. An option overrides each guess. */
  readonly guesses: readonly string[]
}
