/** The difference of two runs: figures, settings and graphs side by side. */
import { useMemo } from 'react'
import { taken } from '../../core/duration.ts'
import type { RunRow, Settings } from '../../runtime/runs-page/answers.ts'
import { useInAddress } from '../address.ts'
import { count, words } from '../format.ts'
import { variableOf } from './colours.ts'
import { moment, numberText, settingText } from './columns.ts'
import {
  type Change,
  changesOf,
  type Edge,
  type GraphDifference,
  graphDifference,
  isChange,
  kindOf,
  type Pair,
} from './difference.ts'
import type { RunsClient } from './runs-client.ts'
import { useRun } from './use-run.ts'
import './difference.css'

interface Props {
  readonly client: RunsClient
  readonly runs: readonly RunRow[]
  readonly selected: readonly RunRow[]
  readonly colours: ReadonlyMap<string, string>
}

export function DifferenceView({ client, runs, selected, colours }: Props) {
  const [oneWanted, setOne] = useInAddress('from')
  const [otherWanted, setOther] = useInAddress('to')
  const [alike, setAlike] = useInAddress('alike')
  const isAll = alike === 'too'
  const named = (folder: string) => runs.find(row => row.folder === folder)
  const other = named(otherWanted) ?? selected[0] ?? runs[0]
  const one = named(oneWanted) ?? [...selected, ...runs].find(row => row !== other)
  const [before, after] = [useRun(client, one), useRun(client, other)]
  const graph = useMemo(
    () =>
      before.answer && after.answer ? graphDifference(before.answer.nodes, after.answer.nodes) : undefined,
    [before.answer, after.answer],
  )
  if (!one || !other) return <p className="quiet">Two runs are needed for a difference.</p>
  const settings = (row: RunRow, environment: string | undefined): Settings => ({
    status: row.status,
    began: moment(row.began),
    took: taken((row.updated - row.began) / 1000),
    ...row.settings,
    ...(environment !== undefined && { environment }),
  })
  const parts = [
    { title: FIGURES, changes: changesOf(figuresOf(one), figuresOf(other)) },
    { title: 'Hyper-parameters', changes: changesOf(one.hyperparameters, other.hyperparameters) },
    {
      title: 'Settings',
      changes: changesOf(
        settings(one, before.answer?.environment ?? undefined),
        settings(other, after.answer?.environment ?? undefined),
      ),
    },
  ]
  const problem = before.problem ?? after.problem
  const choice = (label: string, row: RunRow, choose: (folder: string) => void) => (
    <label className="run-choice">
      <span>{label}</span>
      <i style={{ background: `var(${variableOf(colours.get(row.folder))})` }} aria-hidden="true" />
      <select value={row.folder} onChange={({ target }) => choose(target.value)}>
        {runs.map(({ folder, name }) => (
          <option key={folder} value={folder}>
            {name === folder ? name : `${name} (${folder})`}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <>
      <div className="panel-head">
        {choice('from', one, setOne)}
        {choice('to', other, setOther)}
        <label>
          <input
            type="checkbox"
            checked={isAll}
            onChange={({ target }) => setAlike(target.checked ? 'too' : '')}
          />{' '}
          also what is alike
        </label>
      </div>
      {problem && (
        <p className="refused" role="alert">
          {problem}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable areas must be reachable by keyboard */}
      <section className="difference" tabIndex={0} aria-label="Difference">
        {parts.map(({ title, changes }) => (
          <Changes key={title} title={title} changes={changes} isAll={isAll} />
        ))}
        {graph && <Graphs graph={graph} isAll={isAll} />}
      </section>
    </>
  )
}

const FIGURES = 'Figures'

function figuresOf({ best, last }: RunRow): Settings {
  const entries = Object.keys(last).flatMap(name => [
    [`best ${words(name)}`, best[name]?.value ?? null] as const,
    [`last ${words(name)}`, last[name] ?? null] as const,
  ])
  return Object.fromEntries(entries)
}

function Changes({
  title,
  changes,
  isAll,
}: {
  readonly title: string
  readonly changes: readonly Change[]
  readonly isAll: boolean
}) {
  const shown = isAll ? changes : changes.filter(isChange)
  return (
    <>
      <h3>
        {title} {shown.length === 0 && <small>{changes.length === 0 ? 'none' : 'all alike'}</small>}
      </h3>
      {shown.length > 0 && (
        <table>
          <tbody>
            {shown.map(change => (
              <tr key={change.name} className={isChange(change) ? 'changed' : ''}>
                <th scope="row">{change.name}</th>
                <td>{valueText(change.before, title === FIGURES)}</td>
                <td>{valueText(change.after, title === FIGURES)}</td>
                <td className="by">{byText(change)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

/** Whatever somebody set is there in full; figures have four digits. */
const valueText = (value: Change['before'], isFigure = false) => {
  if (value == null) return '–'
  return isFigure && typeof value === 'number' ? numberText(value) : settingText(value)
}

/** By how much a number has changed. */
function byText({ before, after }: Change): string {
  if (typeof before !== 'number' || typeof after !== 'number' || before === after) return ''
  const by = after - before
  return `${by > 0 ? '+' : '−'}${Number(Math.abs(by).toPrecision(4))}`
}

const SIGNS = { added: '+', removed: '−', changed: '~', alike: '' } as const

function Graphs({ graph, isAll }: { readonly graph: GraphDifference; readonly isAll: boolean }) {
  const { pairs, added, removed } = graph
  const counts = { added: 0, removed: 0, changed: 0, alike: 0 }
  for (const pair of pairs) counts[kindOf(pair)]++
  const shown = isAll ? pairs : pairs.filter(pair => kindOf(pair) !== 'alike')
  const isSame = shown.length === 0 && added.length === 0 && removed.length === 0
  return (
    <>
      <h3>
        Graph{' '}
        <small>
          {isSame
            ? 'alike'
            : `${count(counts.added)} added, ${count(counts.removed)} removed, ${count(counts.changed)} changed, ${count(counts.alike)} alike`}
        </small>
      </h3>
      {shown.length > 0 && (
        <table className="graphs">
          <tbody>
            {shown.map(pair => (
              <Nodes key={`${pair.before?.id} ${pair.after?.id}`} pair={pair} />
            ))}
          </tbody>
        </table>
      )}
      {added.length + removed.length > 0 && (
        <>
          <h4>Connections</h4>
          <ul className="edges">
            {removed.map(edge => (
              <li key={edgeText(edge)} className="removed">
                − {edgeText(edge)}
              </li>
            ))}
            {added.map(edge => (
              <li key={edgeText(edge)} className="added">
                + {edgeText(edge)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

function Nodes({ pair }: { readonly pair: Pair }) {
  const { before, after, changes } = pair
  const kind = kindOf(pair)
  const node = after ?? before
  const isRenamed = before && after && before.id !== after.id
  return (
    <tr className={kind}>
      <th scope="row">
        <span className="hidden">{kind} </span>
        <span aria-hidden="true">{SIGNS[kind]}</span> {isRenamed ? `${before.id}, now ${after.id}` : node?.id}{' '}
        <small>{node?.type}</small>
      </th>
      <td>
        {kind === 'changed'
          ? changes.map(({ name, before, after }) => (
              <div key={name}>
                {name} {valueText(before)} → {valueText(after)}
              </div>
            ))
          : kind !== 'alike' &&
            Object.entries(node?.config ?? {})
              .filter(([, value]) => value !== null)
              .map(([name, value]) => `${name} ${valueText(value)}`)
              .join(', ')}
      </td>
    </tr>
  )
}

const edgeText = ({ from, output, to, input }: Edge) =>
  `${from}${output && `.${output}`} → ${to}${input === 'x' ? '' : `.${input}`}`
