/** Chooses the features and targets among the columns of a table. */
import { didYouMeanName, GradstreamError, listOf, show } from '../../../core/index.ts'
import type { Use } from './column-plan.ts'
import type { ColumnEncoding, Encoder } from './encoder.ts'
import type { ColumnOptions, Read, TableOptions } from './table-options.ts'

export interface Choice {
  readonly uses: readonly Use[]
  /** The names of unused columns. */
  readonly leftOut: readonly string[]
  readonly guesses: readonly string[]
}

/**
 * Chooses columns by the options, or by the encoder passed as `like`.
 *
 * @throws GradstreamError `UNKNOWN_NAME`, `DATA_AMBIGUOUS`, `DATA_MISMATCH`, `INVALID_OPTION`
 */
export const chosenColumns = (
  names: readonly string[],
  options: Read<TableOptions>,
  place: string,
): Choice => (options.like ? usesLike(options.like, names, options, place) : usesOf(names, options, place))

function usesOf(names: readonly string[], options: Read<TableOptions>, place: string): Choice {
  const { target, features, categorical = [], columns = {}, missing = 'error' } = options
  const nameAt = (column: string | number) => {
    if (typeof column === 'string') return column
    const name = names[column]
    if (name !== undefined) return name
    throw new GradstreamError('UNKNOWN_NAME', {
      place,
      expected: `a column from 0 to ${names.length - 1}`,
      got: String(column),
    })
  }
  const targets = [target ?? []].flat().map(nameAt)
  const isLeftOut = (name: string) => columns[name] === false
  const inputs = features ?? names.filter(name => name !== '' && !targets.includes(name) && !isLeftOut(name))
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  names.forEach((name, index) => {
    if (places.has(name)) repeated.add(name)
    else places.set(name, index)
  })
  const asked = [...inputs, ...targets]
  for (const name of [...asked, ...categorical, ...Object.keys(columns)]) {
    if (!places.has(name)) {
      throw new GradstreamError('UNKNOWN_NAME', {
        place,
        expected: `one of the columns ${listOf(names.filter(each => each !== ''))}`,
        got: show(name),
        ...didYouMeanName(name, names),
        ...(names.every(each => /^x\d+$/.test(each)) && {
          hint: 'The table has no header: its columns are x1, x2, and so on.',
        }),
      })
    }
    if (repeated.has(name) && (features !== undefined || name !== '')) {
      throw new GradstreamError('DATA_AMBIGUOUS', {
        place,
        expected: 'the name of one column',
        got: `${show(name)}, the name of ${names.filter(each => each === name).length} columns`,
        hint: 'Name the columns that you need as features, or rename one of them in the file.',
      })
    }
  }
  if (inputs.length === 0 || targets.length === 0) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'at least one column to predict from, and one to predict',
      got: `${inputs.length} and ${targets.length}`,
      hint: `Choose the target and the features from ${listOf(names)}.`,
    })
  }
  const both = inputs.find(name => targets.includes(name))
  if (both !== undefined) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: 'features other than the target',
      got: show(both),
      hint: `Leave ${show(both)} out of the features: a network that sees the target learns nothing else.`,
    })
  }
  const used = new Set(asked)
  const leftOut = names.filter(name => name !== '' && !used.has(name))
  const use = (name: string, isTarget: boolean): Use => {
    const own = columns[name]
    const chosen: ColumnOptions = own === undefined || own === false ? {} : own
    const unknown = chosen.unknown ?? options.unknown
    return {
      name,
      index: places.get(name) as number,
      isTarget,
      options: { ...chosen, ...(unknown !== undefined && !isTarget && { unknown }) },
      missing: chosen.missing ?? missing,
    }
  }
  const uses = [...inputs.map(name => use(name, false)), ...targets.map(name => use(name, true))]
  const guesses = features === undefined && names.includes('') ? ['columns without a name are left out'] : []
  return { uses, leftOut, guesses }
}

/**
 * Chooses columns by name, in the order of the training data. The target may be missing: prediction does not
 * need it.
 */
function usesLike(
  { features, targets }: Encoder,
  names: readonly string[],
  { unknown, missing }: Read<TableOptions>,
  place: string,
): Choice {
  const places = new Map(names.map((name, index) => [name, index]))
  const has = (encoding: ColumnEncoding) => places.has(encoding.column)
  const absent = features.filter(encoding => !has(encoding))
  if (absent.length > 0) {
    throw new GradstreamError('DATA_MISMATCH', {
      place,
      expected: `the columns ${listOf(features.map(({ column }) => column))} of the training data`,
      got: `none called ${listOf(absent.map(({ column }) => column))}`,
      hint: `This table has ${listOf(names)}.`,
    })
  }
  const known = targets.every(has) ? targets : []
  const used = new Set([...features, ...known].map(({ column }) => column))
  if (unknown === 'other' && features.some(each => each.categories && each.unknown !== 'other')) {
    throw new GradstreamError('INVALID_OPTION', {
      place,
      expected: "unknown: 'ignore' or 'error', because the training data has no entry for other categories",
      got: "'other'",
      hint: "Read the training data with unknown: 'other'.",
    })
  }
  const leftOut = names.filter(name => name !== '' && !used.has(name))
  const use = (encoding: ColumnEncoding, isTarget: boolean): Use => ({
    name: encoding.column,
    index: places.get(encoding.column) as number,
    isTarget,
    options: {},
    missing: missing === 'drop' ? 'drop' : 'error',
    known: unknown === 'ignore' && encoding.unknown !== 'other' ? { ...encoding, unknown } : encoding,
  })
  return {
    uses: [...features.map(each => use(each, false)), ...known.map(each => use(each, true))],
    leftOut,
    guesses: [],
  }
}
