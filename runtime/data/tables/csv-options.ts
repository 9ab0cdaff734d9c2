/** The options of a table of separated values. */
import type { NumberFormat } from './number-format.ts'
import type { TableOptions } from './table-options.ts'

/** How far a table has been read. */
export interface TableProgress {
  readonly rows: number
  readonly bytes: number
  /** The total number of bytes, if known. */
  readonly totalBytes: number | undefined
}

export interface CsvOptions extends TableOptions {
  /**
   * Whether the first row names the columns; without names they are x1, x2, and so on. Detected by default;
   * an ambiguous first row is an error.
   */
  readonly header?: boolean
  /** The delimiter between cells; `' '` stands for any run of blanks. Detected by default. */
  readonly delimiter?: string
  /** The quote around cells that contain delimiters; `false` for none. Detected by default: `"` or `'`. */
  readonly quote?: string | false
  /** The start of comment lines; `false` for none. Detected by default, from the first line. */
  readonly comments?: string | false
  /**
   * `'utf-8'`, `'utf-16le'`, `'windows-1252'`, and so on, as in `TextDecoder`. By default UTF-8, or UTF-16 if
   * detected.
   */
  readonly encoding?: string
  /** The decimal character; detected by default, column by column. */
  readonly decimal?: NumberFormat['decimal']
  /** The thousands separator, `''` for none; detected by default. */
  readonly thousands?: NumberFormat['thousands']
  /** Called now and then while a table is read; none by default. */
  readonly onProgress?: (progress: TableProgress) => void
}
