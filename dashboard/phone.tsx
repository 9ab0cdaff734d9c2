/** The page for a phone, which loads fast: how the run is going, its loss, its alarms, and what steers it. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, ConnectionState, GradstreamError, RunState } from '../client.ts'
import { type Annotation, annotationsOf } from './charts/annotations.ts'
import { curvesOf, legendText } from './charts/curves.ts'
import { kindsOf } from './charts/kinds.ts'
import { svgOf } from './charts/svg.ts'
import { useAnswers } from './charts/use-answers.ts'
import { useBlob } from './charts/use-blob.ts'
import { useOrders } from './controls/use-orders.ts'
import { diagnosisOf } from './diagnosis.ts'
import type { EventLog } from './event-log.ts'
import { Best, Fact, judgedIn, Progress } from './facts.tsx'
import { count, figures, words } from './format.ts'
import { useLatest, useMedia, useSize } from './hooks.ts'
import { Note, StaleSince, useConnection } from './note.tsx'
import { Notice } from './notice.tsx'
import { coloursOf } from './palette.ts'
import { purposeOf } from './purpose.ts'
import { tasksOf } from './task.ts'
import { measured } from './text-width.ts'
import { useNames } from './use-names.ts'

/** The number of steps in an average. */
const WINDOW = 30
/** The height of the chart, in pixels. */
const HEIGHT = 300
/** The most figures beside the loss: one of the training, and the same of the validation. */
const MEASURES = 2
/** The most alarms that are listed. */
const ALARMS = 10
/** How long a second tap on Stop counts, in milliseconds. */
const SURE = 4000

interface Props {
  readonly client: BridgeClient
  readonly log: EventLog
  /** Shows all of the run instead. */
  readonly onWhole: () => void
}

export function Phone({ client, log, onWhole }: Props) {
  const state = useLatest<RunState | undefined>(client.state$, undefined)
  const { connection, staleSince } = useConnection(client)
  const problem = useProblem(client)
  const isStale = staleSince !== undefined
  useEffect(() => {
    if (state) document.title = `${isStale ? 'connection lost' : state.status} – gradstream`
  }, [state, isStale])
  if (problem && !state)
    return <Notice problem={problem.message} isOfAddress={problem.code !== 'DISCONNECTED'} />
  if (!state) return <Notice reason={connection.reason} />
  return (
    <StaleSince value={staleSince}>
      <main className="phone">
        <Summary
          key={`summary of ${connection.run}`}
          client={client}
          state={state}
          log={log}
          connection={connection}
          isStale={isStale}
        />
        <Steering client={client} state={state} connection={connection} />
        <Loss
          key={connection.run}
          client={client}
          state={state}
          log={log}
          isConnected={connection.status === 'open'}
        />
        <Alarms state={state} log={log} />
        <button type="button" className="panel whole" onClick={onWhole}>
          Everything: graph, outcome, hyper-parameters, log
        </button>
      </main>
    </StaleSince>
  )
}

interface SummaryProps {
  readonly client: BridgeClient
  readonly state: RunState
  readonly log: EventLog
  readonly connection: ConnectionState
  readonly isStale: boolean
}

function Summary({ client, state, log, connection, isStale }: SummaryProps) {
  const { runId, status, error, metrics } = state
  const entries = useLatest(log.entries$, log.entries$.value)
  const diagnosis = diagnosisOf(
    state,
    entries.map(({ event }) => event),
  )
  const judged = judgedIn(state)
  const { graph } = state
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, only the graph matters
  const tasks = useMemo(() => tasksOf(state), [graph])
  // Several are listed by the names of the outputs.
  const names = useNames(client, connection.status === 'open' && tasks.length === 1)
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const purpose = useMemo(() => purposeOf(state, names), [graph, names])
  return (
    <header className="panel">
      <div className="header-row">
        <h1>gradstream</h1>
        <span className={`status ${isStale ? 'stale' : status}`}>{isStale ? `was ${status}` : status}</span>
      </div>
      {purpose !== undefined && <p className="purpose">{purpose}</p>}
      <p className={`diagnosis ${diagnosis.tone}`}>{diagnosis.text}</p>
      {error && (
        <p className="refused" role="alert">
          {error.message}
        </p>
      )}
      <dl>
        {Object.keys(metrics)
          .filter(name => !/loss$/i.test(name))
          .slice(0, MEASURES)
          .map(name => (
            <Fact key={name} name={words(name)} value={figures(metrics[name])} />
          ))}
        <Fact name={words(judged)} value={figures(metrics[judged])} />
        <Best state={state} />
        <Progress state={state} />
      </dl>
      <small className="run-id">{runId}</small>
      <small className={`connection ${connection.status}`} role="status">
        {connection.status === 'open'
          ? `connected as ${connection.role}`
          : `not connected${connection.reason ? `: ${connection.reason}` : ''}`}
      </small>
    </header>
  )
}

interface SteeringProps {
  readonly client: BridgeClient
  readonly state: RunState
  readonly connection: ConnectionState
}

