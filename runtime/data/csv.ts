/** `csv`: a table of separated values as a data set. */
import { CheckFailed, check, checkedAt, GradstreamError, listOf, show } from '../../core/index.ts'
import type { Dataset } from './dataset.ts'
import { openSource, type TableSource } from './tables/bytes.ts'
import type { CsvOptions } from './tables/csv-options.ts'
import { Decoder } from './tables/decoder.ts'
import { askedOf, headerOf } from './tables/header.ts'
import { checkedPieces } from './tables/open-source.ts'
import { RowReader, type Rows } from './tables/row-reader.ts'
import { checkedTableOptions, checkNumberFormat, type Read } from './tables/table-options.ts'
import { TableReader } from './tables/table-reader.ts'
import { nextTurn } from './turn.ts'

export type { TableSource } from './tables/bytes.ts'
export type { CsvOptions, TableProgress } from './tables/csv-options.ts'

const OPTIONS = ['header', 'delimiter', 'quote', 'comments', 'encoding', 'decimal', 'thousands', 'onProgress']

/** The most characters in a delimiter. */
const LONGEST_DELIMITER = 8

/** How many characters to read before other work gets a turn: a few milliseconds' worth. */
const STRETCH = 1 << 15

/**
 * Reads a table of separated values. Features become the column `x` of the data set. The target becomes
 * `target`: a number, or one-hot classes if it holds strings or is listed as `categorical`. The delimiter,
 * quotes, line ends, header, comments, encoding and number format are detected. `describe()` of the data set
 * lists them all, options override them, and anything ambiguous is an error rather than a guess.
 *
 * @param source a path, the text itself (with a line break in it), a URL, a Blob, a web stream, or an iterable of text or bytes
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `ENCODING_INVALID`, `CSV_INVALID` with the line, `MISSING_CELL` and
 *   `DATA_NOT_FINITE` with line and column, `DATA_AMBIGUOUS`, `UNKNOWN_NAME`, `UNKNOWN_CATEGORY`, `DATA_MISMATCH`, `DATA_EMPTY`,
 *   `TOO_LARGE`, `INVALID_OPTION`.
 * @example const data = (await csv('iris.csv', { target: 'species' })).standardize()
 */
export async function csv(source: TableSource, options: CsvOptions): Promise<Dataset> {
  const checked = checkedCsvOptions(
    options,
    typeof source === 'string' && !/[\n\r]/.test(source) ? source : 'csv',
  )
  const open = await openSource(source, 'csv')
  const { name, size } = open
  const reading = new CsvReading(name, checked)
  const decoder = new Decoder(name, checked.encoding)
  let bytes = 0
  const progress = () => {
    try {
      checked.onProgress?.({ rows: reading.rows, bytes, totalBytes: size })
    } catch (cause) {
      throw new GradstreamError('DATA_FAILED', {
        place: `${name}: onProgress`,
        expected: 'it to return',
        got: `"${show(cause)}"`,
        cause,
      })
    }
  }
  const take = async (text: string) => {
    for (let start = 0; start < text.length; start += STRETCH) {
      reading.push(text.slice(start, start + STRETCH))
      await nextTurn()
    }
  }
  for await (const piece of checkedPieces(open)) {
    bytes += piece.length
    // Decode a large piece a stretch at a time, so that no turn is long.
    if (typeof piece === 'string' || piece.length <= STRETCH) await take(decoder.decode(piece))
    else
      for (let at = 0; at < piece.length; at += STRETCH)
        await take(decoder.decode(piece.subarray(at, at + STRETCH)))
    progress()
  }
  await take(decoder.end())
  const finishing = reading.finish(decoder.encoding)
  for (let step = finishing.next(); ; step = finishing.next()) {
    if (step.done) return step.value
    await nextTurn()
  }
}

/**
 * The same, synchronously, from text in memory. `name` appears in errors.
 *
 * @throws GradstreamError as `csv` does
 */
export function parseCsv(text: string, options: CsvOptions, name = 'csv'): Dataset {
  checkedAt('csv', 'INVALID_OPTION', () => check.text({ name }))
  const checked = checkedCsvOptions(options, name)
  if (typeof text !== 'string') {
    throw new GradstreamError('INVALID_OPTION', {
      place: name,
      expected: 'text',
      got: show(text),
      hint: 'For a file or a stream, use await csv(source, options).',
    })
  }
  const reading = new CsvReading(name, checked)
  reading.push(text)
  const finishing = reading.finish(undefined)
  for (let step = finishing.next(); ; step = finishing.next()) if (step.done) return step.value
}

