/** Decides whether the first row of a file names its columns. */
import { GradstreamError, listOf } from '../../../core/index.ts'
import type { CsvOptions } from './csv-options.ts'
import { formatsOf, isDateLike } from './number-format.ts'
import { MISSING_VALUES, type Read } from './table-options.ts'

export interface Header {
  readonly names: readonly string[]
  readonly hasHeader: boolean
  readonly endsInDelimiter: boolean
  readonly guesses: readonly string[]
}

/** How many rows to compare with the first. */
const COMPARED = 200

const isNumber = (cell: string) => formatsOf([cell]).length > 0

/**
 * The names of the columns. `rows` are the first rows of the file.
 *
 * @throws GradstreamError `DATA_AMBIGUOUS` if the first row may be names or data
 */
export function headerOf(
  rows: readonly (readonly string[])[],
  lines: readonly number[],
  options: Read<CsvOptions>,
  place: string,
): Header {
  const guesses: string[] = []
  const first = (rows[0] as string[]).map(cell => cell.trim())
  const body = rows.slice(1, COMPARED).map(row => row.map(cell => cell.trim()))
  const hasHeader = options.header ?? isHeader(first, body, options, `${place}, line ${lines[0]}`, guesses)
  if (!hasHeader)
    return { names: first.map((_, i) => `x${i + 1}`), hasHeader, endsInDelimiter: false, guesses }
  const isLonger = body.length > 0 && body.every(row => row.length === first.length + 1)
  if (!isLonger) return { names: first, hasHeader, endsInDelimiter: false, guesses }
  if (body.every(row => row.at(-1) === '')) {
    guesses.push('each row ends with a delimiter, which is ignored')
    return { names: first, hasHeader, endsInDelimiter: true, guesses }
  }
  // R writes row names in the first column, without a header.
  guesses.push('the first cell of each row is a row name, and is left out')
  return { names: ['', ...first], hasHeader, endsInDelimiter: false, guesses }
}

function isHeader(
  first: readonly string[],
  body: readonly (readonly string[])[],
  options: Read<CsvOptions>,
  place: string,
  guesses: string[],
): boolean {
  const asked = askedOf(options)
  const isNamed = asked.length > 0 && asked.every(name => first.includes(name))
  const numbers = first.filter(isNumber)
  const column = (index: number) => body.map(row => row[index] ?? '').filter(cell => cell !== '')
  if (numbers.length === 0) {
    // Strings may also be data: then they occur again below, each in its column.
    const filled = first.map((cell, i) => [cell, column(i)] as const).filter(([cell]) => cell !== '')
    const isData =
      body.length > 0 &&
      filled.length > 0 &&
      (filled.every(([cell, below]) => below.includes(cell)) || filled.every(([cell]) => isDateLike(cell)))
    if (!isData) return true
    if (!isNamed && areDefault(asked, first.length)) {
      guesses.push('there is no header, because the first row occurs again below')
      return false
    }
  } else {
    // A first row can be data only if each cell has the type of its column.
    const fits = first.every(
      (cell, i) => !saysMuch(cell) || isNumber(cell) === (column(i).length === 0 || column(i).some(isNumber)),
    )
    if (!fits && isNamed) {
      guesses.push('the first row is a header')
      return true
    }
    if (areDefault(asked, first.length)) {
      guesses.push('there is no header, because the first row contains numbers')
      return false
    }
    // A string above numbers can only be a name.
    const hasName = first.some(
      (cell, i) => saysMuch(cell) && !isNumber(cell) && column(i).length > 0 && column(i).every(isNumber),
    )
    if (hasName) return true
  }
  throw new GradstreamError('DATA_AMBIGUOUS', {
    place,
    expected: 'the names of the columns',
    got: `${listOf(first.slice(0, 6))}${first.length > 6 ? ' and more' : ''}, which look like data`,
    hint: `Pass { header: false } if the file has no header; its columns are then called x1 to x${first.length}. Pass { header: true } if these are names.`,
  })
}

/** Whether a cell is a number or a word, and does not mean an empty cell. */
const saysMuch = (cell: string) => isNumber(cell) || (/\p{L}/u.test(cell) && !MISSING_VALUES.includes(cell))

/** The columns named in the options. */
export function askedOf({
  target,
  features = [],
  categorical = [],
  columns = {},
  like,
}: Read<CsvOptions>): string[] {
  if (like) return like.features.map(({ column }) => column)
  const targets = [target ?? []].flat().filter(each => typeof each === 'string')
  return [...targets, ...features, ...categorical, ...Object.keys(columns)]
}

/** Whether the options use the default names of columns without a header. */
const areDefault = (asked: readonly string[], width: number) =>
  asked.length > 0 && asked.every(name => /^x[1-9]\d*$/.test(name) && Number(name.slice(1)) <= width)
