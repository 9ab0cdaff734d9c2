/** Samples of a table as its rows were written: categories by their names, dates as dates, numbers in their own unit. */
import { attempt, recordOf, sizeOf } from '../../../core/index.ts'
import type { Dataset } from '../../data/dataset.ts'
import { type ColumnEncoding, classesOf, widthOf } from '../../data/tables/encoder.ts'
import type { Cell, Cells } from '../protocol.ts'

/** The most cells of an answer, and the most characters of one. */
const CELLS = 16_384
const LONGEST = 64
const DAY = 86_400_000

/** The cells of the samples at some places, by column of the data; only of those that come from a table and are few enough. */
export function cellsOf(data: Dataset, places: readonly number[]): Readonly<Record<string, Cells>> {
  const { features = [], targets = [] } = data.encoder ?? {}
  const parts = { x: features, target: targets }
  return recordOf(
    Object.entries(parts).flatMap(([name, encodings]) => {
      const width = encodings.reduce((sum, encoding) => sum + widthOf(encoding), 0)
      const column = data.columns[name]
      const isWhole = column !== undefined && width > 0 && sizeOf(column.shape) === width
      if (!isWhole || encodings.length * places.length > CELLS) return []
      const { data: numbers } = data.column(name, places)
      const rows = places.map((_, row) =>
        written(encodings, numbers.subarray(row * width, (row + 1) * width)),
      )
      return [[name, { names: encodings.map(({ column }) => short(column)), rows }] as const]
    }),
  )
}

/** Answers to the question that the name of a column asks. */
const ANSWERS: ReadonlySet<string> = new Set(['0', '1', 'no', 'yes', 'n', 'y', 'false', 'true', 'f', 't'])

/**
 * The names of the classes of a target that is one number in the data: those of an index, and both of two categories that say more than
 * the name of their column.
 */
export function classesOfTarget(data: Dataset): readonly string[] | undefined {
  const [target, ...others] = data.encoder?.targets ?? []
  if (!target || others.length > 0 || (target.type !== 'index' && target.type !== 'binary')) return undefined
  const classes = classesOf(target)
  if (target.type === 'binary' && classes.every(name => ANSWERS.has(name.toLowerCase()))) return undefined
  return classes.length > 1 ? classes : undefined
}

type Row = ReturnType<Dataset['column']>['data']

function written(encodings: readonly ColumnEncoding[], row: Row): Cell[] {
  let at = 0
  return encodings.map(encoding => {
    const width = widthOf(encoding)
    const numbers = row.subarray(at, at + width)
    at += width
    return cellOf(encoding, numbers)
  })
}

function cellOf(encoding: ColumnEncoding, numbers: Row): Cell {
  const [number = Number.NaN] = numbers
  switch (encoding.type) {
    case 'number':
      return number
    case 'date':
      return dateOf(number) ?? number
    case 'category':
      // No entry of a category that was not in the training data is 1.
      return nameOf(encoding, numbers.indexOf(1))
    case 'index':
    case 'binary':
      return nameOf(encoding, number)
    default:
      return encoding.type satisfies never
  }
}

const nameOf = (encoding: ColumnEncoding, place: number): Cell => {
  const name = classesOf(encoding)[place]
  return name === undefined ? null : short(name)
}

/** `2024-01-31`, or with the time of the day. */
const dateOf = (days: number): string | undefined =>
  attempt(() =>
    new Date(Math.round(days * DAY))
      .toISOString()
      .replace(/T00:00:00\.000Z$/, '')
      .replace(/\.000Z$/, 'Z'),
  )

const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)
