/** The page as a whole. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { BridgeClient, GradstreamError, RunState } from '../client.ts'
import { forgetView, useInAddress } from './address.ts'
import { Charts } from './charts.tsx'
import { Controls } from './controls.tsx'
import { DraftPanel } from './editing/draft-panel.tsx'
import { NodeEditor } from './editing/node-editor.tsx'
import { EditsContext, faultAt, useEdits } from './editing/use-edits.ts'
import type { EventLog } from './event-log.ts'
import { type Failure, failureOf } from './failure.ts'
import { GraphView } from './graph-view.tsx'
import { Header } from './header.tsx'
import { useEscape, useLatest, useMedia, useSince } from './hooks.ts'
import { Log } from './log.tsx'
import { NodePanel } from './node-panel.tsx'
import { StaleSince, useConnection } from './note.tsx'
import { Notice } from './notice.tsx'
import { NotifyButton } from './notify-button.tsx'
import { optimizersOf } from './optimizers.ts'
import { Outcome } from './outcome.tsx'
import { CrowdContext, useCrowd } from './people.tsx'
import type { ColumnNames } from './purpose.ts'
import { System } from './system.tsx'

interface Props {
  readonly client: BridgeClient
  readonly log: EventLog
}

export function App({ client, log }: Props) {
  const state = useLatest<RunState | undefined>(client.state$, undefined, isAnswer)
  const { connection, staleSince } = useConnection(client)
  const problem = useProblem(client)
  const crowd = useCrowd(client)
  const [node, setNode] = useInAddress('node')
  const selected = node === '' ? undefined : node
  // Another node begins with its first tab.
  const setSelected = useCallback(
    (id: string | undefined) => {
      forgetView(['part'])
      setNode(id ?? '')
    },
    [setNode],
  )
  const failure = useFailure(state, log)
  const [names, setNames] = useState<ColumnNames>()
  const hasRoom = useMedia('(min-width: 2000px)')
  // Without a connection, it would have nothing to show.
  const isTwice = useSince(connection.status === 'open', hasRoom)
  const edits = useEdits(client, state, connection, selected)
  const { node: faulty, message } = edits?.problem ?? {}
  const fault = useMemo(() => faultAt(faulty, message), [faulty, message])
  const isDark = useMedia('(prefers-color-scheme: dark)')

  // biome-ignore lint/correctness/useExhaustiveDependencies: the set of nodes depends only on the graph
  const optimizers = useMemo(() => (state ? optimizersOf(state) : {}), [state?.graph])
  // The fields of an optimizer are among the controls.
  const select = useCallback(
    (id: string) => (Object.hasOwn(optimizers, id) ? focusOn(id) : setSelected(id)),
    [optimizers, setSelected],
  )

  const close = useCallback(() => setSelected(undefined), [setSelected])
  useEscape(close, selected !== undefined)
  const title = titleOf(state, staleSince !== undefined)
  useEffect(() => {
    document.title = title
  }, [title])
  if (problem && !state)
    return <Notice problem={problem.message} isOfAddress={problem.code !== 'DISCONNECTED'} />
  if (!state) return <Notice reason={connection.reason} />
  const nodes = edits?.nodes ?? state.nodes
  const info = selected !== undefined && Object.hasOwn(nodes, selected) ? nodes[selected] : undefined
  const isDraft = info !== undefined && !Object.hasOwn(state.nodes, selected ?? '')
  const isConnected = connection.status === 'open'
  const canSteer = isConnected && connection.role === 'controller'
  const charted = { client, state, log, isConnected, canSteer, isDark }
  return (
    <StaleSince value={staleSince}>
      <CrowdContext value={crowd}>
        <main className={`page${info ? ' with-node' : ''}${hasRoom ? ' wide' : ''}`}>
          <Header
            state={state}
            log={log}
            connection={connection}
            problem={problem?.message}
            isStale={staleSince !== undefined}
            names={names}
            onShow={place => ('node' in place ? select(place.node) : showChart(place.chart))}
          />
          <EditsContext value={edits}>
            <GraphView
              client={client}
              nodes={nodes}
              optimizers={optimizers}
              hyperparameters={state.hyperparameters}
              follows={state.follows}
              step={isScheduled(state) ? state.step : 0}
              status={state.status}
              failure={fault ?? failure}
              drafted={edits?.marks}
              selected={selected}
              isDark={isDark}
              onSelect={select}
            />
          </EditsContext>
          <Charts {...charted} />
          {isTwice && <Charts {...charted} isSecond />}
          {isDraft && edits && selected !== undefined && (
            <DraftPanel key={selected} id={selected} info={info} edits={edits} onOpen={setSelected} />
          )}
          {info && !isDraft && selected !== undefined && (
            <NodePanel
              client={client}
              id={selected}
              info={info}
              status={state.status}
              isDark={isDark}
              onClose={close}
            >
              {edits && <NodeEditor id={selected} info={info} edits={edits} onOpen={setSelected} />}
            </NodePanel>
          )}
          <Outcome client={client} state={state} isDark={isDark} onNames={setNames} />
          <Controls client={client} state={state} connection={connection} />
          <Log
            log={log}
            head={<NotifyButton log={log} runId={state.runId} />}
            foot={<System client={client} />}
          />
        </main>
      </CrowdContext>
    </StaleSince>
  )
}

/** What a command leads to is shown at once: whoever sent it is looking. */
const isAnswer = (state: RunState | undefined, before: RunState | undefined): boolean =>
  state?.status !== before?.status ||
  state?.revision !== before?.revision ||
  state?.stepsPerSecond !== before?.stepsPerSecond

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

/** Opens a chart, and moves the focus to its tab. */
function showChart(title: string): void {
  const tabs = [...document.querySelectorAll<HTMLElement>('.charts [role="tab"]')]
  const tab = tabs.find(({ textContent }) => textContent === title)
  tab?.click()
  tab?.focus({ preventScroll: true })
  tab?.closest('.charts')?.scrollIntoView({ block: 'nearest' })
}

/** Whether some hyper-parameter follows a schedule. Without one, the graph need not know the step. */
const isScheduled = ({ follows }: RunState) =>
  Object.values(follows).some(own => Object.values(own).length > 0)

/** The node in which the run failed: the same object as long as it is the same failure. */
function useFailure(state: RunState | undefined, log: EventLog): Failure | undefined {
  const entries = useLatest(log.entries$, log.entries$.value)
  const failure = state?.error
    ? failureOf(
        state,
        entries.map(({ event }) => event),
      )
    : undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it says is what it is
  return useMemo(() => failure, [failure?.node, failure?.message])
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
