/** Tables as people have them: whatever they are written like, what is read is what was written, or an error says why not. */
import { type CsvOptions, csv, parseCsv } from 'gradstream'
import { expect, test } from 'vitest'
import { countOf } from '../../../support/counts.ts'
import { Dice } from '../../../support/dice.ts'

/** What a column holds, and how it is written. */
interface Written {
  readonly name: string
  readonly kind: 'number' | 'text'
  readonly values: readonly (number | string)[]
  readonly cells: readonly string[]
}

interface Dialect {
  readonly delimiter: string
  readonly quote: '"' | "'"
  /** Whether every cell is quoted, or only those that have to be. */
  readonly quotesAll: boolean
  /** What comes before some of the quotes. */
  readonly blanks: string
  readonly ends: readonly string[]
  readonly decimal: '.' | ','
  readonly thousands: string
  readonly comment: string
  readonly mark: boolean
}

const WORDS = [
  'Oslo',
  'Rome',
  'New York',
  'a,b',
  'x;y',
  "it's",
  'say "hi"',
  'two\nlines',
  // Inside quotes, these look like the beginnings of cells.
  'so, "good"',
  'x;  "y"|\t"z"',
  'one\n  "two"',
  'a\t "b","c"',
  '北京',
  'été',
  '#1',
  '007',
]

function dialectBy(dice: Dice): Dialect {
  const decimal = dice.pick(['.', '.', ','] as const)
  return {
    delimiter: dice.pick(decimal === ',' ? [';', '\t', '|'] : [',', ';', '\t', '|']),
    quote: '"',
    quotesAll: dice.next() < 0.3,
    blanks: dice.pick(['', '', ' ', '  ']),
    ends: dice.pick([['\n'], ['\r\n'], ['\r'], ['\n', '\r\n']]),
    decimal,
    thousands: dice.pick(['', '', decimal === ',' ? '.' : ',', ' ']),
    comment: dice.pick(['', '', '# made on a Monday', '% of what']),
    mark: dice.next() < 0.3,
  }
}

/** A number with two decimals and its groups, so that it leaves no doubt. */
function written(value: number, { decimal, thousands }: Dialect): string {
  const [whole = '', decimals = ''] = Math.abs(value).toFixed(2).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands)
  return `${value < 0 ? '-' : ''}${grouped}${decimal}${decimals}`
}

function tableBy(dice: Dice, dialect: Dialect): Written[] {
  const rows = 2 + dice.below(59)
  const columns = 1 + dice.below(dice.next() < 0.1 ? 70 : 8)
  const made = Array.from({ length: columns }, (_, i): Written => {
    const name = `${dice.pick(['size', 'room count', 'Preis', 'a,b', 'übrig'])} ${i}`
    if (dice.next() < 0.6) {
      const scale = dice.pick([1, 1000, 1e7])
      const values = Array.from(
        { length: rows },
        () => Math.round((dice.next() - 0.5) * scale * 100) / 100 + 0,
      )
      return { name, kind: 'number', values, cells: values.map(value => written(value, dialect)) }
    }
    const own = WORDS.filter(() => dice.next() < 0.5)
    const some = own.length > 1 ? own : ['yes', 'no']
    const values = Array.from({ length: rows }, () => dice.pick(some))
    return { name, kind: 'text', values, cells: values.map(String) }
  })
  const values = Array.from({ length: rows }, (_, i) => i / 4)
  return [
    ...made,
    { name: 'target', kind: 'number', values, cells: values.map(value => written(value, dialect)) },
  ]
}

