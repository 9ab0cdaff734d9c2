/** The header: what the run is, how it is going, and its figures. */
import { useState } from 'react'
import type { ConnectionState, RunState } from '../client.ts'
import { diagnosisOf, type Place } from './diagnosis.ts'
import { saveGraph } from './downloads.ts'
import type { EventLog } from './event-log.ts'
import { Fact, Progress } from './facts.tsx'
import { count, figures, words } from './format.ts'
import { useLatest } from './hooks.ts'
import './header.css'

interface Props {
  readonly state: RunState
  readonly log: EventLog
  readonly connection: ConnectionState
  readonly problem: string | undefined
  readonly isStale: boolean
  readonly onShow: (place: Place) => void
}

export function Header({ state, log, connection, problem, isStale, onShow }: Props) {
  const { runId, status, error } = state
  // Another run is no fault of the connection.
  const [before] = useState(connection.connections)
  const reconnects = Math.max(connection.connections - Math.max(before, 1), 0)
  return (
    <header className="panel header">
      <div className="header-row">
        <h1>gradstream</h1>
        <span className="run-id" title={runId}>
          {runId}
        </span>
        <span className={`status ${isStale ? 'stale' : status}`}>{isStale ? `was ${status}` : status}</span>
        <Sentence state={state} log={log} onShow={onShow} />
        <span className={`connection ${connection.status}`} role="status">
          {connection.status === 'open' ? `connected as ${connection.role}` : DISCONNECTED[connection.status]}
          {connection.status !== 'open' && connection.reason && `: ${connection.reason}`}
          {reconnects > 0 && `, ${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}`}
          {connection.dropped > 0 && `, ${count(connection.dropped)} dropped`}
        </span>
        <button type="button" onClick={() => saveGraph(state)}>
          Graph as JSON
        </button>
      </div>
      <Figures state={state} />
      <Setup state={state} />
      {(error || problem) && (
        <p className="refused" role="alert">
          {error?.message ?? problem}
        </p>
      )}
    </header>
  )
}

const DISCONNECTED = {
  connecting: 'connecting',
  waiting: 'not connected, trying again',
  closed: 'the connection has ended',
} as const

/** How the run is going, with a button that leads to where that shows. */
function Sentence({ state, log, onShow }: Pick<Props, 'state' | 'log' | 'onShow'>) {
  const entries = useLatest(log.entries$, log.entries$.value)
  const { tone, text, place } = diagnosisOf(
    state,
    entries.map(({ event }) => event),
  )
  return (
    <p className={`diagnosis ${tone}`}>
      {tone === 'bad' && <span aria-hidden="true">⚠ </span>}
      {text}{' '}
      {place && (
        <button type="button" className="link" onClick={() => onShow(place)}>
          Show {'node' in place ? place.node : `the ${place.chart.toLowerCase()}`}
        </button>
      )}
    </p>
  )
}

function Figures({ state }: Pick<Props, 'state'>) {
  const { metrics, throughput } = state
  return (
    <dl className="figures">
      <Progress state={state} />
      <Fact name="samples/s" value={count(throughput)} />
      {Object.entries(metrics).map(([name, value]) => (
        <Fact key={name} name={words(name)} value={figures(value)} />
      ))}
    </dl>
  )
}

/** What the run is made of, which stays. */
function Setup({ state }: Pick<Props, 'state'>) {
  const { data, validation, parameters, hyperparameters, seeds, kernels } = state
  const seed =
    seeds.model === seeds.order
      ? count(seeds.model)
      : `${count(seeds.model)} of the model, ${count(seeds.order)} of the order`
  return (
    <dl className="setup">
      {data.source !== null && data.source !== 'arrays' && <Fact name="data" value={data.source} />}
      <Fact name="training samples" value={samplesText(data.samples)} />
      {validation && <Fact name="validation samples" value={samplesText(validation.samples)} />}
      <Fact name="batch size" value={String(hyperparameters.batchSize)} />
      <Fact name="parameters" value={count(parameters)} />
      <Fact name="seed" value={seed} />
      <Fact name="kernels" value={`${kernels.name}, ${kernels.precision}`} title={kernels.description} />
    </dl>
  )
}

const samplesText = (samples: number | null) => (samples === null ? 'a stream' : count(samples))
