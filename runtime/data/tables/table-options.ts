/** What is asked of a table: columns, missing cells, categories. */
import { check, checkedAt, GradstreamError, isRecord, show } from '../../../core/index.ts'
import type { Dataset } from '../dataset.ts'
import type { ColumnEncoding, Encoder } from './encoder.ts'
import type { NumberFormat } from './number-format.ts'

/**
 * What becomes of an empty cell. `'error'`: it is refused. `'drop'`: its row is left out. `'mean'`, `'median'`, `'mode'` (the most
 * frequent one): it is filled in with that of the training part, also where the data are split later.
 * `'category'`: it is a category of its own. A number: it is filled in with that.
 */
export type Missing = 'error' | 'drop' | 'mean' | 'median' | 'mode' | 'category' | number

/** How one column is read. */
export interface ColumnOptions {
  /**
   * `'number'`; `'category'`: one-hot; `'binary'`: two categories as 0 and 1; `'date'`: ISO 8601 dates as days since 1970. Found out by
   * default, where that leaves no doubt.
   */
  readonly type?: ColumnEncoding['type']
  /** What becomes of empty cells; as `missing` of the table by default. */
  readonly missing?: Missing
  /** What becomes of categories that the training data did not have; as `unknown` of the table by default. */
  readonly unknown?: 'error' | 'ignore' | 'other'
  /** What stands in front of decimals; found out by default. */
  readonly decimal?: NumberFormat['decimal']
  /** What parts groups of three digits, `''` for nothing; found out by default. */
  readonly thousands?: NumberFormat['thousands']
}

/** Options of everything that reads a table. */
export interface TableOptions {
  /** The column, or columns, to predict; a number counts columns from 0. Not needed with `like`. */
  readonly target?: string | number | readonly (string | number)[]
  /** The columns to predict from; by default all but the target, and but those that have neither a name nor a value. */
  readonly features?: readonly string[]
  /** Columns of classes, to be one-hot encoded although they hold numbers, or although they are features. */
  readonly categorical?: readonly string[]
  /** How single columns are read; `false` leaves a column out. */
  readonly columns?: Readonly<Record<string, ColumnOptions | false>>
  /**
   * What becomes of features that hold text and are not listed: `'error'` (the default) names them, `'category'` takes all of
   * them as categories, `'ignore'` leaves all of them out.
   */
  readonly text?: 'error' | 'category' | 'ignore'
  /**
   * What becomes of empty cells, where `columns` does not say: `'error'` by default. With `'mean'` and `'median'`, the empty cells of a
   * category are a category of their own. Targets are never filled.
   */
  readonly missing?: Missing
  /** Texts that stand for an empty cell, besides the empty one; by default NA, N/A, #N/A, NaN, nan, null, NULL and #NULL!. */
  readonly missingValues?: readonly string[]
  /** What becomes of categories that the training data did not have; `'error'` by default. */
  readonly unknown?: 'error' | 'ignore' | 'other'
  /** Reads as these data were read: the same columns, by name, the same categories, fills and standardization. */
  readonly like?: Dataset | Encoder
  /** A bound on what is read into memory; 1,000,000 rows by default. */
  readonly maxRows?: number
}

export const TABLE_OPTIONS = [
  'target',
  'features',
  'categorical',
  'columns',
  'text',
  'missing',
  'missingValues',
  'unknown',
  'like',
  'maxRows',
]

export const MISSING_VALUES = ['NA', 'N/A', '#N/A', 'NaN', 'nan', 'null', 'NULL', '#NULL!']

const UNKNOWN = ['error', 'ignore', 'other'] as const
const POLICIES = ['error', 'drop', 'mean', 'median', 'mode', 'category'] as const

/** @throws GradstreamError `INVALID_OPTION` */
export function checkTableOptions(
  options: TableOptions,
  place: string,
  further: readonly string[] = [],
): void {
  const {
    target,
    like,
    features = [],
    categorical = [],
    columns = {},
    text = 'error',
    missing = 'error',
  } = options
  const { missingValues = [], unknown = 'error', maxRows = 1 } = options
  checkedAt(place, 'INVALID_OPTION', () => {
    check.knownOptions(options, [...TABLE_OPTIONS, ...further])
    for (const column of [target].flat()) {
      if (typeof column === 'number') check.integer({ target: column })
      else if (column !== undefined || like === undefined) check.text({ target: column as string })
    }
    for (const [name, list] of Object.entries({ features, categorical, missingValues })) {
      if (!Array.isArray(list) || list.some(each => typeof each !== 'string')) {
        throw invalid(place, `${name} to be a list of texts`, show(list))
      }
    }
    check.oneOf({ text }, ['error', 'category', 'ignore'])
    check.oneOf({ unknown }, UNKNOWN)
    check.positiveInteger({ maxRows })
    checkMissing(missing, place)
    if (!isRecord(columns))
      throw invalid(place, 'columns to be an object with an entry for each column', show(columns))
    for (const [name, column] of Object.entries(columns)) {
      if (column === false) continue
      const own = `${place}, columns, "${name}"`
      if (!isRecord(column))
        throw invalid(own, 'false, or options such as { missing: "median" }', show(column))
      const {
        type = 'number',
        missing: policy = 'error',
        unknown: strange = 'error',
      } = column as ColumnOptions
      const { decimal = '.', thousands = '' } = column as ColumnOptions
      check.knownOptions(column, ['type', 'missing', 'unknown', 'decimal', 'thousands'])
      check.oneOf({ type }, ['number', 'category', 'binary', 'date'])
      check.oneOf({ unknown: strange }, UNKNOWN)
      checkNumberFormat(decimal, thousands)
      checkMissing(policy, own)
    }
  })
}

export function checkNumberFormat(decimal: string, thousands: string): void {
  check.oneOf({ decimal }, ['.', ','])
  check.oneOf({ thousands }, ['', ',', '.', ' ', "'"])
}

function checkMissing(missing: unknown, place: string): void {
  if (typeof missing === 'number' && Number.isFinite(missing)) return
  if ((POLICIES as readonly unknown[]).includes(missing)) return
  throw invalid(place, `missing to be one of ${POLICIES.join(', ')} or a number`, show(missing))
}

const invalid = (place: string, expected: string, got: string) =>
  new GradstreamError('INVALID_OPTION', { place, expected, got })
