/** `csv`: a file of comma-separated values as a data set. */
import papaparse from 'papaparse'
import { attempt, check, checkedAt, GradstreamError, listOf, show } from '../../core/index.ts'
import { type Column, Dataset } from './dataset.ts'

export interface CsvOptions {
  /** The column, or columns, to predict. Required. */
  readonly target: string | readonly string[]
  /** The columns to predict from; all but the target by default. */
  readonly features?: readonly string[]
  /** Columns of classes, to be one-hot encoded although they hold numbers, or although they are features; by default targets of texts alone. */
  readonly categorical?: readonly string[]
  /**
   * What to do about empty cells: `'error'` (the default); `'mean'` fills in the mean of the column, and makes the empty
   * cells of a categorical feature a class of their own, named `''`; `'drop'` leaves the row out. Without its target a row
   * cannot be trained on, so `'mean'` does not fill targets.
   */
  readonly missing?: 'error' | 'mean' | 'drop'
  /** Texts that stand for an empty cell, besides the empty one; none by default. */
  readonly missingValues?: readonly string[]
  /** What stands between two cells; `','` by default. */
  readonly delimiter?: string
  /** A bound on what is read into memory; 1,000,000 rows by default. */
  readonly maxRows?: number
}

interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

interface Sheet {
  readonly place: string
  readonly header: readonly string[]
  readonly rows: readonly Row[]
}

/**
 * Reads a CSV file whose first line names the columns. Features become the column `x` of the data set, the target
 * becomes `target`: a number, or one-hot classes where it holds texts or is listed as `categorical`.
 *
 * @throws GradstreamError `FILE_NOT_READ`, `CSV_INVALID` with the line, `MISSING_CELL` and `DATA_NOT_FINITE` with line
 *   and column, `UNKNOWN_NAME`, `DATA_EMPTY`, `TOO_LARGE`.
 * @example const data = (await csv('iris.csv', { target: 'species' })).standardize()
 */
export async function csv(path: string | URL, options: CsvOptions): Promise<Dataset> {
  if (typeof path !== 'string' && attempt(() => path instanceof URL) !== true) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'csv',
      expected: 'the path of a file, a text or a URL',
      got: show(path),
    })
  }
  const { readFile } = await import('node:fs/promises')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new GradstreamError('FILE_NOT_READ', {
      place: String(path),
      expected: 'a readable file',
      got: show(cause),
      cause,
    })
  }
  return parseCsv(text, options, String(path).split('/').at(-1))
}

const OPTIONS = ['target', 'features', 'categorical', 'missing', 'missingValues', 'delimiter', 'maxRows']

/** The same from text that is there already. `name` stands in errors. */
export function parseCsv(text: string, given: CsvOptions, name = 'csv'): Dataset {
  const options = checkedAt('csv', 'INVALID_OPTION', () => {
    check.text({ name })
    if (typeof text !== 'string') check.text({ text })
    const own = check.options(given, OPTIONS)
    for (const option of ['features', 'categorical', 'missingValues'] as const)
      if (own[option] !== undefined) check.texts({ [option]: own[option] })
    return own
  })
  const {
    target,
    features,
    categorical = [],
    missing = 'error',
    delimiter = ',',
    maxRows = 1_000_000,
  } = options
  checkedAt(name, 'INVALID_OPTION', () => {
    for (const column of [target].flat()) check.text({ target: column as string })
    check.oneOf({ missing }, ['error', 'mean', 'drop'])
    check.text({ delimiter })
    check.positiveInteger({ maxRows })
  })
  const sheet = read(text, name, delimiter, maxRows)
  const targets = typeof target === 'string' ? [target] : target
  const inputs = features ?? sheet.header.filter(column => !targets.includes(column))
  for (const column of [...targets, ...inputs, ...categorical]) placeOf(sheet, column)
  if (inputs.length === 0 || targets.length === 0) {
    throw new GradstreamError('INVALID_OPTION', {
      place: name,
      expected: 'at least one column to predict from, and one to predict',
      got: `${inputs.length} and ${targets.length}`,
      hint: `Choose target and features among ${listOf(sheet.header)}.`,
    })
  }
  const empty = new Set(['', ...(options.missingValues ?? [])])
  const used = [...inputs, ...targets].map(column => placeOf(sheet, column))
  const complete = (row: Row) => used.every(place => !empty.has(row.cells[place] as string))
  const kept = missing === 'drop' ? { ...sheet, rows: sheet.rows.filter(complete) } : sheet
  if (kept.rows.length === 0) {
    throw new GradstreamError('DATA_EMPTY', {
      place: name,
      expected: 'at least one row below the header',
      got: sheet.rows.length === 0 ? 'none' : 'none without an empty cell',
    })
  }
  const columnOf = (column: string, isTarget: boolean) => {
    const encode = categorical.includes(column) || (isTarget && isText(kept, column, empty))
    const fill = missing === 'mean' && !isTarget
    if (!fill && missing !== 'drop') demandComplete(kept, column, empty, isTarget)
    return encode ? oneHot(kept, column, empty) : numbers(kept, column, empty)
  }
  return new Dataset({
    x: sideBySide(inputs.map(column => columnOf(column, false))),
    target: sideBySide(targets.map(column => columnOf(column, true))),
  })
}

