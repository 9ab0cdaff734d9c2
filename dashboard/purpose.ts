/** What a run learns, in a few words: the first thing that somebody who comes to it asks. */
import type { RunState } from '../client.ts'
import { count } from './format.ts'
import { classNames, isLanguageModel, type Task, tasksOf } from './task.ts'

/** The names of the columns of each input, as far as the data have them. */
export type ColumnNames = Readonly<Record<string, readonly string[]>>

/** So many classes are named; more are counted. */
const NAMED = 3

/** "Predicts benign or not from 30 numbers"; undefined where that cannot be told. */
export function purposeOf(
  state: Pick<RunState, 'nodes' | 'graph'>,
  names: ColumnNames = {},
): string | undefined {
  if (isLanguageModel(state)) return 'Predicts the next token of a text'
  const tasks = tasksOf(state)
  const [first] = tasks
  if (!first) return undefined
  const what =
    tasks.length > 1
      ? listed(
          tasks.map(({ name }) => name),
          'and',
        )
      : answerOf(first, names[first.target])
  const size = Math.max(...tasks.map(({ sampleSize }) => sampleSize))
  return `Predicts ${what} from ${size === 1 ? 'a number' : `${count(size)} numbers`}`
}

function answerOf(task: Task, names: readonly string[] | undefined): string {
  if (task.kind === 'regression') return names?.[0] ?? 'a number'
  const classes = classNames(task, names)
  // A yes-or-no column is named after its yes.
  if (task.kind === 'binary' && names?.length === 1) return `${names[0]} or not`
  if (classes.length > NAMED) return `one of ${count(classes.length)} classes`
  return names
    ? listed(classes, 'or')
    : task.kind === 'binary'
      ? 'yes or no'
      : `class ${listed(classes, 'or')}`
}

const listed = (all: readonly string[], last: 'and' | 'or') =>
  all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} ${last} ${all.at(-1)}`