function Steering({ client, state: { status }, connection }: SteeringProps) {
  const orders = useOrders(client)
  const [isSure, setIsSure] = useState(false)
  useEffect(() => {
    if (!isSure) return
    const timer = setTimeout(() => setIsSure(false), SURE)
    return () => clearTimeout(timer)
  }, [isSure])
  if (connection.role === 'viewer') return null
  const isOff = connection.status !== 'open'
  const button = (type: 'start' | 'pause' | 'resume') => (
    <button
      type="button"
      className={type === 'pause' ? undefined : 'first'}
      disabled={isOff}
      aria-busy={orders.isPending(type)}
      onClick={() => void orders.give(type, { type })}
    >
      {type[0]?.toUpperCase() + type.slice(1)}
    </button>
  )
  const isUnderWay = status === 'running' || status === 'paused'
  // A finger on the wrong place must not end a run.
  const stop = () => {
    if (isSure) void orders.give('stop', { type: 'stop' })
    setIsSure(!isSure)
  }
  const refused = orders.orders.find(({ outcome }) => outcome !== 'pending')
  return (
    <section className="panel" aria-label="Controls">
      <div className="phone-buttons">
        {button(status === 'running' ? 'pause' : status === 'paused' ? 'resume' : 'start')}
        <button type="button" disabled={isOff || !isUnderWay} onClick={stop}>
          {isSure && isUnderWay ? 'Really stop?' : 'Stop'}
        </button>
      </div>
      {refused?.outcome === 'refused' && (
        <p className="refused" role="alert">
          {refused.what}: {refused.text}
        </p>
      )}
    </section>
  )
}

interface LossProps {
  readonly client: BridgeClient
  readonly state: RunState
  readonly log: EventLog
  readonly isConnected: boolean
}

/** The chart as a picture, since a library for zooming would take longer to load than everything else. */
function Loss({ client, state, log, isConnected }: LossProps) {
  const host = useRef<HTMLDivElement>(null)
  const { width } = useSize(host)
  const isDark = useMedia('(prefers-color-scheme: dark)')
  const entries = useLatest(log.entries$, log.entries$.value)
  const names = kindsOf(state)[0]?.series(state) ?? []
  const { answers, note } = useAnswers({
    client,
    state,
    isConnected,
    names,
    range: undefined,
    window: WINDOW,
    room: () => Math.max(width, 200),
  })
  const known = JSON.stringify(names)
  const curves = useMemo(
    () =>
      curvesOf(JSON.parse(known), answers, {
        range: undefined,
        isLatest: true,
        window: WINDOW,
        epochs: undefined,
        history: [],
      }),
    [known, answers],
  )
  // The picture is drawn when there are new points, once a second.
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are drawn with the points that they are about
  const svg = useMemo(() => {
    const end = Math.max(...curves.map(({ raw }) => raw.x.at(-1) ?? 0), 0)
    const events = entries.map(({ event }) => event)
    const marks = annotationsOf(state, events).flatMap(own =>
      own.step <= end ? { ...own, x: own.step } : [],
    )
    const picture = { title: '', curves, marks, isLog: false, unit: 'step', range: undefined } as const
    return width === 0 || curves.every(({ raw }) => raw.x.length === 0)
      ? undefined
      : svgOf(picture, { colour: coloursOf(isDark), measure: measured }, { width, height: HEIGHT })
  }, [curves, width, isDark])
  const url = useBlob(svg)
  return (
    <section className="panel" aria-label="Loss">
      <div className="panel-head">
        <h2>Loss</h2>
        <Note>{note}</Note>
      </div>
      <div ref={host} className="phone-chart" style={{ minHeight: HEIGHT }}>
        {url && <img src={url} width={width} height={HEIGHT} alt={curves.map(legendText).join('; ')} />}
      </div>
    </section>
  )
}

function Alarms({ state, log }: { readonly state: RunState; readonly log: EventLog }) {
  const entries = useLatest(log.entries$, log.entries$.value)
  const all = annotationsOf(
    state,
    entries.map(({ event }) => event),
  )
  // The summary has the error itself.
  const isNews = ({ kind, text }: Annotation) =>
    kind === 'alarm' && (!state.error || !text.endsWith(state.error.message))
  const alarms = all.filter(isNews).slice(-ALARMS)
  return (
    <section className="panel" aria-label="Alarms">
      <h2>Alarms</h2>
      {alarms.length === 0 && <small>None.</small>}
      <ol className="phone-alarms">
        {alarms.toReversed().map(({ step, text, time = 0 }) => (
          <li key={`${time} ${text}`}>
            <span className="alarm">{text}</span>{' '}
            <small>
              step {count(step)}, {new Date(time).toLocaleTimeString('en-GB')}
            </small>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Why the bridge no longer admits this page. */
function useProblem(client: BridgeClient): GradstreamError | undefined {
  const [problem, setProblem] = useState<GradstreamError>()
  useEffect(() => {
    const subscription = client.state$.subscribe({ error: setProblem })
    return () => subscription.unsubscribe()
  }, [client])
  return problem
}
