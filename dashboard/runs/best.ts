/** Which run has the best value in a column of figures. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import type { Column } from './columns.ts'

/** Of losses and errors the lowest value is the best one, of other figures the highest. */
export const isBetterLow = (figure: string): boolean =>
  /(loss|error|perplexity|divergence|entropy)\d*$/i.test(figure)

/** The folder of the best run, by column. None where all are alike. */
export function bestRuns(runs: readonly RunRow[], columns: readonly Column[]): ReadonlyMap<string, string> {
  return new Map(
    columns
      .filter(({ group }) => group === 'Best' || group === 'Last')
      .flatMap(({ id, of }) => {
        const known = runs.flatMap(row => {
          const value = of(row)
          return typeof value === 'number' && !Number.isNaN(value) ? [{ folder: row.folder, value }] : []
        })
        const way = isBetterLow(id) ? 1 : -1
        const [first, ...others] = known.toSorted((a, b) => way * (a.value - b.value))
        return first && others.some(({ value }) => value !== first.value) ? [[id, first.folder] as const] : []
      }),
  )
}
