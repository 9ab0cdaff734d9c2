/** The header: what the run learns, how it is going, and its figures. */
import { useMemo, useState } from 'react'
import type { ConnectionState, RunState } from '../client.ts'
import { diagnosisOf, type Place } from './diagnosis.ts'
import { saveGraph } from './downloads.ts'
import type { EventLog } from './event-log.ts'
import { Best, Fact, Progress } from './facts.tsx'
import { count, figures, words } from './format.ts'
import { useLatest } from './hooks.ts'
import { type ColumnNames, purposeOf } from './purpose.ts'
import './header.css'

interface Props {
  readonly state: RunState
  readonly log: EventLog
  readonly connection: ConnectionState
  readonly problem: string | undefined
  readonly isStale: boolean
  /** What the data call what they have. */
  readonly names: ColumnNames | undefined
  readonly onShow: (place: Place) => void
}

export function Header({ state, log, connection, problem, isStale, names, onShow }: Props) {
  const { status, error } = state
  // Another run is no fault of the connection.
  const [before] = useState(connection.connections)
  const reconnects = Math.max(connection.connections - Math.max(before, 1), 0)
  return (
    <header className="panel header">
      <div className="header-row">
        <h1>gradstream</h1>
        <Purpose state={state} names={names} />
        <span className={`connection ${connection.status}`} role="status">
          {connection.status === 'open' ? `connected as ${connection.role}` : DISCONNECTED[connection.status]}
          {connection.status !== 'open' && connection.reason && `: ${connection.reason}`}
          {reconnects > 0 && `, ${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}`}
          {connection.dropped > 0 && `, ${count(connection.dropped)} dropped`}
        </span>
      </div>
      {/* In a line of its own, what is said of the run moves nothing. */}
      <div className="standing">
        <span className={`status ${isStale ? 'stale' : status}`}>{isStale ? `was ${status}` : status}</span>
        <Sentence state={state} log={log} onShow={onShow} />
      </div>
      <Figures state={state} />
      <Way state={state} />
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

/** What it learns. */
function Purpose({ state, names }: Pick<Props, 'state' | 'names'>) {
  const { graph } = state
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, only the graph matters
  const purpose = useMemo(() => purposeOf(state, names), [graph, names])
  return purpose === undefined ? null : <strong className="purpose">{purpose}</strong>
}

/** The way through the epochs, and how much of it is done. */
function Way({ state: { step, epoch, epochs, stepsPerEpoch } }: Pick<Props, 'state'>) {
  const done = stepsPerEpoch === null ? epoch / epochs : step / (epochs * stepsPerEpoch)
  return (
    <div className="way" aria-hidden="true">
      <i style={{ width: `${100 * Math.min(done, 1)}%` }} />
    </div>
  )
}

/** How good it is at the left, how far it has come at the right: what comes later moves nothing. */
function Figures({ state }: Pick<Props, 'state'>) {
  const { metrics, validation, throughput } = state
  const trained = Object.keys(metrics).filter(name => validatedName(name) === undefined)
  // What people ask for comes first, and the loss, which says little by itself, last.
  const names = [...trained.filter(name => name !== 'loss'), ...trained.filter(name => name === 'loss')]
  const validated = Object.keys(metrics).map(validatedName)
  return (
    <div className="figures">
      <dl className="how-good">
        {(names.length > 0 ? names : ['loss']).map(name => {
          const own = `validation${name[0]?.toUpperCase()}${name.slice(1)}`
          // Until the first epoch has ended, it is not known which are validated, too.
          const isValidated =
            validation && (validated.length === 0 || !validated.some(Boolean) || own in metrics)
          return (
            <div key={name}>
              <dt>{words(name)}</dt>
              <dd data-fact={words(name)}>{figures(metrics[name])}</dd>
              {isValidated && (
                <dd className="validated">
                  validation <b data-fact={words(own)}>{figures(metrics[own])}</b>
                </dd>
              )}
            </div>
          )
        })}
        <Best state={state} />
      </dl>
      <dl className="how-far">
        <Progress state={state} />
        <Fact name="samples/s" value={count(throughput)} />
      </dl>
    </div>
  )
}

/** What a figure of the validation is called without that; undefined for one of the training. */
const validatedName = (name: string): string | undefined => /^validation([A-Z].*)$/.exec(name)?.[1]

/** What the run is made of, which stays. */
function Setup({ state }: Pick<Props, 'state'>) {
  const { runId, data, validation, parameters, hyperparameters, seeds, kernels } = state
  const seed =
    seeds.model === seeds.order
      ? count(seeds.model)
      : `${count(seeds.model)} of the model, ${count(seeds.order)} of the order`
  return (
    <div className="setup-row">
      <dl className="setup">
        {data.source !== null && data.source !== 'arrays' && <Fact name="data" value={data.source} />}
        <Fact name="training samples" value={samplesText(data.samples)} />
        {validation && <Fact name="validation samples" value={samplesText(validation.samples)} />}
        <Fact name="batch size" value={String(hyperparameters.batchSize)} />
        <Fact name="parameters" value={count(parameters)} />
        <Fact name="seed" value={seed} />
        <Fact name="kernels" value={`${kernels.name}, ${kernels.precision}`} title={kernels.description} />
      </dl>
      <span className="run-id" title={runId}>
        {runId}
      </span>
      <button type="button" onClick={() => saveGraph(state)}>
        Graph as JSON
      </button>
    </div>
  )
}

const samplesText = (samples: number | null) => (samples === null ? 'a stream' : count(samples))
