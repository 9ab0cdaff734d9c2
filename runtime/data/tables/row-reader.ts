/** Text that arrives in pieces, as rows of cells. */
import papaparse from 'papaparse'
import { GradstreamError, show } from '../../../core/index.ts'
import {
  type Dialect,
  type DialectOptions,
  dialectOf,
  escaped,
  parserSettings,
  singleBlanks,
} from './dialect.ts'

/** Some rows, and the line of the file that each begins in. */
export interface Rows {
  readonly cells: string[][]
  readonly lines: number[]
}

/** As much is read before it is decided how the file is written: characters. */
const BEGINNING = 1 << 15
/** A cell in quotes may be as long as this; where one is longer, its end is missing. */
const LONGEST = 1 << 22

export class RowReader {
  /** How the file is written; known after the first rows. */
  dialect: Dialect | undefined
  /** Whether line feeds, carriage returns or both were seen. */
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

  /** The rest. */
  end(): Rows {
    if (this.endsInReturn) this.text += '\n'
    this.endsInReturn = false
    return this.read(true)
  }

  /** With line feeds alone, whatever ends a line in the file; a carriage return at the end of a piece waits for the next. */
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

  /** Lines are rows. */
  private plain(text: string): Rows & { rest: string } {
    const { delimiter, comments } = this.dialect as Dialect
    const cells: string[][] = []
    const lines: number[] = []
    const all = text.split('\n')
    // Behind the last line feed begins no line.
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

  /** Rows may span lines. */
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
        // A comment above the row belongs to what was cut off with it.
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

/** What the parser does not know by itself: runs of blanks, and blanks in front of quotes. */
function prepared(text: string, { blanks, delimiter, quote, spacedQuotes }: Dialect): string {
  if (blanks) return singleBlanks(text, quote, delimiter)
  if (!spacedQuotes) return text
  return text.replace(
    new RegExp(`(^|${escaped(delimiter)})[ \\t]+(?=${escaped(quote as string)})`, 'gm'),
    '$1',
  )
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
