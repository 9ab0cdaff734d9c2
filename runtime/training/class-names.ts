import { entryOf } from '../../core/index.ts'
import type { DataSource } from '../data/source.ts'
import { classesOf, type Encoder, namesOf } from '../data/tables/encoder.ts'
import { isInMemory } from './fit/data-fit.ts'

/** Gives the names of the classes in a column: those that the data know, else those of the table behind them. */
export function classNamesOf(
  data: DataSource,
  encoder: Encoder | undefined = data.encoder,
): (column: string) => readonly string[] | undefined {
  return column => {
    const [target, ...others] = (column === 'target' && encoder?.targets) || []
    if (target?.type === 'index' && others.length === 0) return classesOf(target)
    const known = isInMemory(data) ? entryOf(data.columns, column)?.names : undefined
    if (known || !target) return known
    return [target, ...others].flatMap(each => namesOf(each, others.length === 0))
  }
}
