/** The page as a whole. */
import { useCallback, useEffect, useMemo } from 'react'
import type { RunRow, RunsAnswer } from '../../runtime/runs-page/answers.ts'
import { useInAddress } from '../address.ts'
import { count } from '../format.ts'
import { useMedia } from '../hooks.ts'
import { listIn, textOfList } from './address-list.ts'
import { bestRuns } from './best.ts'
import { coloursOf } from './colours.ts'
import { ColumnChoice } from './column-choice.tsx'
import { columnOf, columnsOf, usualColumns } from './columns.ts'
import { ComparePanel, RUN } from './compare-panel.tsx'
import { CurvesPanel } from './curves-panel.tsx'
import { lastPart } from './last-part.ts'
import { orderOf, sorted } from './order.ts'
import type { Refusal, RunsClient } from './runs-client.ts'
import { found, searchOf } from './search.ts'
import { Table } from './table.tsx'
import { useRuns } from './use-runs.ts'

/** The most runs whose curves are drawn at once. */
export const MOST_SELECTED = 20
/** How many are selected until somebody chooses, the latest first. */
const FIRST_SELECTED = 5
const USUAL_ORDER = '-began'

export function RunsPage({ client }: { readonly client: RunsClient }) {
  const { answer, problem, refresh } = useRuns(client)
  useEffect(() => {
    document.title = answer
      ? `${lastPart(answer.directory)}: ${runsText(answer.runs)} – gradstream`
      : 'gradstream'
  }, [answer])
  if (!answer) return <Waiting problem={problem} />
  return <Runs client={client} answer={answer} problem={problem} onKept={refresh} />
}

interface Props {
  readonly client: RunsClient
  readonly answer: RunsAnswer
  readonly problem: Refusal | undefined
  readonly onKept: () => Promise<void>
}

function Runs({ client, answer, problem, onKept }: Props) {
  const { runs, broken, directory, unread } = answer
  const [query, setQuery] = useInAddress('search')
  const [orderWanted, setOrder] = useInAddress('sort')
  const [columnsWanted, setColumns] = useInAddress('columns')
  const [selectedWanted, setSelected] = useInAddress('runs')
  const [opened, setOpened] = useInAddress('run')
  const [tab, setTab] = useInAddress('tab')
  const open = useCallback(
    (folder: string) => {
      setOpened(folder)
      setTab(RUN)
    },
    [setOpened, setTab],
  )

  const isNarrow = useMedia('(max-width: 700px)')
  const columns = useMemo(() => columnsOf(runs), [runs])
  const colours = useMemo(() => coloursOf(runs), [runs])
  const search = useMemo(() => searchOf(query, columns), [query, columns])
  const order = columnOf(columns, orderOf(orderWanted).id) ? orderWanted : USUAL_ORDER
  const matching = useMemo(() => {
    const { id, isFalling } = orderOf(order)
    const column = columnOf(columns, id)
    const matching = found(runs, search)
    return column ? sorted(matching, column, isFalling) : matching
  }, [runs, search, order, columns])
  const shownIds = useMemo(
    () => (columnsWanted === '' ? usualColumns(columns, runs, isNarrow) : ['name', ...listIn(columnsWanted)]),
    [columnsWanted, columns, runs, isNarrow],
  )
  const shown = useMemo(() => shownIds.flatMap(id => columnOf(columns, id) ?? []), [shownIds, columns])
  const best = useMemo(() => bestRuns(matching, shown), [matching, shown])
  const selected = useMemo(() => selectedIn(selectedWanted, runs), [selectedWanted, runs])

  const select = useCallback(
    (folder: string, isSelected: boolean) => {
      const others = [...selected].filter(other => other !== folder)
      setSelected(textOfList(isSelected ? [...others, folder].slice(-MOST_SELECTED) : others))
    },
    [selected, setSelected],
  )
  const remove = useCallback((folder: string) => select(folder, false), [select])
  const drawn = useMemo(
    () => [...selected].flatMap(folder => runs.find(row => row.folder === folder) ?? []),
    [selected, runs],
  )
  const live = runs.filter(({ status }) => status === 'running' || status === 'paused').length
  const header = (
    <header className="panel header runs-header">
      <div className="header-row">
        <h1>gradstream</h1>
        <span className="directory" title={directory}>
          {lastPart(directory)}
        </span>
        <span className="runs-count" role="status">
          {runsText(runs)}
          {live > 0 && `, ${count(live)} going on`}
          {unread > 0 && `, ${count(unread)} being read`}
        </span>
        <span className="spacer" />
        {problem && (
          <span className="refused" role="alert">
            {problem.message}
          </span>
        )}
      </div>
    </header>
  )
  if (runs.length + broken.length + unread === 0)
    return (
      <main className="runs-page none">
        {header}
        <NoRuns directory={directory} />
      </main>
    )
  return (
    <main className="runs-page">
      {header}
      <CurvesPanel
        client={client}
        title={lastPart(directory)}
        runs={runs}
        selected={drawn}
        colours={colours}
        onRemove={remove}
      />
      <ComparePanel
        client={client}
        title={lastPart(directory)}
        runs={runs}
        matching={matching}
        columns={columns}
        search={search}
        selected={drawn}
        selectedNames={selected}
        colours={colours}
        tab={tab}
        opened={runs.find(({ folder }) => folder === opened) ?? drawn[0]}
        onTab={setTab}
        onSearch={setQuery}
        onSelect={select}
        onKept={onKept}
      />
      <section className="panel runs-panel" aria-label="Table of runs">
        <div className="panel-head">
          <h2>Runs</h2>
          <input
            type="search"
            aria-label="Search"
            placeholder="Search: wide status:finished loss<0.3"
            value={query}
            onChange={({ target }) => setQuery(target.value)}
          />
          <small role="status">
            {search.problem ??
              (query.trim() === '' ? '' : `${count(matching.length)} of ${count(runs.length)}`)}
          </small>
          <span className="spacer" />
          <ColumnChoice
            columns={columns}
            shown={shownIds}
            onChoose={ids => setColumns(ids.length > 0 ? textOfList(ids.filter(id => id !== 'name')) : '')}
          />
        </div>
        <Table
          runs={matching}
          columns={shown}
          order={order}
          colours={colours}
          selected={selected}
          opened={tab === RUN ? opened : undefined}
          best={best}
          onOrder={setOrder}
          onSelect={select}
          onOpen={open}
        />
        <Broken broken={broken} />
      </section>
    </main>
  )
}

