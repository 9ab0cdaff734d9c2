/** The columns of the table of runs: what each shows, and by what it sorts. */

import { taken } from '../../core/duration.ts'
import type { RunRow, Setting } from '../../runtime/runs-page/answers.ts'
import { count, figures, words } from '../format.ts'

/** What a run has in a column; undefined where it has nothing there. */
export type Value = Setting | undefined

export const GROUPS = ['Run', 'Hyper-parameters', 'Best', 'Last', 'Nodes', 'Settings'] as const

export interface Column {
  /** As it is written in the search: `best.validationLoss`. */
  readonly id: string
  readonly group: (typeof GROUPS)[number]
  readonly title: string
  readonly isNumber: boolean
  of(row: RunRow): Value
  text(row: RunRow): string
}

/** All columns that some of the runs have something in. */
export function columnsOf(runs: readonly RunRow[]): Column[] {
  const records = (part: (row: RunRow) => object) => namesIn(runs.map(part))
  return [
    ...RUN,
    ...records(row => row.hyperparameters).map(name =>
      settingColumn(name, 'Hyper-parameters', name, runs, row => entryOf(row.hyperparameters, name)),
    ),
    ...records(row => row.best).map(name =>
      numberColumn(`best.${name}`, 'Best', words(name), row => entryOf(row.best, name)?.value),
    ),
    ...records(row => row.last).map(name =>
      numberColumn(`last.${name}`, 'Last', words(name), row => entryOf(row.last, name)),
    ),
    ...records(row => row.config).map(name =>
      settingColumn(name, 'Nodes', name, runs, row => entryOf(row.config, name)),
    ),
    ...records(row => row.settings).map(name =>
      settingColumn(name, 'Settings', name, runs, row => entryOf(row.settings, name)),
    ),
  ]
}

const entryOf = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const namesIn = (records: readonly object[]): string[] => [
  ...new Set(records.flatMap(record => Object.keys(record))),
]

function textColumn(id: string, title: string, of: (row: RunRow) => string | null): Column {
  return { id, group: 'Run', title, isNumber: false, of, text: row => of(row) ?? '' }
}

function numberColumn(
  id: string,
  group: Column['group'],
  title: string,
  of: (row: RunRow) => number | null | undefined,
  shown: (value: number) => string = numberText,
): Column {
  const text = (row: RunRow) => {
    const value = of(row)
    return value === undefined ? '' : shown(value ?? Number.NaN)
  }
  return { id, group, title, isNumber: true, of, text }
}

function settingColumn(
  id: string,
  group: Column['group'],
  title: string,
  runs: readonly RunRow[],
  of: (row: RunRow) => Value,
): Column {
  const isNumber = runs.every(row => of(row) == null || typeof of(row) === 'number')
  return { id, group, title, isNumber, of, text: row => settingText(of(row)) }
}

/** Four significant digits; whole numbers as they are. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value)
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e4 ? value.toPrecision(4) : figures(value)
}

/** A setting in full: two that differ must not look alike. */
export const settingText = (value: Value): string => (value == null ? '' : String(value))

const NAME = textColumn('name', 'run', ({ name }) => name)
const STATUS = textColumn('status', 'status', ({ status }) => status)
const TAGS = textColumn('tags', 'tags', ({ tags }) => (tags.length > 0 ? tags.join(', ') : null))
const NOTES = textColumn('notes', 'notes', ({ notes }) => (notes === '' ? null : notes))
const AUTHOR = textColumn('author', 'author', ({ author }) => author)
const FOLDER = textColumn('folder', 'folder', ({ folder }) => folder)
const EPOCHS = numberColumn('epochs', 'Run', 'epochs', ({ epoch }) => epoch)
const STEPS = numberColumn('steps', 'Run', 'steps', ({ step }) => step, count)
const TOOK = numberColumn('took', 'Run', 'took', ({ began, updated }) => (updated - began) / 1000, taken)
const BEGAN = numberColumn('began', 'Run', 'began', ({ began }) => began, moment)

const RUN: readonly Column[] = [NAME, STATUS, TAGS, NOTES, EPOCHS, STEPS, TOOK, BEGAN, AUTHOR, FOLDER]

/** On the clock of the reader: 2026-11-27 14:05. */
export function moment(time: number): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return '–'
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The figure that counts, as in the terminal: the loss of the validation where there is one. */
export function mainFigure(runs: readonly RunRow[]): string | undefined {
  const names = namesIn(runs.map(row => row.last))
  return ['validationLoss', 'loss'].find(name => names.includes(name)) ?? names[0]
}

/** The most columns of what differs, and of further figures, that are shown until somebody chooses. */
const DIFFERENT = 5
const FIGURES = 2

/**
 * Those that are shown until somebody chooses: what differs from run to run, and the figures that tell which is best; these come first on a phone,
 * where there is room for two.
 */
export function usualColumns(
  columns: readonly Column[],
  runs: readonly RunRow[],
  isNarrow = false,
): string[] {
  const hasAny = ({ id }: Column) => runs.some(row => columnOf(columns, id)?.text(row) !== '')
  const isVaried = (column: Column) => new Set(runs.map(row => column.of(row))).size > 1
  const settings = columns.filter(({ group }) => group === 'Hyper-parameters' || group === 'Nodes')
  const main = mainFigure(runs)
  const further = columns
    .filter(({ id, group }) => group === 'Best' && id !== `best.${main}`)
    // Those of the validation first, and no loss beside the main one.
    .filter(({ id }) => !/loss$/i.test(id))
    .toSorted((a, b) => Number(/validation/.test(b.id)) - Number(/validation/.test(a.id)))
    .slice(0, FIGURES)
  const figures = main === undefined ? [] : [`best.${main}`, `last.${main}`]
  const chosen = [
    NAME.id,
    ...(isNarrow ? figures : []),
    STATUS.id,
    ...settings
      .filter(isVaried)
      .slice(0, DIFFERENT)
      .map(({ id }) => id),
    ...(isNarrow ? [] : figures),
    ...further.map(({ id }) => id),
    ...[EPOCHS, TOOK, BEGAN].map(({ id }) => id),
    ...[AUTHOR, TAGS, NOTES].filter(hasAny).map(({ id }) => id),
  ]
  return chosen.filter(id => columnOf(columns, id))
}

export const columnOf = (columns: readonly Column[], id: string): Column | undefined =>
  columns.find(column => column.id === id)
