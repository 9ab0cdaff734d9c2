/** Splits text that arrives in pieces into rows of cells. */
import papaparse from 'papaparse'
import { GradstreamError, show } from '../../../core/index.ts'
import {
  type Dialect,
  type DialectOptions,
  dialectOf,
  parserSettings,
  singleBlanks,
  withoutSpaces,
} from './dialect.ts'

/** Rows, each with the line of the file where it begins. */
export interface Rows {
  readonly cells: string[][]
  readonly lines: number[]
}

/** How many characters to read before deciding on the dialect. */
const BEGINNING = 1 << 15
/** The longest quoted cell, in characters. In a longer one, the closing quote must be missing. */
const LONGEST = 1 << 22

export class RowReader {
  /** The dialect of the file, known after the first rows. */
  dialect: Dialect | undefined
  /** The kinds of line ends seen so far. */
  readonly lineEnds = new Set<string>()
  private readonly place: string
  private readonly options: DialectOptions
  private text = ''
  private line = 1
  private isFirst = true
  private endsInReturn = false

  constructor(place: string, options: DialectOptions) {
    this.place = place
    this.options = options
  }

  /**
   * The rows that a piece completes.
   *
   * @throws GradstreamError `CSV_INVALID` with the line
   */
  push(piece: string): Rows {
    this.text += this.withLineFeeds(piece)
    if (!this.dialect && this.text.length < BEGINNING) return { cells: [], lines: [] }
    return this.read(false)
  }

  /** The remaining rows, after the last piece. */
  end(): Rows {
    if (this.endsInReturn) this.text += '\n'
    this.endsInReturn = false
    return this.read(true)
  }

  /** Replaces all line ends with line feeds. A carriage return at the end of a piece waits for the next piece. */
  private withLineFeeds(piece: string): string {
    let text = piece
    if (this.isFirst && text !== '') {
      this.isFirst = false
      if (text.startsWith('\ufeff')) text = text.slice(1)
    }
    if (this.endsInReturn && text !== '') text = `\r${text}`
    if (text.includes('\r')) {
      this.endsInReturn = text.endsWith('\r')
      if (this.endsInReturn) text = text.slice(0, -1)
      return text.replace(/\r\n?/g, found => {
        this.lineEnds.add(found)
        return '\n'
      })
    }
    if (text !== '') this.endsInReturn = false
    return text
  }

  private read(isLast: boolean): Rows {
    const { text } = this
    this.dialect ??= dialectOf(text, isLast, this.options, this.place)
    const { dialect } = this
    const end = isLast ? text.length : text.lastIndexOf('\n') + 1
    const whole = prepared(text.slice(0, end), dialect)
    const rows =
      dialect.quote === false || !whole.includes(dialect.quote)
        ? this.plain(whole)
        : this.quoted(whole, isLast)
    this.text = rows.rest + text.slice(end)
    if (this.text.length > LONGEST) {
      throw this.invalid(this.line, 'a closing quote', `none in ${this.text.length} characters`)
    }
    return rows
  }

  /** Without quotes, each line is a row. */
  private plain(text: string): Rows & { rest: string } {
    const { delimiter, comments } = this.dialect as Dialect
    const cells: string[][] = []
    const lines: number[] = []
    const all = text.split('\n')
    // No line begins after the last line feed.
    if (all.at(-1) === '') all.pop()
    for (const line of all) {
      const number = this.line++
      if (line === '' || (comments !== false && line.startsWith(comments))) continue
      const row = line.split(delimiter)
      if (row.length === 1 && line.trim() === '') continue
      cells.push(row)
      lines.push(number)
    }
    return { cells, lines, rest: '' }
  }

  /** With quotes, rows can span lines. */
  private quoted(text: string, isLast: boolean): Rows & { rest: string } {
    const { delimiter, comments, quote } = this.dialect as Dialect
    const cells: string[][] = []
    const lines: number[] = []
    let start = 0
    const parser = new papaparse.Parser({
      ...parserSettings(delimiter, quote),
      comments,
      step: ({ data, errors: [error], meta: { cursor } }: papaparse.ParseStepResult<string[][]>) => {
        const number = this.line
        const raw = text.slice(start, cursor)
        // A comment above the row was cut off with it.
        const skipped = comments === false ? 0 : linesOfComments(raw, comments)
        this.line += feeds(raw)
        start = cursor
        const [row = []] = data
        if (row.length === 1 && row[0]?.trim() === '') return
        if (error) {
          throw this.invalid(
            number + skipped,
            'quotes in pairs around whole cells',
            show(raw.trim().slice(0, 200)),
            'Double the quotes inside a cell, or turn quoting off: { quote: false }.',
          )
        }
        cells.push(row)
        lines.push(number + skipped)
      },
    })
    parser.parse(text, 0, !isLast)
    return { cells, lines, rest: text.slice(start) }
  }

  private invalid(line: number, expected: string, got: string, hint?: string): GradstreamError {
    return new GradstreamError('CSV_INVALID', {
      place: `${this.place}, line ${line}`,
      expected,
      got,
      ...(hint && { hint }),
    })
  }
}

/** Rewrites what the parser cannot handle: runs of blanks, and blanks before quotes. */
function prepared(text: string, { blanks, delimiter, quote, spacedQuotes }: Dialect): string {
  if (blanks) return singleBlanks(text, quote, delimiter)
  return spacedQuotes ? withoutSpaces(text, delimiter, quote as string) : text
}

function feeds(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function linesOfComments(raw: string, mark: string): number {
  let count = 0
  for (const line of raw.split('\n')) {
    if (!line.startsWith(mark) && line !== '') break
    count++
  }
  return count
}