/** What to do where there is nothing to see. */
const NoRuns = ({ directory }: Pick<RunsAnswer, 'directory'>) => (
  <section className="panel no-runs" aria-label="No runs">
    <h2>No runs yet</h2>
    <p>
      Runs that are recorded in <code>{directory}</code> appear here, also while they go on. A program records
      its runs with a page to watch them, or without one:
    </p>
    <pre>{`openBridge(trainer, { runs: '${lastPart(directory)}/' })
recordRun(trainer, '${lastPart(directory)}/')`}</pre>
  </section>
)

function Broken({ broken }: Pick<RunsAnswer, 'broken'>) {
  if (broken.length === 0) return null
  return (
    <details className="broken">
      <summary className="refused">
        {broken.length === 1 ? 'One folder cannot be read' : `${count(broken.length)} folders cannot be read`}
      </summary>
      <ul>
        {broken.map(({ folder, message }) => (
          <li key={folder}>{message}</li>
        ))}
      </ul>
    </details>
  )
}

/** Those of the address that are there; the latest ones without any. */
function selectedIn(text: string, runs: readonly RunRow[]): ReadonlySet<string> {
  if (text === '') return new Set(runs.slice(0, FIRST_SELECTED).map(({ folder }) => folder))
  const there = new Set(runs.map(({ folder }) => folder))
  return new Set(listIn(text).filter(folder => there.has(folder)))
}

function Waiting({ problem }: { readonly problem: Refusal | undefined }) {
  return (
    <main className="notice">
      <h1>gradstream</h1>
      {problem ? (
        <>
          <p role="alert">{problem.message}</p>
          <p>
            Copy the whole address that <code>npx gradstream view</code> printed, to the end of the part after
            the <code>#</code>, and open it here.
          </p>
        </>
      ) : (
        <p>Reading the runs …</p>
      )}
    </main>
  )
}

const runsText = (runs: readonly RunRow[]) => (runs.length === 1 ? 'one run' : `${count(runs.length)} runs`)
