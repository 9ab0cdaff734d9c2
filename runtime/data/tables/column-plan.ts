/** Decides the type of a column from its first cells and the options. */
import { GradstreamError, listOf, show } from '../../../core/index.ts'
import { type ColumnEncoding, isMissing } from './encoder.ts'
import {
  formatsOf,
  formatText,
  type GivenFormat,
  isDateLike,
  type NumberFormat,
  plainNumber,
} from './number-format.ts'
import type { ColumnOptions, Missing } from './table-options.ts'

/** A column in use. */
export interface Use {
  readonly name: string
  /** Its index in a row. */
  readonly index: number
  readonly isTarget: boolean
  readonly options: ColumnOptions
  readonly missing: Missing
  /** Its encoding in the training data, with `like`. */
  readonly known?: ColumnEncoding | undefined
}

/** One of the first cells, with its line. */
export interface Sampled {
  readonly cell: unknown
  readonly line: number
}

/** What is known of the numbers of a file. */
export interface FileNumbers {
  readonly decimal: NumberFormat['decimal'] | undefined
  /** Whether a point may group thousands, as far as the other columns show. */
  readonly pointsMayGroup: boolean
}

/** How to read a column. */
export interface Plan {
  readonly use: Use
  readonly encoding: ColumnEncoding
  /** What was detected rather than given, in words. */
  readonly guess?: string
}

/** What the non-missing cells of a column look like. */
export interface Look {
  readonly use: Use
  readonly cells: readonly Sampled[]
  readonly kind: 'empty' | 'plain' | 'written' | 'date' | 'text' | 'mixed'
  /** The formats that its numbers may have. */
  readonly formats: readonly NumberFormat[]
  /** Whether a point in it cannot group thousands. */
  readonly hasDecimalPoint: boolean
}

/** How many strings of a column to inspect. */
const LOOKED_AT = 1000

const GROUPED = /^[+-]?\d{1,3}(\.\d{3})*$/

export function lookAt(
  use: Use,
  all: readonly Sampled[],
  words: ReadonlySet<string>,
  given: GivenFormat,
): Look {
  const cells = all.filter(({ cell }) => !isMissing(cell, words))
  const texts = [...new Set(cells.map(({ cell }) => cell))]
    .filter(cell => typeof cell === 'string')
    .slice(0, LOOKED_AT)
  const hasOthers = cells.some(({ cell }) => typeof cell !== 'string')
  const own: GivenFormat = {
    decimal: use.options.decimal ?? given.decimal,
    thousands: use.options.thousands ?? given.thousands,
  }
  const asked = own.decimal === ',' || (own.thousands ?? '') !== ''
  const isPlain = (text: string) => !Number.isNaN(plainNumber(text))
  const look = (kind: Look['kind'], formats: readonly NumberFormat[] = []): Look => ({
    use,
    cells,
    kind,
    formats,
    hasDecimalPoint: kind === 'plain' && formats.length === 0 && texts.some(text => text.includes('.')),
  })
  if (cells.length === 0) return look('empty')
  if (hasOthers) {
    const isDate = cells.every(({ cell }) => cell instanceof Date)
    if (isDate) return look('date')
    return look(texts.length === 0 ? 'plain' : 'mixed')
  }
  if (!asked && texts.every(isPlain)) {
    // `1.234` can mean 1234 in a file with decimal commas.
    const mayBeGrouped = texts.some(text => text.includes('.')) && texts.every(text => GROUPED.test(text))
    return look('plain', mayBeGrouped ? formatsOf(texts, own) : [])
  }
  const formats = formatsOf(texts, own)
  if (formats.length > 0) return look('written', formats)
  if (texts.every(isDateLike)) return look('date')
  // A few numbers among words make a text column; a few words among numbers are cells to clean.
  const written = texts.filter(text => isPlain(text) || formatsOf([text], own).length > 0)
  if (written.length * 2 < texts.length) return look('text')
  return look('mixed', formatsOf(written, own))
}

/** The decimal character of a file, if some column is unambiguous and none contradicts it. */
export function decimalOf(looks: readonly Look[]): NumberFormat['decimal'] | undefined {
  const certain = new Set(
    looks
      .filter(({ formats }) => formats.length === 1)
      .flatMap(({ formats: [format] }) => {
        const text = format as NumberFormat
        return text.decimal === ',' || text.thousands !== '' ? [text.decimal] : []
      }),
  )
  return certain.size === 1 ? [...certain][0] : undefined
}

