/** Axes for parallel coordinates: where a value of a run is on the axis of a column. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import type { Column, Value } from './columns.ts'
import type { Part } from './search.ts'

export interface Axis {
  readonly column: Column
  readonly kind: 'linear' | 'log' | 'names'
  /** What is written along it: the ends and what is between them, or each name. */
  readonly marks: readonly { readonly text: string; readonly place: number }[]
  /** From 0 at the bottom to 1 at the top; undefined where a run has nothing there. */
  placeOf(row: RunRow): number | undefined
  /** What a stretch of it is in the search. */
  partOf(from: number, to: number): Part
  /** Where a part is; undefined for one that is nowhere on it. */
  stretchOf(part: Part): readonly [number, number] | undefined
}

/** The most axes of settings. */
const MOST = 7
/** From this factor between the least and the greatest number on, an axis is logarithmic. */
const WIDE = 8
/** The most names on an axis. */
const NAMES = 24
/** The room at both ends of an axis of names. */
const EDGE = 0.06

/** The settings in which the runs differ. Those with few values of many come last. */
export function variedColumns(columns: readonly Column[], runs: readonly RunRow[]): Column[] {
  return columns
    .filter(({ group }) => group === 'Hyper-parameters' || group === 'Nodes')
    .filter(column => {
      const values = new Set(runs.map(row => column.of(row)).filter(isSomething))
      return values.size > 1 && (column.isNumber || values.size <= NAMES)
    })
    .slice(0, MOST)
}

const isSomething = (value: Value) => value != null && value !== '' && !Number.isNaN(value)

export function axisOf(column: Column, runs: readonly RunRow[]): Axis | undefined {
  const values = runs.map(row => column.of(row)).filter(isSomething)
  if (values.length === 0) return undefined
  const numbers = values.filter(value => typeof value === 'number')
  if (numbers.length === values.length) return numberAxis(column, numbers)
  return nameAxis(column, [...new Set(values.map(String))])
}

function numberAxis(column: Column, numbers: readonly number[]): Axis {
  const finite = numbers.filter(Number.isFinite)
  const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const isLog = least > 0 && most / least >= WIDE
  const scale = (value: number) => (isLog ? Math.log(value) : value)
  const [low, high] = [scale(least), scale(most)]
  const place = (value: number) => (high > low ? (scale(value) - low) / (high - low) : 0.5)
  const valueAt = (at: number) => {
    const value = low + at * (high - low)
    return isLog ? Math.exp(value) : value
  }
  const inside = (at: number) => Math.min(Math.max(at, 0), 1)
  return {
    column,
    kind: isLog ? 'log' : 'linear',
    marks: marksOf(
      [...new Set(finite)].sort((a, b) => a - b),
      place,
      valueAt,
    ),
    placeOf: row => {
      const value = column.of(row)
      return typeof value === 'number' && Number.isFinite(value) ? inside(place(value)) : undefined
    },
    partOf: (from, to) => ({
      range: [rounded(valueAt(inside(from)), 'down'), rounded(valueAt(inside(to)), 'up')],
    }),
    stretchOf: ({ range }) => {
      if (!range) return undefined
      const [from, to] = range.map(end =>
        isLog && end <= 0 ? 0 : inside(Number.isFinite(end) ? place(end) : end > 0 ? 1 : 0),
      )
      return [from as number, to as number]
    },
  }
}

/** Three digits, and never beyond what was meant. */
function rounded(value: number, way: 'up' | 'down'): number {
  if (value === 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2)
  return Number(
    ((way === 'up' ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9)) * unit).toPrecision(6),
  )
}

/** The values that runs have if they are few, and a few of them otherwise; none too near to another. */
function marksOf(
  values: readonly number[],
  place: (value: number) => number,
  valueAt: (place: number) => number,
): Axis['marks'] {
  const marks: { text: string; place: number }[] = []
  const add = (value: number) => {
    const at = place(value)
    if (marks.every(other => Math.abs(other.place - at) >= 0.1))
      marks.push({ text: markText(value), place: at })
  }
  for (const value of [values[0], values.at(-1), ...(values.length <= 12 ? values : QUARTERS.map(valueAt))])
    if (value !== undefined) add(value)
  return marks
}

const QUARTERS = [0.25, 0.5, 0.75]

const markText = (value: number) => {
  const text = String(Number(value.toPrecision(3)))
  return text.length > 7 ? value.toExponential(1) : text
}

function nameAxis(column: Column, names: readonly string[]): Axis {
  const sorted = names.toSorted(new Intl.Collator('en', { numeric: true }).compare)
  const placeAt = (i: number) => (sorted.length > 1 ? EDGE + ((1 - 2 * EDGE) * i) / (sorted.length - 1) : 0.5)
  const places = new Map(sorted.map((name, i) => [name, placeAt(i)]))
  return {
    column,
    kind: 'names',
    marks: sorted.map((name, i) => ({ text: name, place: placeAt(i) })),
    placeOf: row => places.get(String(column.of(row) ?? '')),
    partOf: (from, to) => {
      const values = sorted.filter((_, i) => placeAt(i) >= from && placeAt(i) <= to)
      return values.length > 0 ? { values } : {}
    },
    stretchOf: ({ values }) => {
      const own = (values ?? []).flatMap(value => places.get(value) ?? [])
      if (own.length === 0) return undefined
      return [Math.min(...own) - EDGE / 2, Math.max(...own) + EDGE / 2]
    },
  }
}
