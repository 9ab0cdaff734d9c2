/** The dialect of a file of separated values: detected from its beginning, or given. */
import papaparse from 'papaparse'
import { GradstreamError, show } from '../../../core/index.ts'

export interface DialectOptions {
  readonly delimiter?: string | undefined
  readonly quote?: string | false | undefined
  readonly comments?: string | false | undefined
  /** Columns that must appear in the first row, if it is a header. */
  readonly names?: readonly string[]
}

export interface Dialect {
  readonly delimiter: string
  /** Whether runs of blanks and tabs separate columns. */
  readonly blanks: boolean
  readonly quote: string | false
  /** The start of comment lines. */
  readonly comments: string | false
  /** Whether blanks come before quotes: `1, "a, b"`. */
  readonly spacedQuotes: boolean
  /** What was detected rather than given, in words. */
  readonly guesses: readonly string[]
}

/** In order of preference. */
const DELIMITERS = [',', ';', '\t', '|'] as const
const COMMENTS = ['#', '%', '//'] as const
/** How many lines to inspect. */
const LINES = 200

/** `text` is the beginning of the file, with line ends as line feeds; `isWhole` says whether it is the whole file. */
export function dialectOf(text: string, isWhole: boolean, options: DialectOptions, place: string): Dialect {
  const lines = text.split('\n')
  if (!isWhole) lines.pop()
  const filled = lines.filter(line => line.trim() !== '').slice(0, LINES)
  const guesses: string[] = []
  const comments = options.comments ?? commentsOf(filled, options.delimiter, guesses, place)
  const data = comments === false ? filled : filled.filter(line => !line.startsWith(comments))
  const quote = options.quote ?? quoteOf(data, guesses)
  const { delimiter, blanks } = delimiterOf(data, quote, options, guesses, place)
  const spacedQuotes =
    !blanks &&
    quote !== false &&
    Array.from(data.join('\n').matchAll(quotedCells(delimiter, quote))).some(([, , spaces]) => spaces !== '')
  if (spacedQuotes) guesses.push('spaces before quotes are ignored')
  return { delimiter, blanks, quote, comments, spacedQuotes, guesses }
}

export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Detects comment lines above the header. A header may begin with the same character: `#id,size`. */
function commentsOf(
  lines: readonly string[],
  delimiter: string | undefined,
  guesses: string[],
  place: string,
): string | false {
  const mark = COMMENTS.find(candidate => lines[0]?.startsWith(candidate))
  if (mark === undefined) return false
  const marked = lines.findIndex(line => !line.startsWith(mark))
  const next = lines[marked]
  const last = lines[marked - 1]
  if (next === undefined || last === undefined) return mark
  const cells = (line: string) =>
    [...(delimiter === undefined ? DELIMITERS : [delimiter])].map(d => line.split(d).length)
  const [above, below] = [cells(last), cells(next)]
  const isLike = above.some((count, i) => count > 1 && count === below[i])
  if (!isLike) {
    guesses.push(`lines that begin with ${JSON.stringify(mark)} are comments`)
    return mark
  }
  if (marked === 1 && /^#\S/.test(last) && mark === '#') {
    guesses.push(`the first line names the columns, although it begins with ${JSON.stringify(mark)}`)
    return false
  }
  throw new GradstreamError('DATA_AMBIGUOUS', {
    place: `${place}, line ${marked}`,
    expected: 'either a comment or the names of the columns',
    got: show(last),
    hint: `Choose one: { comments: ${JSON.stringify(mark)} }, or { comments: false }.`,
  })
}

function quoteOf(lines: readonly string[], guesses: string[]): string {
  if (lines.some(line => line.includes('"'))) return '"'
  const singles = lines.filter(line => /(^|[,;\t|])\s*'[^']*'\s*($|[,;\t|])/.test(line))
  const odd = lines.some(line => line.split("'").length % 2 === 0)
  if (singles.length * 2 <= lines.length || odd || singles.length === 0) return '"'
  guesses.push("cells are in single quotes: '")
  return "'"
}

