/** The page as a whole. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../client.ts'
import { Charts } from './charts.tsx'
import { Controls } from './controls.tsx'
import { saveGraph } from './downloads.ts'
import type { EventLog } from './event-log.ts'
import { count, figures, words } from './format.ts'
import { GraphView } from './graph-view.tsx'
import { useEscape, useLatest, useMedia } from './hooks.ts'
import { Log } from './log.tsx'
import { NodePanel } from './node-panel.tsx'
import { StaleSince, useConnection } from './note.tsx'
import { Notice } from './notice.tsx'
import { NotifyButton } from './notify-button.tsx'
import { optimizersOf } from './optimizers.ts'
import { Outcome } from './outcome.tsx'
import { System } from './system.tsx'

interface Props {
  readonly client: BridgeClient
  readonly log: EventLog
}

export function App({ client, log }: Props) {
  const state = useLatest<RunState | undefined>(client.state$, undefined)
  const { connection, staleSince } = useConnection(client)
  const problem = useProblem(client)
  const [selected, setSelected] = useState<string>()
  const isDark = useMedia('(prefers-color-scheme: dark)')

  // biome-ignore lint/correctness/useExhaustiveDependencies: the set of nodes depends only on the graph
  const optimizers = useMemo(() => (state ? optimizersOf(state) : {}), [state?.graph])
  // The fields of an optimizer are among the controls.
  const select = useCallback(
    (id: string) => (Object.hasOwn(optimizers, id) ? focusOn(id) : setSelected(id)),
    [optimizers],
  )

  const close = useCallback(() => setSelected(undefined), [])
  useEscape(close, selected !== undefined)
  const title = titleOf(state, staleSince !== undefined)
  useEffect(() => {
    document.title = title
  }, [title])
  if (problem && !state) return <Notice problem={problem} />
  if (!state) return <Notice reason={connection.reason} />
  const info = selected === undefined ? undefined : state.nodes[selected]
  const isConnected = connection.status === 'open'
  return (
    <StaleSince value={staleSince}>
      <main className={info ? 'page with-node' : 'page'}>
        <Header state={state} connection={connection} problem={problem} isStale={staleSince !== undefined} />
        <GraphView
          client={client}
          nodes={state.nodes}
          optimizers={optimizers}
          hyperparameters={state.hyperparameters}
          isResting={state.status !== 'running'}
          selected={selected}
          isDark={isDark}
          onSelect={select}
        />
        <Charts client={client} state={state} log={log} isConnected={isConnected} isDark={isDark} />
        {info && selected !== undefined && (
          <NodePanel
            client={client}
            id={selected}
            info={info}
            isResting={state.status !== 'running'}
            isDark={isDark}
            onClose={close}
          />
        )}
        <Outcome client={client} state={state} isDark={isDark} />
        <Controls client={client} state={state} connection={connection} />
        <Log
          log={log}
          head={<NotifyButton log={log} runId={state.runId} />}
          foot={<System client={client} />}
        />
      </main>
    </StaleSince>
  )
}

/** Without a connection, the last known status may be out of date. */
const titleOf = (state: RunState | undefined, isStale: boolean) =>
  state ? `${isStale ? 'connection lost' : state.status} – gradstream` : 'gradstream'

/** Focuses the fields of an optimizer. A viewer cannot edit them, but sees them. */
function focusOn(optimizer: string): void {
  const groups = [...document.querySelectorAll('.controls fieldset')]
  const fields = groups.find(group => group.querySelector('legend')?.textContent === optimizer)
  fields?.scrollIntoView({ block: 'nearest' })
  fields?.querySelector<HTMLInputElement>('input:enabled')?.focus()
}

interface HeaderProps {
  readonly state: RunState
  readonly connection: ConnectionState
  readonly problem: string | undefined
  readonly isStale: boolean
}

function Header({ state, connection, problem, isStale }: HeaderProps) {
  const { runId, status, epoch, epochs, step, metrics, throughput, error } = state
  const reconnects = Math.max(connection.connections - 1, 0)
  return (
    <header className="panel header">
      <h1>gradstream</h1>
      <span className="run-id" title={runId}>
        {runId}
      </span>
      <span className={`status ${isStale ? 'stale' : status}`}>{isStale ? `was ${status}` : status}</span>
      <dl>
        <Fact name="epoch" value={`${count(epoch)} / ${count(epochs)}`} />
        <Fact name="step" value={count(step)} />
        {Object.entries(metrics).map(([name, value]) => (
          <Fact key={name} name={words(name)} value={figures(value)} />
        ))}
        <Fact name="samples/s" value={count(throughput)} />
      </dl>
      <span className={`connection ${connection.status}`} role="status">
        {connection.status === 'open' ? `connected as ${connection.role}` : DISCONNECTED[connection.status]}
        {connection.status !== 'open' && connection.reason && `: ${connection.reason}`}
        {reconnects > 0 && `, ${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}`}
        {connection.dropped > 0 && `, ${count(connection.dropped)} dropped`}
      </span>
      <button type="button" onClick={() => saveGraph(state)}>
        Graph as JSON
      </button>
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

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd data-fact={name}>{value}</dd>
  </div>
)

/** Why the bridge no longer admits this page. */
function useProblem(client: BridgeClient): string | undefined {
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    const subscription = client.state$.subscribe({ error: (error: Error) => setProblem(error.message) })
    return () => subscription.unsubscribe()
  }, [client])
  return problem
}
