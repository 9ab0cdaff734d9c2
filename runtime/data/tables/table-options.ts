/** The options of a table: columns, missing cells, categories. */
import { attempt, CheckFailed, check, checkedAt, recordOf, show } from '../../../core/index.ts'
import { Dataset } from '../dataset.ts'
import { type ColumnEncoding, checkedEncoder, type Encoder } from './encoder.ts'
import type { NumberFormat } from './number-format.ts'

/**
 * What becomes of an empty cell. `'error'`: it is an error. `'drop'`: its row is dropped. `'mean'`,
 * `'median'`, `'mode'` (the most frequent value): it gets that statistic of the training part, even if the
 * data is split later. `'category'`: it counts as a separate category. A number: it gets that number.
 */
export type Missing = 'error' | 'drop' | 'mean' | 'median' | 'mode' | 'category' | number

/** How one column is read. */
export interface ColumnOptions {
  /**
   * `'number'`; `'category'`: one-hot; `'index'`: the number of the category, from 0, for `embedding` and for losses that take
   * class numbers; `'binary'`: two categories as 0 and 1; `'date'`: ISO 8601 dates as days since 1970. Detected by default, if
   * unambiguous.
   */
  readonly type?: ColumnEncoding['type']
  /** What becomes of empty cells; by default as in `missing` of the table. */
  readonly missing?: Missing
  /** What becomes of categories that are not in the training data; by default as in `unknown` of the table. */
  readonly unknown?: 'error' | 'ignore' | 'other'
  /** The decimal character; detected by default. */
  readonly decimal?: NumberFormat['decimal']
  /** The thousands separator, `''` for none; detected by default. */
  readonly thousands?: NumberFormat['thousands']
}

/** Options of everything that reads a table. */
export interface TableOptions {
  /**
   * The column or columns to predict; a number counts columns from 0. There is no default: it is required,
   * except with `like`.
   */
  readonly target?: string | number | readonly (string | number)[]
  /** The columns to predict from; by default all but the target and columns with neither a name nor a value. */
  readonly features?: readonly string[]
  /**
   * Columns to one-hot encode, even if they hold numbers or are features; none by default, except text
   * targets.
   */
  readonly categorical?: readonly string[]
  /** How to read single columns; `false` leaves a column out. By default as the other options say. */
  readonly columns?: Readonly<Record<string, ColumnOptions | false>>
  /**
   * What becomes of text features that no option lists: `'error'` (the default) names them, `'category'`
   * reads all of them as categories, `'ignore'` leaves all of them out.
   */
  readonly text?: 'error' | 'category' | 'ignore'
  /**
   * What becomes of empty cells, unless `columns` decides: `'error'` by default. With `'mean'` and
   * `'median'`, empty cells of a category column count as a separate category. Targets are never filled.
   */
  readonly missing?: Missing
  /**
   * Strings that mean an empty cell, besides the empty string; by default NA, N/A, #N/A, NaN, nan, null, NULL
   * and #NULL!.
   */
  readonly missingValues?: readonly string[]
  /** What becomes of categories that are not in the training data; `'error'` by default. */
  readonly unknown?: 'error' | 'ignore' | 'other'
  /**
   * Reads the table like this data: the same columns by name, the same categories, fills and standardization.
   * By default the table is read on its own.
   */
  readonly like?: Dataset | Encoder
  /** The most rows to read into memory; 1,000,000 by default. */
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

/** Checked options, with `like` replaced by its encoder. */
export type Read<T extends TableOptions> = Omit<T, 'like'> & { readonly like?: Encoder }

/** The encoder of a data set, or an encoder itself, perhaps from JSON. */
function encoderOf(like: Dataset | Encoder, place: string): Encoder {
  const encoder = attempt(() => like instanceof Dataset) ? (like as Dataset).encoder : like
  return checkedEncoder(encoder, `${place}: like`)
}

/**
 * Reads the options of a table once and checks them. `further` names those that only this kind of table has.
 *
 * @throws GradstreamError `INVALID_OPTION`
 */
export function checkedTableOptions<T extends TableOptions>(
  options: T,
  place: string,
  further: readonly string[] = [],
): Read<T> {
  return checkedAt(place, 'INVALID_OPTION', () => {
    const checked = check.options(options, [...TABLE_OPTIONS, ...further])
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
    } = checked
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
      ...checked,
      ...(checked.columns && { columns: recordOf(own) }),
      ...(like !== undefined && { like: encoderOf(like, place) }),
    }
  })
}

function checkTarget(target: TableOptions['target']): void {
  if (target === undefined) {
    throw new CheckFailed('target to be a column to predict', 'nothing', {
      hint: "Pass its name: { target: 'price' }.",
    })
  }
  const list = typeof target === 'string' || typeof target === 'number' ? [target] : target
  for (const column of check.list(
    { target: list as readonly (string | number)[] },
    "of columns, such as ['price']",
  )) {
    if (typeof column === 'number') check.nonNegativeInteger({ target: column })
    else check.text({ target: column })
  }
}

function checkedColumn(given: ColumnOptions | false, column: string): ColumnOptions | false {
  if (given === false) return false
  return checkedAt(`columns, "${column}"`, 'INVALID_OPTION', () => {
    const options = check.options(given, ['type', 'missing', 'unknown', 'decimal', 'thousands'])
    const { type, missing, unknown, decimal = '.', thousands = '' } = options
    if (type !== undefined) check.oneOf({ type }, ['number', 'category', 'index', 'binary', 'date'])
    if (unknown !== undefined) check.oneOf({ unknown }, type === 'index' ? ['error', 'other'] : UNKNOWN)
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
