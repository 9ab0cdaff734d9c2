/** Says how to write targets so that a loss accepts them, with code to paste. */
import { type Expectation, type Interval, isWholeNumbers, type Shape } from '../../../core/index.ts'
import type { Misfit, Traits } from './misfit.ts'

export interface Target {
  readonly column: string
  /** Its name in the file, if it comes from one. */
  readonly label: string | undefined
  /** The shape of one sample. */
  readonly sample: Shape
  readonly traits: Traits
  readonly misfit: Misfit
}

const digits = (value: number): number => Number(value.toPrecision(6))

/** `2, in a column with the values 1 and 2`, `a row that sums to 3, in a column with values from 0 to 17`. */
export function showMisfit({
  traits: { values, minimum, maximum },
  misfit: { value, isSum },
}: Target): string {
  const what = isSum ? `a row that sums to ${digits(value)}` : String(digits(value))
  const shown = values?.map(digits)
  const of =
    shown && shown.length <= 5
      ? shown.length > 1
        ? `the values ${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
        : `the single value ${shown[0]}`
      : `values from ${digits(minimum)} to ${digits(maximum)}`
  return `${what}, in a column with ${of}`
}

/** Code that applies an expression in `t` to each number of a column. */
function mapped({ column, sample }: Target, expression: string): string {
  const width = sample.at(-1)
  if (sample.length > 1) return `t => ${expression} for each of its numbers`
  if (sample.length === 1 && width === 1) return `${column}: ${column}.map(([t]) => [${expression}])`
  const each = expression.includes('?') ? `t => (${expression})` : `t => ${expression}`
  return sample.length === 0
    ? `${column}: ${column}.map(${each})`
    : `${column}: ${column}.map(row => row.map(${each}))`
}

const quoted = (name: string): string => (/['\\]/.test(name) ? JSON.stringify(name) : `'${name}'`)

/** The option that reads a column of a table as one-hot rows. */
export const asCategory = (label: string): string =>
  `csv(path, { target: ${quoted(label)}, categorical: [${quoted(label)}] })`

/** Advice to use one unit per class. */
function asClasses({ column, label, sample, traits }: Target, count: number): string {
  const rows =
    label === undefined
      ? `write it one-hot, ${oneHot(column, sample, count, traits)}`
      : `read it as classes, ${asCategory(label)}`
  return `${rows}, and end the network with dense({ units: ${count} }), softmax() and categoricalCrossentropy()`
}

/** Advice for a loss that expects probabilities, a distribution, or numbers in an interval. */
export function wayOut(target: Target, expectation: Expectation): string {
  if (expectation === 'distribution') return toRows(target)
  if (isWholeNumbers(expectation)) return toIndices(target, expectation.whole)
  if (expectation !== 'probabilities') return 'Use a loss that accepts such targets, or scale them.'
  const { sample, traits, label } = target
  const { values, minimum, maximum, isWhole } = traits
  const isSingle = (sample.at(-1) ?? 1) === 1
  if (values?.length === 2) {
    if (isSingle && label !== undefined) {
      const name = quoted(label)
      return `Read the two values as 0 and 1: csv(path, { target: ${name}, columns: { ${name}: { type: 'binary' } } }).`
    }
    return `Write the two values as 0 and 1: ${mapped(target, `t === ${values[1]} ? 1 : 0`)}.`
  }
  if (isSingle && isWhole && values && values.length > 2 && values.length <= 20)
    return `For one class among ${values.length}, ${asClasses(target, values.length)}.`
  if (minimum >= 0)
    return `Scale them: ${mapped(target, `t / ${digits(maximum)}`)}; or use meanSquaredError() for numbers that are not probabilities.`
  return 'Use meanSquaredError() for numbers that are not probabilities.'
}

/** Advice for indices. */
function toIndices(target: Target, [from, to]: Interval): string {
  const { minimum, maximum, isWhole } = target.traits
  if (!isWhole) return 'Indices are whole numbers: number the categories 0, 1, 2, ..., and do not scale them.'
  if (minimum === from + 1 && maximum <= to + 1) return `Count from ${from}: ${mapped(target, 't - 1')}.`
  return `Make room for ${maximum + 1} indices, or number them from ${from} to ${to}.`
}

function toRows(target: Target): string {
  const { column, sample, traits, misfit } = target
  const { values, minimum, maximum } = traits
  const [low, high] = values ?? []
  if (misfit.isSum && low === 0 && high === 1 && values?.length === 2)
    return 'Use sigmoid() and binaryCrossentropy() for several labels per sample, or keep a single 1 in each row.'
  if (values?.length === 2 && (minimum < 0 || maximum > 1))
    return `Write a 1 for the class and 0 for the others: ${mapped(target, `t === ${high} ? 1 : 0`)}.`
  if (minimum >= 0 && sample.length === 1) {
    return `Divide each row by its sum: ${column}: ${column}.map(row => row.map(t => t / row.reduce((a, b) => a + b))).`
  }
  return 'In each row, put a 1 for its class and 0 for the others.'
}

/** Code that turns a column of class numbers into one-hot rows. */
export function oneHot(column: string, sample: Shape, count: number, traits?: Traits): string {
  const { values = [] } = traits ?? {}
  const fromZero = values.every(value => Number.isInteger(value) && value >= 0 && value < count)
  const row =
    fromZero || values.length !== count
      ? `Array.from({ length: ${count} }, (_, c) => (c === t ? 1 : 0))`
      : `[${values.join(', ')}].map(c => (c === t ? 1 : 0))`
  return `${column}: ${column}.map(${sample.length === 0 ? 't' : '([t])'} => ${row})`
}
