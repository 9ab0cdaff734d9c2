/** Beside the curves: hyper-parameters against a figure, the difference of two runs, and one run with its notes. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { useInAddress } from '../address.ts'
import { panelOf, Tabs, useTabs } from '../tabs.tsx'
import { DifferenceView } from './difference-view.tsx'
import type { RunsClient } from './runs-client.ts'

export const DIFFERENCE = 'Difference'
const NAMES = [DIFFERENCE]

interface Props {
  readonly client: RunsClient
  readonly runs: readonly RunRow[]
  readonly selected: readonly RunRow[]
  readonly colours: ReadonlyMap<string, string>
}

export function ComparePanel({ client, runs, selected, colours }: Props) {
  const [wanted, setWanted] = useInAddress('tab')
  const chosen = NAMES.find(name => name === wanted) ?? (NAMES[0] as string)
  const ids = useTabs()
  return (
    <section className="panel compare-panel" aria-label="Comparison">
      <div className="panel-head">
        <Tabs label="Ways to compare" names={NAMES} chosen={chosen} onChoose={setWanted} ids={ids} />
      </div>
      <div className="compared" {...panelOf(ids, NAMES.indexOf(chosen))}>
        {chosen === DIFFERENCE && (
          <DifferenceView client={client} runs={runs} selected={selected} colours={colours} />
        )}
      </div>
    </section>
  )
}
