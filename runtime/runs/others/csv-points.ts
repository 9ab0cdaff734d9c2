/** The columns of a table of comma-separated values as figures over the steps: Keras' `CSVLogger`, exports of Weights & Biases, `csvLog`. */
import { GradstreamError, listOf, show } from '../../../core/index.ts'
import { Decoder } from '../../data/tables/decoder.ts'
import { RowReader } from '../../data/tables/row-reader.ts'
import { MOST_SERIES, OtherSeries, tooMany } from './other-series.ts'
import { isNameOfRun, PLACES, placesIn } from './table-header.ts'

/** The most cells that are kept in memory. */
const MOST_CELLS = 2 ** 24
/** How many characters are read at a time. */
const STRETCH = 2 ** 16
/** No number, and not nothing either. */
const GAPS = ['nan', '-nan']
const MISSING = ['', 'na', 'n/a', 'null', 'none']
const ENDLESS: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
}

/** The figures of the runs in a table, by what its column `run` says; `''` where it has none. */
export type Table = ReadonlyMap<string, ReadonlyMap<string, OtherSeries>>

/**
 * Reads a table. A column that begins with words is no figure, and is left out.
 *
 * @param written stands for times where there are none, in milliseconds since 1970
 * @throws GradstreamError `BAD_FILE`, `CSV_INVALID` with the line, `ENCODING_INVALID`, `DATA_AMBIGUOUS`
 */
export function tableIn(bytes: Uint8Array, place: string, written: number): Table {
  const decoder = new Decoder(place)
  const reader = new RowReader(place, {})
  let rows: Reading | undefined
  let cells = 0
  const take = (found: { cells: string[][]; lines: number[] }) =>
    found.cells.forEach((row, i) => {
      cells += row.length
      const line = found.lines[i] as number
      if (cells > MOST_CELLS) throw bad(`${place}, line ${line}`, `at most ${MOST_CELLS} cells`, 'more')
      if (rows === undefined) rows = new Reading(place, row, written)
      else rows.take(row, line)
    })
  const read = (text: string) => {
    for (let at = 0; at < text.length; at += STRETCH) take(reader.push(text.slice(at, at + STRETCH)))
  }
  for (let at = 0; at < bytes.length; at += STRETCH) read(decoder.decode(bytes.subarray(at, at + STRETCH)))
  read(decoder.end())
  take(reader.end())
  if (rows === undefined) throw bad(place, 'a table with a header', 'nothing')
  return rows.table
}

/** A table under way. */
class Reading {
  private readonly place: string
  private readonly names: readonly string[]
  private readonly written: number
  /** Where the column is that counts: steps, or else epochs, or else the rows. */
  private readonly steps: number
  private readonly times: number
  private readonly runs: number
  private readonly figures: readonly number[]
  /** The columns that begin with words, and those that begin with numbers. */
  private readonly words = new Set<number>()
  private readonly numbers = new Set<number>()
  private readonly found = new Map<string, { rows: number; series: ReadonlyMap<number, OtherSeries> }>()

  constructor(place: string, header: readonly string[], written: number) {
    this.place = place
    this.names = header.map(cell => cell.trim())
    this.written = written
    const places = placesIn(this.names)
    if (places.size === 0)
      throw bad(
        place,
        `a column of ${listOf(Object.keys(PLACES))}`,
        this.names.map(name => show(name)).join(', '),
      )
    if (header.length > MOST_SERIES) throw tooMany(place)
    const repeated = this.names.find((name, i) => this.names.indexOf(name) !== i)
    if (repeated !== undefined) throw bad(place, 'different names of columns', show(repeated))
    this.steps = places.get('step') ?? places.get('epoch') ?? -1
    this.times = places.get('time') ?? -1
    this.runs = this.names.findIndex(isNameOfRun)
    // Epochs are a figure too where they count.
    const others = [places.get('step'), this.times, this.runs]
    this.figures = [...this.names.keys()].filter(i => this.names[i] !== '' && !others.includes(i))
  }

  take(cells: readonly string[], line: number): void {
    const { names, steps, times, written, words, numbers } = this
    const refused = (expected: string, got: string) => bad(`${this.place}, line ${line}`, expected, got)
    if (cells.length !== names.length)
      throw refused(`${names.length} cells, as many as the header has`, String(cells.length))
    const run = this.runOf(cells[this.runs] ?? '')
    const step = steps < 0 ? run.rows : stepIn(cells[steps] as string, refused)
    const time = times < 0 ? written : timeIn(cells[times] as string, refused)
    run.rows++
    // A row without a step has none of the figures over the steps.
    if (step === undefined || time === undefined) return
    for (const [i, own] of run.series) {
      const cell = cells[i] as string
      const value = numberIn(cell)
      if (value === 'missing' || words.has(i)) continue
      if (value !== undefined) {
        own.add(step, time, value)
        numbers.add(i)
      } else if (numbers.has(i)) throw refused(`a number in column ${show(names[i])}`, show(cell))
      else words.add(i)
    }
  }

  get table(): Table {
    const { place, names, words, numbers } = this
    if (numbers.size === 0 && words.size > 0) {
      const known = [...words].map(i => show(names[i])).join(', ')
      throw bad(place, 'a column of numbers, with a point before their decimals', `words in ${known}`)
    }
    const named = (series: ReadonlyMap<number, OtherSeries>) =>
      [...series].flatMap(([i, own]) => (this.words.has(i) ? [] : [[this.names[i] as string, own] as const]))
    return new Map(Array.from(this.found, ([run, { series }]) => [run, new Map(named(series))]))
  }

  private runOf(name: string): { rows: number; series: ReadonlyMap<number, OtherSeries> } {
    const known = this.found.get(name)
    if (known) return known
    if (this.figures.length * (this.found.size + 1) > MOST_SERIES) throw tooMany(this.place)
    const run = { rows: 0, series: new Map(this.figures.map(i => [i, new OtherSeries()])) }
    this.found.set(name, run)
    return run
  }
}

/** A number, NaN for one that was none, `'missing'` for nothing, undefined for words. */
function numberIn(cell: string): number | 'missing' | undefined {
  const word = cell.trim().toLowerCase()
  if (MISSING.includes(word)) return 'missing'
  if (GAPS.includes(word)) return Number.NaN
  const number = ENDLESS[word] ?? (/^[-+]?(\d|\.\d)[\d.e+-]*$/.test(word) ? Number(word) : Number.NaN)
  return Number.isNaN(number) ? undefined : number
}

type Refused = (expected: string, got: string) => GradstreamError

function stepIn(cell: string, refused: Refused): number | undefined {
  const step = numberIn(cell)
  if (step === 'missing') return undefined
  if (step !== undefined && Number.isFinite(step)) return step
  throw refused('a number of a step or an epoch', show(cell))
}

/** Seconds since 1970, or milliseconds where they are so many, or a date. */
function timeIn(cell: string, refused: Refused): number | undefined {
  const time = numberIn(cell)
  if (time === 'missing') return undefined
  if (typeof time === 'number' && Number.isFinite(time)) return Math.abs(time) < 1e11 ? 1000 * time : time
  const date = Date.parse(cell)
  if (Number.isFinite(date)) return date
  throw refused('a time', show(cell))
}

const HINT = 'A table of a run has a header, a column step, epoch or time, and a column for each figure.'

const bad = (place: string, expected: string, got: string) =>
  new GradstreamError('BAD_FILE', { place, expected, got, hint: HINT })
