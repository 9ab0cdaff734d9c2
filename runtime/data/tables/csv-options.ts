/** What is asked of a table of separated values. */
import type { NumberFormat } from './number-format.ts'
import type { TableOptions } from './table-options.ts'

/** How far a table has been read. */
export interface TableProgress {
  readonly rows: number
  readonly bytes: number
  /** How many bytes there are, where that is known. */
  readonly totalBytes: number | undefined
}

export interface CsvOptions extends TableOptions {
  /**
   * Whether the first row names the columns; without names they are x1, x2, and so on. Found out by default, and refused where a
   * first row may be names or numbers.
   */
  readonly header?: boolean
  /** What parts cells; `' '` for runs of blanks. Found out by default. */
  readonly delimiter?: string
  /** What stands around cells with delimiters in them; `false` where nothing does. Found out by default: `"`, or `'`. */
  readonly quote?: string | false
  /** What a line begins with that is no data; `false` for nothing. Found out by default, by the first line. */
  readonly comments?: string | false
  /** `'utf-8'`, `'utf-16le'`, `'windows-1252'`, and so on, as in `TextDecoder`. By default UTF-8, or UTF-16 where it shows. */
  readonly encoding?: string
  /** What stands in front of decimals; found out by default, column by column. */
  readonly decimal?: NumberFormat['decimal']
  /** What parts groups of three digits, `''` for nothing; found out by default. */
  readonly thousands?: NumberFormat['thousands']
  /** Is called now and then while a table is read; nobody by default. */
  readonly onProgress?: (progress: TableProgress) => void
}