function checkedCsvOptions(options: CsvOptions, place: string): Read<CsvOptions> {
  const checked = checkedTableOptions(options, place, OPTIONS)
  const {
    header,
    delimiter,
    quote = false,
    comments = false,
    encoding,
    decimal = '.',
    thousands = '',
    onProgress,
  } = checked
  checkedAt(place, 'INVALID_OPTION', () => {
    if (header !== undefined) check.boolean({ header })
    if (delimiter !== undefined) check.text({ delimiter })
    if (quote !== false) check.text({ quote })
    if (comments !== false) check.text({ comments })
    if (encoding !== undefined) check.text({ encoding })
    if (onProgress !== undefined) check.callable({ onProgress })
    checkNumberFormat(decimal, thousands)
    if (delimiter !== undefined && (/["\n\r]/.test(delimiter) || delimiter.length > LONGEST_DELIMITER))
      throw new CheckFailed(
        `a delimiter of at most ${LONGEST_DELIMITER} characters, without quotes and line breaks`,
        show(delimiter),
      )
    if (quote !== false && quote.length !== 1)
      throw new CheckFailed('quote to be one character, or false', show(quote))
  })
  return checked
}

/** A table that is being read. */
class CsvReading {
  rows = 0
  private readonly name: string
  private readonly options: Read<CsvOptions>
  private readonly reader: RowReader
  private table: TableReader | undefined
  private width = 0
  private hasHeader = true
  /** Whether each row ends with an extra delimiter. */
  private endsInDelimiter = false
  private readonly guesses: string[] = []

  constructor(name: string, options: Read<CsvOptions>) {
    this.name = name
    this.options = options
    const { delimiter, quote, comments } = options
    this.reader = new RowReader(name, { delimiter, quote, comments, names: askedOf(options) })
  }

  push(text: string): void {
    this.take(this.reader.push(text))
  }

  *finish(encoding: string | undefined): Generator<undefined, Dataset> {
    this.take(this.reader.end())
    const { table, reader, hasHeader } = this
    if (table === undefined) {
      throw new GradstreamError('CSV_INVALID', {
        place: this.name,
        expected: 'a first line with column names',
        got: 'an empty file',
      })
    }
    const { delimiter, blanks, quote, comments, guesses } = reader.dialect as NonNullable<
      typeof reader.dialect
    >
    return yield* table.finish({
      source: this.name,
      ...(encoding !== undefined && { encoding }),
      delimiter: blanks ? 'blanks' : delimiter,
      quote,
      comments,
      header: hasHeader,
      lineEnds: [...reader.lineEnds].length > 0 ? [...reader.lineEnds] : ['\n'],
      guesses: [...guesses, ...this.guesses],
    })
  }

  private take({ cells, lines }: Rows): void {
    let [rows, places] = [cells, lines]
    if (rows.length === 0) return
    if (this.table === undefined) {
      const begin = headerOf(rows, lines, this.options, this.name)
      this.guesses.push(...begin.guesses)
      this.hasHeader = begin.hasHeader
      this.endsInDelimiter = begin.endsInDelimiter
      this.width = begin.names.length
      const { decimal, thousands } = this.options
      // Whoever separates cells with semicolons mostly writes decimal commas, and may group thousands with points.
      const groupsByPoints = this.reader.dialect?.delimiter === ';'
      this.table = new TableReader(this.name, begin.names, this.options, {
        given: { decimal, thousands },
        groupsByPoints,
      })
      if (begin.hasHeader) [rows, places] = [rows.slice(1), places.slice(1)]
    }
    const { width, endsInDelimiter } = this
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as string[]
      if (endsInDelimiter && row.length === width + 1 && row[width]?.trim() === '') row.pop()
      if (row.length === width) continue
      throw new GradstreamError('CSV_INVALID', {
        place: `${this.name}, line ${places[i]}`,
        expected: `${width} cells, as in ${this.hasHeader ? 'the header' : 'the first row'}`,
        got: String(row.length),
        hint: this.hintFor(row),
      })
    }
    this.rows += rows.length
    this.table.add(rows, places)
  }

  private hintFor(row: readonly string[]): string {
    const { delimiter = ',', blanks } = this.reader.dialect ?? {}
    if (this.width === 1 || row.length === 1) {
      const used = [',', ';', '\t', '|'].filter(
        each => each !== delimiter && row.some(cell => cell.includes(each)),
      )
      if (used.length > 0) return `If another character separates the cells, pass delimiter: ${listOf(used)}.`
    }
    if (blanks)
      return "Put quotes around cells with blanks in them, or say which delimiter the file has: { delimiter: '\\t' }."
    return `Fix the line, or put quotes around cells with ${JSON.stringify(delimiter)} in them.`
  }
}
