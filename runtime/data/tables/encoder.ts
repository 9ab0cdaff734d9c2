/** The encoder: how the columns of the training data become numbers, as plain data. */
import {
  attempt,
  didYouMeanName,
  entryOf,
  GradstreamError,
  isRecord,
  isSameJson,
  listOf,
  recordOf,
  show,
} from '../../../core/index.ts'
import type { Scaling } from '../scaling.ts'
import { daysOf, type NumberFormat, numberIn, plainNumber } from './number-format.ts'

/** How a column becomes numbers. */
export interface ColumnEncoding {
  readonly column: string
  /** `number`; `date`: days since 1970; `category`: one-hot, one entry per category; `index`: the number of the category; `binary`: 0 or 1. */
  readonly type: 'number' | 'date' | 'category' | 'index' | 'binary'
  /** How its numbers are written, if not in the plain form. */
  readonly format?: NumberFormat
  /** The categories in order; `''` stands for an empty cell. A binary column has two: 0 and 1. */
  readonly categories?: readonly string[]
  /** What an empty cell becomes: a number, or the name of a category. Without it, an empty cell is an error. */
  readonly fill?: number | string
  /** What becomes of a category that is not in the training data: an error, all zeros, or an extra entry. */
  readonly unknown?: 'error' | 'ignore' | 'other'
}

/**
 * How a table becomes numbers: the columns in order, the categories by name, the fill of empty cells, the
 * classes of the target, and the standardization. It is plain data, so it survives JSON. It belongs to a data
 * set and to the model trained on it, and reads more files: `csv(path, { like: encoder })`.
 */
export interface Encoder {
  readonly features: readonly ColumnEncoding[]
  readonly targets: readonly ColumnEncoding[]
  /** Strings that mean an empty cell. */
  readonly missingValues: readonly string[]
  /** Mean and deviation of `x` and `target`, if standardized. */
  readonly scalings: Readonly<Record<string, Scaling>>
}

/** One sample in raw form: a value for each column, by name. */
export type Row = Readonly<Record<string, unknown>>

const OTHER = 'other'

/** How many numbers a column becomes. */
export const widthOf = (encoding: ColumnEncoding): number =>
  encoding.type === 'category' ? classesOf(encoding).length : 1

/** The names of those numbers. */
export function namesOf(encoding: ColumnEncoding, isOnly = false): string[] {
  const { column, type } = encoding
  if (type !== 'category') return [column]
  return isOnly ? classesOf(encoding) : classesOf(encoding).map(category => `${column}=${category}`)
}

/** The names of the classes that a column has, in order. */
export const classesOf = ({ categories = [], unknown }: ColumnEncoding): string[] => [
  ...categories,
  ...(unknown === 'other' ? [OTHER] : []),
]

/** How many numbers a prediction of the column has: one for each class, or one for yes or no and for numbers. */
export const predictedWidthOf = (encoding: ColumnEncoding): number =>
  encoding.type === 'index' ? classesOf(encoding).length : widthOf(encoding)

/** Whether a cell is empty. */
export const isMissing = (cell: unknown, words: ReadonlySet<string>): boolean =>
  cell === null ||
  cell === undefined ||
  cell === '' ||
  (typeof cell === 'number' && Number.isNaN(cell)) ||
  (typeof cell === 'string' && words.has(cell))

/** The number in a cell; NaN if there is none. */
export function numberOf(cell: unknown, { type, format }: Pick<ColumnEncoding, 'type' | 'format'>): number {
  if (type === 'date') {
    if (cell instanceof Date) return cell.getTime() / 86_400_000
    return typeof cell === 'string' ? daysOf(cell) : Number.NaN
  }
  if (typeof cell === 'string') return format ? numberIn(cell, format) : plainNumber(cell)
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : Number.NaN
  if (typeof cell === 'boolean') return cell ? 1 : 0
  return typeof cell === 'bigint' ? Number(cell) : Number.NaN
}

/** The name of the category in a cell. */
export const categoryOf = (cell: unknown): string =>
  cell instanceof Date ? cell.toISOString() : String(cell)

/** Indices of categories, built once for each encoding. */
const places = new WeakMap<ColumnEncoding, Map<string, number>>()

function placesOf(encoding: ColumnEncoding): Map<string, number> {
  const known = places.get(encoding)
  if (known) return known
  const made = new Map((encoding.categories ?? []).map((category, place) => [category, place]))
  places.set(encoding, made)
  return made
}

/**
 * The index of a category in a column; -1 if it is unknown and ignored.
 *
 * @throws GradstreamError `UNKNOWN_CATEGORY`
 */
export function placeOfCategory(encoding: ColumnEncoding, category: string, place: string): number {
  const known = placesOf(encoding).get(category)
  if (known !== undefined) return known
  const { categories = [], unknown = 'error', column, type } = encoding
  if (type === 'category' && unknown === 'ignore') return -1
  if (type !== 'binary' && unknown === 'other') return categories.length
  throw new GradstreamError('UNKNOWN_CATEGORY', {
    place,
    expected: `one of ${listOf(categories)}`,
    got: show(category),
    hint: `Correct the cell, or read the training data with { columns: { ${JSON.stringify(column)}: { unknown: '${type === 'index' ? 'other' : 'ignore'}' } } }.`,
  })
}

/**
 * Encodes raw rows as the input of a network: [rows, width].
 *
 * @throws GradstreamError `MISSING_CELL`, `DATA_NOT_FINITE`, `UNKNOWN_CATEGORY`, each with the row and the column;
 *   `MISSING_INPUT` and `UNKNOWN_NAME` for columns
 */
