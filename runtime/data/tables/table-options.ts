/** What is asked of a table: columns, missing cells, categories. */
import { attempt, CheckFailed, check, checkedAt, recordOf, show } from '../../../core/index.ts'
import { Dataset } from '../dataset.ts'
import { type ColumnEncoding, checkedEncoder, type Encoder } from './encoder.ts'
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
  /** The column, or columns, to predict; a number counts columns from 0. It has no default, and is not needed with `like`. */
  readonly target?: string | number | readonly (string | number)[]
  /** The columns to predict from; by default all but the target, and but those that have neither a name nor a value. */
  readonly features?: readonly string[]
  /**
   * Columns of classes, to be one-hot encoded although they hold numbers, or although they are features; none by
   * default, apart from targets that hold text.
   */
  readonly categorical?: readonly string[]
  /** How single columns are read; `false` leaves a column out. By default as the other options say. */
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
  /**
   * Reads as these data were read: the same columns, by name, the same categories, fills and standardization. By default
   * what columns mean is found out anew.
   */
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

/** Options that were read: of what they are to be like, the encoder is there. */
export type Read<T extends TableOptions> = Omit<T, 'like'> & { readonly like?: Encoder }

/** Of a data set, or of what was one, also through JSON. */
function encoderOf(like: Dataset | Encoder, place: string): Encoder {
  const encoder = attempt(() => like instanceof Dataset) ? (like as Dataset).encoder : like
  return checkedEncoder(encoder, `${place}: like`)
}

/**
 * The options of a table, read once and checked. `further` are those that only one kind of table has.
 *
 * @throws GradstreamError `INVALID_OPTION`
 */
export function checkedTableOptions<T extends TableOptions>(
  given: T,
  place: string,
  further: readonly string[] = [],
): Read<T> {
  return checkedAt(place, 'INVALID_OPTION', () => {
    const options = check.options(given, [...TABLE_OPTIONS, ...further])
    const {
      target,
      like,
      features,
      categorical,
      columns = {},
      text,
      missing,
      missingValues,
      unknown,
      maxRows,
    } = options
    if (target !== undefined || like === undefined) checkTarget(target)
    for (const [name, list] of Object.entries({ features, categorical, missingValues })) {
      if (list !== undefined) check.texts({ [name]: list })
    }
    if (text !== undefined) check.oneOf({ text }, ['error', 'category', 'ignore'])
    if (unknown !== undefined) check.oneOf({ unknown }, UNKNOWN)
    if (maxRows !== undefined) check.positiveInteger({ maxRows })
    if (missing !== undefined) checkMissing(missing)
    const own = check
      .byName({ columns })
      .map(([name, column]) => [name, checkedColumn(column, name)] as const)
    return {
      ...options,
      ...(options.columns && { columns: recordOf(own) }),
      ...(like !== undefined && { like: encoderOf(like, place) }),
    }
  })
}

function checkTarget(target: TableOptions['target']): void {
  const list = typeof target === 'string' || typeof target === 'number' ? [target] : target
  for (const column of check.list({ target: list as readonly (string | number)[] }, 'of columns')) {
    if (typeof column === 'number') check.nonNegativeInteger({ target: column })
    else check.text({ target: column })
  }
}

function checkedColumn(given: ColumnOptions | false, column: string): ColumnOptions | false {
  if (given === false) return false
  return checkedAt(`columns, "${column}"`, 'INVALID_OPTION', () => {
    const options = check.options(given, ['type', 'missing', 'unknown', 'decimal', 'thousands'])
    const { type, missing, unknown, decimal = '.', thousands = '' } = options
    if (type !== undefined) check.oneOf({ type }, ['number', 'category', 'binary', 'date'])
    if (unknown !== undefined) check.oneOf({ unknown }, UNKNOWN)
    if (missing !== undefined) checkMissing(missing)
    checkNumberFormat(decimal, thousands)
    return options
  })
}

export function checkNumberFormat(decimal: string, thousands: string): void {
  check.oneOf({ decimal }, ['.', ','])
  check.oneOf({ thousands }, ['', ',', '.', ' ', "'"])
}

function checkMissing(missing: Missing): void {
  if (typeof missing === 'number' && Number.isFinite(missing)) return
  if ((POLICIES as readonly unknown[]).includes(missing)) return
  throw new CheckFailed(`missing to be a number, or one of ${POLICIES.join(', ')}`, show(missing))
}