function delimiterOf(
  lines: readonly string[],
  quote: string | false,
  { delimiter: given, names = [] }: DialectOptions,
  guesses: string[],
  place: string,
): { delimiter: string; blanks: boolean } {
  if (given !== undefined) return { delimiter: given, blanks: /^[ ]+$/.test(given) }
  const text = lines.join('\n')
  const regularBy = (hasRowNames: boolean) =>
    DELIMITERS.map(delimiter => ({
      delimiter,
      cells: regularCells(text, delimiter, quote, hasRowNames),
    })).filter(({ cells }) => cells > 1)
  const exact = regularBy(false)
  const regular = exact.length > 0 ? exact : regularBy(true)
  const most = Math.max(...regular.map(({ cells }) => cells))
  const longest = regular.filter(({ cells }) => cells === most)
  const namesAll = ({ delimiter }: { delimiter: string }) => {
    const [first = []] = papaparse.parse<string[]>(lines[0] ?? '', parserSettings(delimiter, quote)).data
    const cells = first.map(cell => cell.trim())
    return names.every(name => cells.includes(name))
  }
  const named = longest.filter(namesAll)
  const best = named.length > 0 ? named : longest
  if (best.length > 1) {
    throw new GradstreamError('DATA_AMBIGUOUS', {
      place,
      expected: 'one delimiter',
      got: `${most} cells in each line with ${best.map(({ delimiter }) => JSON.stringify(delimiter)).join(' and with ')}`,
      hint: `Choose one: { delimiter: ${JSON.stringify(best[0]?.delimiter)} }.`,
    })
  }
  const [only] = best
  if (only) {
    if (only.delimiter !== ',') guesses.push(`the delimiter is ${JSON.stringify(only.delimiter)}`)
    return { delimiter: only.delimiter, blanks: false }
  }
  const isBlank = DELIMITERS.every(delimiter => delimiter === '\t' || !text.includes(delimiter))
  if (isBlank) {
    if (regularCells(singleBlanks(text, quote, ' '), ' ', quote, false) > 1) {
      guesses.push('columns are separated by spaces')
      return { delimiter: ' ', blanks: true }
    }
  }
  // No delimiter gives equal lines. Take the most frequent one in the first line, so that the error can name a line.
  const [first = ''] = lines
  const counts = DELIMITERS.map(delimiter => first.split(delimiter).length)
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] as string
  if (delimiter !== ',') guesses.push(`the delimiter is ${JSON.stringify(delimiter)}`)
  return { delimiter, blanks: false }
}

/** How many cells each line has, if all have the same. The header of a table with row names has one less. */
function regularCells(text: string, delimiter: string, quote: string | false, hasRowNames: boolean): number {
  const plain = quote === false ? text : withoutSpaces(text, delimiter, quote)
  const { data } = papaparse.parse<string[]>(plain, parserSettings(delimiter, quote))
  const [first = 0, ...rest] = data.map(row => row.length)
  const expected = hasRowNames ? first + 1 : first
  const isEnough = !hasRowNames || (first > 1 && rest.length > 0)
  return isEnough && rest.every(count => count === expected) ? expected : 0
}

/** Replaces each run of blanks with one delimiter, and trims the lines; quoted cells stay as they are. */
export function singleBlanks(text: string, quote: string | false, delimiter: string): string {
  const runs = '^[ \\t]+|[ \\t]+$|[ \\t]+'
  const pattern = quote === false ? runs : `(^[ \\t]*|[ \\t]+)(${quotedCell(quote)})|${runs}`
  const isEdge = (at: number) => at < 0 || at >= text.length || text[at] === '\n'
  return text.replace(new RegExp(pattern, 'gm'), (found: string, ...rest: unknown[]) => {
    const [cell = '', at] = quote === false ? ['', rest[0]] : [rest[1] as string | undefined, rest[2]]
    const start = at as number
    const isBetween = !isEdge(start - 1) && !(cell === '' && isEdge(start + found.length))
    return `${isBetween ? delimiter : ''}${cell}`
  })
}

/** A cell in quotes, from its quote to the next one that is not doubled, or to the end of the text. */
function quotedCell(quote: string): string {
  const mark = escaped(quote)
  return `${mark}[^${mark}]*(?:${mark}${mark}[^${mark}]*)*${mark}?`
}

/** Finds all cells in quotes: what is before each, the blanks behind that, and the cell. What stands inside a cell is never taken for another. */
function quotedCells(delimiter: string, quote: string): RegExp {
  const blanks = [' ', '\t'].filter(blank => blank !== delimiter).join('')
  return new RegExp(`(^|${escaped(delimiter)})([${blanks}]*)(${quotedCell(quote)})`, 'gm')
}

/** Takes away the blanks before cells in quotes. */
export const withoutSpaces = (text: string, delimiter: string, quote: string): string =>
  text.replace(quotedCells(delimiter, quote), '$1$3')

export const parserSettings = (delimiter: string, quote: string | false) => ({
  delimiter,
  newline: '\n' as const,
  // Without quotes, no character may act as one.
  ...(quote === false ? { fastMode: true } : { quoteChar: quote }),
})