export function encodeRows(
  encoder: Encoder,
  rows: readonly Row[],
  place: string,
): { shape: [number, number]; data: Float64Array } {
  const { features } = encoder
  const words = new Set(encoder.missingValues)
  const width = features.reduce((sum, encoding) => sum + widthOf(encoding), 0)
  const data = new Float64Array(rows.length * width)
  const known = new Set([...features, ...encoder.targets].map(({ column }) => column))
  rows.forEach((row, index) => {
    const own = `${place}, row ${index}`
    if (!isRecord(row)) {
      throw new GradstreamError('DATA_MISMATCH', {
        place: own,
        expected: `an object with the columns ${listOf(features.map(({ column }) => column))}`,
        got: show(row),
      })
    }
    // Extra columns are fine, but if one is missing too, it was probably misspelt.
    const absent = features.find(({ column }) => !Object.hasOwn(row, column))
    const strange = absent && Object.keys(row).find(name => !known.has(name))
    if (strange !== undefined) {
      throw new GradstreamError('UNKNOWN_NAME', {
        place: own,
        expected: `one of the columns ${listOf([...known])}`,
        got: show(strange),
        ...didYouMeanName(strange, known),
      })
    }
    let offset = index * width
    for (const encoding of features) {
      encodeCell(
        encoding,
        entryOf(row, encoding.column),
        words,
        data,
        offset,
        `${own}, column "${encoding.column}"`,
      )
      offset += widthOf(encoding)
    }
  })
  return { shape: [rows.length, width], data }
}

function encodeCell(
  encoding: ColumnEncoding,
  raw: unknown,
  words: ReadonlySet<string>,
  into: Float64Array,
  offset: number,
  place: string,
): void {
  const { type, categories = [], fill } = encoding
  const trimmed = typeof raw === 'string' ? raw.trim() : raw
  let cell = trimmed
  if (isMissing(trimmed, words)) {
    if (fill === undefined && !categories.includes('')) {
      throw new GradstreamError('MISSING_CELL', {
        place,
        expected:
          type === 'number' ? 'a number' : type === 'date' ? 'a date' : `one of ${listOf(categories)}`,
        got: raw === undefined ? 'nothing' : show(raw),
        hint: 'Add the value.',
      })
    }
    cell = fill ?? ''
  }
  if (type === 'number' || (type === 'date' && typeof cell !== 'number')) {
    const value = numberOf(cell, encoding)
    if (Number.isNaN(value)) {
      throw new GradstreamError('DATA_NOT_FINITE', {
        place,
        expected: type === 'date' ? 'a date such as "2024-01-31"' : 'a number',
        got: show(raw),
      })
    }
    into[offset] = value
  } else if (type === 'date') into[offset] = cell as number
  else {
    const found = placeOfCategory(encoding, categoryOf(cell), place)
    if (type !== 'category') into[offset] = found
    else if (found >= 0) into[offset + found] = 1
  }
}

/**
 * Checks that the columns of `data` mean the same as those of the training data. Fills and standardization
 * may differ: those of the training data apply.
 *
 * @throws GradstreamError `DATA_MISMATCH`
 */
export function demandSameMeaning(trained: Encoder, data: Encoder, place: string): void {
  const difference = differenceOf(trained, data)
  if (difference === undefined) return
  throw new GradstreamError('DATA_MISMATCH', {
    place,
    expected: 'the columns and classes of the training data',
    got: difference,
    hint: 'Read them like the training data: csv(path, { like: train }).',
  })
}

function differenceOf(trained: Encoder, data: Encoder): string | undefined {
  for (const part of ['features', 'targets'] as const) {
    const [own, other] = [trained[part], data[part]]
    const columns = (list: readonly ColumnEncoding[]) => listOf(list.map(({ column }) => column))
    // Data for prediction needs no target.
    if (part === 'targets' && other.length === 0) continue
    if (columns(own) !== columns(other)) return `the ${part} ${columns(other)} and not ${columns(own)}`
    const differing = own.findIndex((mine, i) => !isSameMeaning(mine, other[i] as ColumnEncoding))
    if (differing < 0) continue
    const [mine, theirs] = [own[differing] as ColumnEncoding, other[differing] as ColumnEncoding]
    return `column "${mine.column}" with ${described(theirs)} and not ${described(mine)}`
  }
  return undefined
}

const isSameMeaning = (a: ColumnEncoding, b: ColumnEncoding) =>
  a.type === b.type && widthOf(a) === widthOf(b) && isSameJson(a.categories, b.categories)

const described = ({ type, categories }: ColumnEncoding) =>
  categories ? `the classes ${listOf(categories)}` : type === 'date' ? 'dates' : 'numbers'

/**
 * An encoder from JSON.
 *
 * @throws GradstreamError `INVALID_OPTION`
 */
export function checkedEncoder(given: unknown, place: string): Encoder {
  // It is plain data, so a JSON round trip copies all of it.
  const value: unknown = attempt(() => JSON.parse(JSON.stringify(given)))
  const isColumn = (each: unknown) =>
    isRecord(each) &&
    typeof each.column === 'string' &&
    ['number', 'date', 'category', 'index', 'binary'].includes(each.type as string) &&
    (each.categories === undefined ||
      (Array.isArray(each.categories) && each.categories.every(c => typeof c === 'string')))
  const {
    features,
    targets,
    missingValues = [],
    scalings = {},
  } = (isRecord(value) ? value : {}) as Partial<Encoder>
  const isEncoder = [features, targets].every(list => Array.isArray(list) && list.every(isColumn))
  if (isEncoder && isRecord(scalings) && Array.isArray(missingValues)) {
    return { features, targets, missingValues, scalings: recordOf(Object.entries(scalings)) } as Encoder
  }
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'a data set read from a table, its encoder, or that encoder from JSON',
    got: show(given),
    hint: 'Pass like: train, or like: train.encoder.',
  })
}