function read(text: string, name: string, delimiter: string, maxRows: number): Sheet {
  const invalid = (line: number | undefined, expected: string, got: string) =>
    new GradstreamError('CSV_INVALID', {
      place: line === undefined ? name : `${name}, line ${line}`,
      expected,
      got,
    })
  const content = text.replace(/^\ufeff/, '')
  const rows: Row[] = []
  // Where the row begins that comes next: in the text, and its line.
  let start = 0
  let line = 1
  papaparse.parse<string[]>(content, {
    delimiter,
    step({ data, errors: [error], meta: { cursor } }, parser) {
      const raw = content.slice(start, cursor)
      const row = { cells: data.map(cell => cell.trim()), line }
      start = cursor
      line += raw.split('\n').length - 1
      if (data.length === 1 && row.cells[0] === '') return
      // An unpaired quote is read as a part of its cell, or swallows what follows.
      const quotes = raw.split('"').length - 1
      if (error || quotes % 2 === 1)
        throw invalid(row.line, 'quotes in pairs, around whole cells', error?.message ?? show(raw.trim()))
      const [header] = rows
      if (header && header.cells.length !== row.cells.length)
        throw invalid(row.line, `${header.cells.length} cells, as in the header`, String(row.cells.length))
      rows.push(row)
      if (rows.length > maxRows + 1) parser.abort()
    },
  })
  const [header, ...rest] = rows
  if (!header) throw invalid(undefined, 'a first line with column names', 'an empty file')
  if (rest.length > maxRows) {
    throw new GradstreamError('TOO_LARGE', {
      place: name,
      expected: `at most ${maxRows} rows`,
      got: 'more',
      hint: 'Raise maxRows, or stream the samples with fromIterable().',
    })
  }
  const repeated = header.cells.find((column, place) => header.cells.indexOf(column) !== place)
  if (repeated !== undefined) throw invalid(header.line, 'each column name once', `"${repeated}" twice`)
  return { place: name, header: header.cells, rows: rest }
}

function placeOf({ header, place }: Sheet, column: string): number {
  const index = header.indexOf(column)
  if (index >= 0) return index
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `a column among ${listOf(header)}`,
    got: show(column),
  })
}

/** A decimal number as people write it, not all that JavaScript would take for one. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

const isText = (sheet: Sheet, column: string, empty: ReadonlySet<string>) => {
  const place = placeOf(sheet, column)
  return sheet.rows.every(
    ({ cells }) => empty.has(cells[place] as string) || !NUMBER.test(cells[place] as string),
  )
}

/** Empty cells become the mean of the others. */
function numbers(sheet: Sheet, column: string, empty: ReadonlySet<string>): Column {
  const place = placeOf(sheet, column)
  const data = Float64Array.from(sheet.rows, ({ cells, line }) => {
    const cell = cells[place] as string
    if (empty.has(cell)) return Number.NaN
    if (NUMBER.test(cell) && Number.isFinite(Number(cell))) return Number(cell)
    throw new GradstreamError('DATA_NOT_FINITE', {
      place: `${sheet.place}, line ${line}, column "${column}"`,
      expected: 'a number',
      got: show(cell),
      hint: `Clean the cell, name it in missingValues, or list the column: categorical: ["${column}"].`,
    })
  })
  const known = data.filter(value => !Number.isNaN(value))
  if (known.length === 0)
    throw missingCell(sheet, column, sheet.rows[0]?.line, 'Leave the column out of the features.')
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  return { shape: [1], data: data.map(value => (Number.isNaN(value) ? mean : value)), names: [column] }
}

/** Empty cells become a class of their own, named `''`. */
function oneHot(sheet: Sheet, column: string, empty: ReadonlySet<string>): Column {
  const place = placeOf(sheet, column)
  const labels = sheet.rows.map(({ cells }) => {
    const cell = cells[place] as string
    return empty.has(cell) ? '' : cell
  })
  const byNumber = labels.every(label => label === '' || NUMBER.test(label))
  const classes = [...new Set(labels)].sort(byNumber ? (a, b) => rank(a) - rank(b) : undefined)
  const indices = new Map(classes.map((label, index) => [label, index]))
  const data = new Float64Array(labels.length * classes.length)
  labels.forEach((label, row) => {
    data[row * classes.length + (indices.get(label) as number)] = 1
  })
  return { shape: [classes.length], data, names: classes }
}

/** Where a class stands among classes that are numbers: the empty one before all others. */
const rank = (label: string) => (label === '' ? Number.NEGATIVE_INFINITY : Number(label))

function demandComplete(sheet: Sheet, column: string, empty: ReadonlySet<string>, isTarget: boolean): void {
  const place = placeOf(sheet, column)
  const row = sheet.rows.find(({ cells }) => empty.has(cells[place] as string))
  if (!row) return
  const hint = isTarget ? "Fill the cell, or leave out rows without a target: missing: 'drop'." : undefined
  throw missingCell(sheet, column, row.line, hint)
}

function missingCell(sheet: Sheet, column: string, line = 1, hint?: string): GradstreamError {
  return new GradstreamError('MISSING_CELL', {
    place: `${sheet.place}, line ${line}, column "${column}"`,
    expected: 'a value',
    got: 'an empty cell',
    ...(hint && { hint }),
  })
}

/** Columns joined along their only axis. */
function sideBySide(columns: readonly Column[]): Column {
  const [only] = columns
  if (only && columns.length === 1) return only
  const widths = columns.map(({ shape }) => shape[0] as number)
  const width = widths.reduce((sum, each) => sum + each, 0)
  const rows = only ? only.data.length / (widths[0] as number) : 0
  const data = new Float64Array(rows * width)
  let start = 0
  columns.forEach((column, index) => {
    const own = widths[index] as number
    for (let row = 0; row < rows; row++)
      data.set(column.data.subarray(row * own, (row + 1) * own), row * width + start)
    start += own
  })
  return { shape: [width], data, names: columns.flatMap(({ names = [] }) => names) }
}