/**
 * Decides how to read a column.
 * @throws GradstreamError `DATA_AMBIGUOUS` if there is more than one way, `DATA_NOT_FINITE` for strings among
 *   numbers
 */
export function planOf(look: Look, categorical: boolean, numbers: FileNumbers, place: string): Plan {
  const { use, cells, kind } = look
  const { name, options, isTarget } = use
  const unknown = options.unknown
  const category = { column: name, type: 'category', ...(unknown && { unknown }) } as const
  const type = options.type ?? (categorical ? 'category' : undefined)
  if (type === 'category') return { use, encoding: category }
  if (type === 'index') return { use, encoding: { ...category, type } }
  if (type === 'binary') return { use, encoding: { column: name, type } }
  const first = cells[0]
  const at = `${place}, line ${first?.line}, column "${name}"`
  if (type === 'date') return { use, encoding: { column: name, type } }
  if (kind === 'date') {
    if (first?.cell instanceof Date) {
      return { use, encoding: { column: name, type: 'date' }, guess: `"${name}" has dates: days since 1970` }
    }
    throw new GradstreamError('DATA_AMBIGUOUS', {
      place: at,
      expected: 'a number',
      got: `the date ${show(first?.cell)}`,
      hint:
        `Read ISO dates (2024-01-31) as days since 1970: { columns: { ${JSON.stringify(name)}: { type: 'date' } } }, ` +
        `or leave the column out: { columns: { ${JSON.stringify(name)}: false } }.`,
    })
  }
  if (kind === 'text' && isTarget && type === undefined)
    return { use, encoding: category, guess: `"${name}" has classes` }
  if (kind === 'text' && use.missing === 'category') return { use, encoding: category }
  const format = formatOf(look, numbers, at)
  const encoding = { column: name, type: 'number', ...(format && { format }) } as const
  const words = format ? formatText(format) : pointText(look)
  return { use, encoding, ...(words && { guess: `"${name}" has numbers: ${words}` }) }
}

/** What was decided about points if each of them might group thousands: in `1.500`, say. */
function pointText({ kind, formats, cells }: Look): string | undefined {
  if (kind !== 'plain' || formats.length < 2) return undefined
  const { cell } = cells.find(({ cell: each }) => String(each).includes('.')) ?? {}
  return `the point in ${cell} is a decimal point`
}

/** The format of the numbers of a column; undefined for plain ones. */
function formatOf({ kind, formats, cells, use }: Look, { decimal, pointsMayGroup }: FileNumbers, at: string) {
  const isDoubtful = decimal === undefined && pointsMayGroup
  if (kind === 'plain' && !isDoubtful && (decimal !== ',' || !formats.some(format => format.decimal === ',')))
    return undefined
  const fitting =
    formats.length > 1 && decimal !== undefined
      ? formats.filter(format => format.decimal === decimal)
      : formats
  const [format, other] = fitting
  if (format === undefined) return undefined
  if (other === undefined) return format
  const column = JSON.stringify(use.name)
  const { cell } = cells.find(({ cell: each }) => typeof each === 'string' && /[.,]/.test(each)) ?? {
    cell: undefined,
  }
  const mark = String(cell).includes(',') ? ',' : '.'
  throw new GradstreamError('DATA_AMBIGUOUS', {
    place: at,
    expected: 'one way to read the numbers',
    got: `${show(cell)}, which may contain a thousands separator or a decimal ${mark === ',' ? 'comma' : 'point'}`,
    hint: `Choose one: { columns: { ${column}: { thousands: '${mark}' } } }, or { columns: { ${column}: { decimal: '${mark}' } } }.`,
  })
}

/** One error for all text features that no option covers. */
export function textError(looks: readonly Look[], place: string): GradstreamError {
  const [{ use, cells }] = looks as [Look]
  const names = looks.map(({ use: { name } }) => name)
  const list = names.map(name => JSON.stringify(name)).join(', ')
  const more = looks.length === 1 ? '' : ` (columns with text: ${listOf(names)})`
  return new GradstreamError('DATA_NOT_FINITE', {
    place: `${place}, line ${cells[0]?.line}, column "${use.name}"`,
    expected: 'a number',
    got: `${show(cells[0]?.cell)}${more}`,
    hint:
      `Read such columns as categories: { categorical: [${list}] }, or all text at once: { text: 'category' }. ` +
      `Or leave a column out: { columns: { ${JSON.stringify(use.name)}: false } }.`,
  })
}
