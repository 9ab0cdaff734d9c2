/** The colours of runs: the one that somebody chose, or one by the order in which the runs began. */
import { COLOURS, type RunRow } from '../../runtime/runs-page/answers.ts'

/** By folder. A run keeps its colour when others come after it. */
export function coloursOf(runs: readonly RunRow[]): ReadonlyMap<string, string> {
  const byAge = runs.toSorted((a, b) => a.began - b.began)
  return new Map(
    byAge.map(({ folder, colour }, i) => [folder, colour ?? (COLOURS[i % COLOURS.length] as string)]),
  )
}

/** The name of a colour in the style sheet. */
export const variableOf = (colour: string | undefined): string => `--run-${colour ?? 'grey'}`
