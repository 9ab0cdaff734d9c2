/** Beside the curves: hyper-parameters against a figure, the difference of two runs, and one run with its notes. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { panelOf, Tabs, useTabs } from '../tabs.tsx'
import type { Column } from './columns.ts'
import { DifferenceView } from './difference-view.tsx'
import { ParallelView } from './parallel-view.tsx'
import { RunCard } from './run-card.tsx'
import type { RunsClient } from './runs-client.ts'
import type { Search } from './search.ts'

export const [PARALLEL, DIFFERENCE, RUN] = ['Hyper-parameters', 'Difference', 'Run']
const NAMES = [PARALLEL, DIFFERENCE, RUN] as const

interface Props {
  readonly client: RunsClient
  /** What the runs are called together. */
  readonly title: string
  readonly runs: readonly RunRow[]
  readonly matching: readonly RunRow[]
  readonly columns: readonly Column[]
  readonly search: Search
  readonly selected: readonly RunRow[]
  readonly selectedNames: ReadonlySet<string>
  readonly colours: ReadonlyMap<string, string>
  readonly tab: string
  /** The run that was opened, or else the first that is selected. */
  readonly opened: RunRow | undefined
  readonly onTab: (name: string) => void
  readonly onSearch: (query: string) => void
  readonly onSelect: (folder: string, isSelected: boolean) => void
  readonly onKept: () => Promise<void>
}

export function ComparePanel({ client, runs, selected, colours, opened, tab, onTab, ...rest }: Props) {
  const chosen = NAMES.find(name => name === tab) ?? (NAMES[0] as string)
  const ids = useTabs()
  return (
    <section className="panel compare-panel" aria-label="Comparison">
      <div className="panel-head">
        <Tabs label="Ways to compare" names={NAMES} chosen={chosen} onChoose={onTab} ids={ids} />
      </div>
      <div className="compared" {...panelOf(ids, NAMES.indexOf(chosen))}>
        {chosen === PARALLEL && (
          <ParallelView runs={runs} colours={colours} {...rest} selected={rest.selectedNames} />
        )}
        {chosen === DIFFERENCE && (
          <DifferenceView client={client} runs={runs} selected={selected} colours={colours} />
        )}
        {chosen === RUN && opened && (
          <RunCard
            key={opened.folder}
            client={client}
            row={opened}
            colour={colours.get(opened.folder)}
            onKept={rest.onKept}
          />
        )}
        {chosen === RUN && !opened && <p className="quiet">Click the name of a run in the table.</p>}
      </div>
    </section>
  )
}