function textOf(columns: readonly Written[], dialect: Dialect, dice: Dice): string {
  const { delimiter, quote, quotesAll, blanks, ends, comment, mark } = dialect
  const end = () => dice.pick(ends)
  const needs = (cell: string) => quotesAll || cell.includes(delimiter) || /["'\n\r#]/.test(cell)
  const quoted = (cell: string) =>
    needs(cell) ? `${dice.pick(['', blanks])}${quote}${cell.replaceAll(quote, quote + quote)}${quote}` : cell
  const row = (cells: readonly string[]) => cells.map(quoted).join(delimiter) + end()
  const rows = (columns[0] as Written).cells.map((_, i) =>
    row(columns.map(({ cells }) => cells[i] as string)),
  )
  const blank = rows.map(line => (dice.next() < 0.02 ? end() + line : line))
  const head = comment === '' ? '' : comment + end()
  return `${mark ? '\ufeff' : ''}${head}${row(columns.map(({ name }) => name))}${blank.join('')}`
}

/** The numbers that a column stands for among the features. */
function expected(columns: readonly Written[]): { x: number[][]; names: string[] } {
  const names: string[] = []
  const parts = columns.slice(0, -1).map(({ kind, name, values }) => {
    if (kind === 'number') {
      names.push(name)
      return values.map(value => [value as number])
    }
    const classes = [...new Set(values as string[])]
    const byNumber = classes.every(each => /^\d+$/.test(each))
    classes.sort(byNumber ? (a, b) => Number(a) - Number(b) : undefined)
    names.push(...classes.map(each => `${name}=${each}`))
    return values.map(value => classes.map(each => Number(each === value)))
  })
  return {
    x: (columns[0] as Written).values.map((_, row) => parts.flatMap(part => part[row] as number[])),
    names,
  }
}

/** A text in pieces, cut anywhere. */
function* pieces(bytes: Uint8Array, dice: Dice): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + dice.below(200)
    yield bytes.subarray(at, at + length)
    at += length
  }
}

function encoded(text: string, encoding: 'utf-8' | 'utf-16le' | 'utf-16be'): Uint8Array {
  if (encoding === 'utf-8') return new TextEncoder().encode(text)
  const marked = text.startsWith('\ufeff') ? text : `\ufeff${text}`
  const bytes = new Uint8Array(marked.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < marked.length; i++) view.setUint16(2 * i, marked.charCodeAt(i), encoding === 'utf-16le')
  return bytes
}

const TABLES = countOf({ few: 20, usual: 150, full: 1500 })

test(`${TABLES} tables, written at random, are read as they were meant, in any pieces`, async () => {
  for (let seed = 0; seed < TABLES; seed++) {
    const dice = new Dice(seed)
    const dialect = dialectBy(dice)
    const columns = tableBy(dice, dialect)
    const text = textOf(columns, dialect, dice)
    const categorical = columns.flatMap(({ kind, name }) => (kind === 'text' ? [name] : []))
    // A column with a number among its texts is in doubt, unless it is listed.
    const isCertain = !columns.some(({ kind, values }) => kind === 'text' && values.includes('007'))
    const options: CsvOptions =
      isCertain && dice.next() < 0.5
        ? { target: 'target', text: 'category' }
        : { target: 'target', categorical }
    const bytes = encoded(text, dice.pick(['utf-8', 'utf-8', 'utf-16le', 'utf-16be']))
    const about = `seed ${seed}: ${JSON.stringify(dialect)}\n${text.slice(0, 400)}`
    const data = await csv(pieces(bytes, dice), options).catch((error: Error) => {
      throw new Error(`${error.message}\n${about}`)
    })
    const { x, names } = expected(columns)
    expect(data.columns.x?.names, about).toEqual(names)
    expect(data.column('x').toNested(), about).toEqual(x)
    expect(data.column('target').toNested(), about).toEqual(columns.at(-1)?.values.map(value => [value]))
  }
})

test('a text at once gives the same as in pieces', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const dice = new Dice(seed)
    const dialect = dialectBy(dice)
    const columns = tableBy(dice, dialect)
    const text = textOf(columns, dialect, dice)
    const categorical = columns.flatMap(({ kind, name }) => (kind === 'text' ? [name] : []))
    const options = { target: 'target', categorical } as const
    const [a, b] = [parseCsv(text, options), await csv(pieces(encoded(text, 'utf-8'), dice), options)]
    expect(a.column('x')).toEqual(b.column('x'))
    expect(a.encoder).toEqual(b.encoder)
  }
})
