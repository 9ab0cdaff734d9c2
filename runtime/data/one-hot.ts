/** `oneHot`: encodes labels as rows of zeros with a single one. */
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  didYouMeanName,
  GradstreamError,
  isNumbers,
  listOf,
  show,
  type TypedArray,
} from '../../core/index.ts'

export type Label = string | number

export interface OneHotOptions<L extends Label = Label> {
  /**
   * The classes, in the order of the columns. By default all labels that occur: numbers by value, then
   * strings in alphabetical order. Pass the classes of the training data to encode other labels the same way.
   */
  readonly classes?: readonly L[]
}

/** Labels as numbers: a row for each label, a column for each class. */
export interface OneHot<L extends Label = Label> {
  readonly shape: readonly [labels: number, classes: number]
  readonly data: Float32Array
  readonly classes: readonly L[]
}

/**
 * Encodes labels for `fromArrays`: 1 in the column of its class, 0 elsewhere.
 *
 * @throws GradstreamError `INVALID_OPTION`, `DATA_EMPTY`, `UNKNOWN_NAME` for a label that is not among `classes`
 * @example
 *   const target = oneHot(['cat', 'dog', 'cat'])
 *   target.classes // ['cat', 'dog']
 *   fromArrays({ x, target })
 */
export function oneHot<const L extends Label = Label>(
  labels: readonly L[] | TypedArray,
  options: OneHotOptions<L> = {},
): OneHot<L> {
  const given = checkedAt('oneHot', 'INVALID_OPTION', () => labelsOf(labels))
  if (given.length === 0)
    throw new GradstreamError('DATA_EMPTY', { place: 'oneHot', expected: 'at least one label', got: 'none' })
  const { classes = inOrder(given) } = checkedAt('oneHot', 'INVALID_OPTION', () => {
    const own = check.options(options, ['classes'])
    if (own.classes !== undefined) demandClasses(own.classes)
    return own
  })
  const places = new Map<Label, number>(classes.map((label, place) => [label, place]))
  const width = classes.length
  const data = new Float32Array(given.length * width)
  given.forEach((label, row) => {
    const place = places.get(label)
    if (place === undefined) throw unknownLabel(label, row, classes)
    data[row * width + place] = 1
  })
  return { shape: [given.length, width], data, classes: [...classes] as L[] }
}

/** Checks that the labels are a list of strings or numbers. */
function labelsOf(labels: unknown): readonly Label[] {
  const list = Array.isArray(labels) ? labels : isNumbers(labels) ? Array.from(labels) : undefined
  if (list === undefined) {
    const hint = attempt(() =>
      typeof labels === 'string' ? `Pass a list: oneHot([${show(labels)}]).` : undefined,
    )
    throw new CheckFailed('a list of labels, strings or numbers', show(labels), { ...(hint && { hint }) })
  }
  const odd = Array.from(list).findIndex(label => !isLabel(label))
  if (odd < 0) return list
  const got = list[odd]
  const hint = Array.isArray(got)
    ? 'Pass a plain list, one label for each sample.'
    : 'Pass a string or a finite number for each sample.'
  throw new CheckFailed('labels that are strings or numbers', `${show(got)} as label ${odd}`, { hint })
}

const isLabel = (label: unknown): label is Label =>
  typeof label === 'string' || (typeof label === 'number' && Number.isFinite(label))

/** Numbers by value, then strings by their characters. */
function inOrder(labels: readonly Label[]): readonly Label[] {
  const different = [...new Set(labels)]
  const numbers = different.filter(label => typeof label === 'number').sort((a, b) => a - b)
  const texts = different.filter(label => typeof label === 'string')
  const areNumbers = texts.every(label => label.trim() !== '' && Number.isFinite(Number(label)))
  return [...numbers, ...(areNumbers ? texts.sort((a, b) => Number(a) - Number(b)) : texts.sort())]
}

function demandClasses(classes: readonly unknown[]): void {
  const expected = 'of different labels, strings or numbers'
  check.list({ classes }, expected, isLabel)
  if (classes.length > 0 && new Set(classes).size === classes.length) return
  throw new CheckFailed(
    `classes to be a list ${expected}`,
    classes.length === 0 ? 'an empty one' : show(classes),
  )
}

function unknownLabel(label: Label, row: number, classes: readonly Label[]): GradstreamError {
  const texts = classes.map(String)
  const other = classes.find(name => String(name) === String(label))
  const hint =
    other === undefined ? {} : { hint: `The class is ${kindOf(other)}, the label ${kindOf(label)}.` }
  return new GradstreamError('UNKNOWN_NAME', {
    place: `oneHot: label ${row}`,
    expected: `one of the classes ${listOf(texts)}`,
    got: show(label),
    ...didYouMeanName(label, texts),
    ...hint,
  })
}

const kindOf = (label: Label) =>
  typeof label === 'string' ? `the text ${show(label)}` : `the number ${label}`
