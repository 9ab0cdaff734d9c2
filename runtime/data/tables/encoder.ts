/** The encoder: what the columns of a table meant to the data that a network is trained on, as plain data. */
import {
  attempt,
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
  /** `number`; `date`: days since 1970; `category`: one-hot, an entry for each category; `binary`: 0 or 1. */
  readonly type: 'number' | 'date' | 'category' | 'binary'
  /** How its numbers are written, where they are written as programs do not. */
  readonly format?: NumberFormat
  /** The categories in their order; `''` stands for an empty cell. Of a binary column the two that are 0 and 1. */
  readonly categories?: readonly string[]
  /** What an empty cell becomes: a number, or the name of a category. Without it, an empty cell is an error. */
  readonly fill?: number | string
  /** What a category becomes that the training data did not have: an error, zeros alone, or an entry of its own. */
  readonly unknown?: 'error' | 'ignore' | 'other'
}

/**
 * What the training data meant: the columns in their order, the categories by name, what replaces an empty cell, the
 * classes of the target, and the standardization. It is plain data, so JSON keeps it. It goes with a data set, with the
 * model that is trained on it, and reads further files: `csv(path, { like: encoder })`.
 */
export interface Encoder {
  readonly features: readonly ColumnEncoding[]
  readonly targets: readonly ColumnEncoding[]
  /** Texts that stand for an empty cell. */
  readonly missingValues: readonly string[]
  /** Mean and deviation of `x` and `target`, where they are standardized. */
  readonly scalings: Readonly<Record<string, Scaling>>
}

/** One sample as people have it: a value for each column, by name. */
export type Row = Readonly<Record<string, unknown>>

const OTHER = 'other'

/** How many numbers a column becomes. */
export const widthOf = ({ type, categories = [], unknown }: ColumnEncoding): number =>
  type === 'category' ? categories.length + (unknown === 'other' ? 1 : 0) : 1

/** What those numbers are called. */
export function namesOf(
  { column, type, categories = [], unknown }: ColumnEncoding,
  isOnly = false,
): string[] {
  if (type !== 'category') return [column]
  const all = [...categories, ...(unknown === 'other' ? [OTHER] : [])]
  return isOnly ? all : all.map(category => `${column}=${category}`)
}

/** A cell that says nothing. */
export const isMissing = (cell: unknown, words: ReadonlySet<string>): boolean =>
  cell === null ||
  cell === undefined ||
  cell === '' ||
  (typeof cell === 'number' && Number.isNaN(cell)) ||
  (typeof cell === 'string' && words.has(cell))

/** The number that a cell of a column stands for; NaN where it stands for none. */
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

/** The name of the category that a cell stands for. */
export const categoryOf = (cell: unknown): string =>
  cell instanceof Date ? cell.toISOString() : String(cell)

/** Places of categories, found once for each encoding. */
const places = new WeakMap<ColumnEncoding, Map<string, number>>()

function placesOf(encoding: ColumnEncoding): Map<string, number> {
  const known = places.get(encoding)
  if (known) return known
  const made = new Map((encoding.categories ?? []).map((category, place) => [category, place]))
  places.set(encoding, made)
  return made
}

/**
 * The place of a category among those of a column; -1 where it is unknown and to be ignored.
 *
 * @throws GradstreamError `UNKNOWN_CATEGORY`
 */
export function placeOfCategory(encoding: ColumnEncoding, category: string, place: string): number {
  const known = placesOf(encoding).get(category)
  if (known !== undefined) return known
  const { categories = [], unknown = 'error', column, type } = encoding
  if (type === 'category' && unknown === 'ignore') return -1
  if (type === 'category' && unknown === 'other') return categories.length
  throw new GradstreamError('UNKNOWN_CATEGORY', {
    place,
    expected: `one of ${listOf(categories)}`,
    got: show(category),
    hint: `Correct the cell, or read the training data with { columns: { ${JSON.stringify(column)}: { unknown: 'ignore' } } }.`,
  })
}

/**
 * Raw rows as the numbers that a network takes: [rows, width].
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
    // Further columns do no harm; where one is missing as well, it is rather misspelt.
    const absent = features.find(({ column }) => !Object.hasOwn(row, column))
    const strange = absent && Object.keys(row).find(name => !known.has(name))
    if (strange !== undefined) {
      throw new GradstreamError('UNKNOWN_NAME', {
        place: own,
        expected: `columns among ${listOf([...known])}`,
        got: show(strange),
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
    if (type === 'binary') into[offset] = found
    else if (found >= 0) into[offset + found] = 1
  }
}

/**
 * Demands that data mean by their columns what `trained` data mean. Fills and standardization may differ: those of the training
 * data hold.
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
    // What is only predicted needs no target.
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
  // It is plain data, so a copy of it by JSON is all there is.
  const value: unknown = attempt(() => JSON.parse(JSON.stringify(given)))
  const isColumn = (each: unknown) =>
    isRecord(each) &&
    typeof each.column === 'string' &&
    ['number', 'date', 'category', 'binary'].includes(each.type as string) &&
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
