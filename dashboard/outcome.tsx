/** What the network has learned: its predictions over the plane of two inputs, and how it classifies samples. */
import { useMemo, useRef, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../client.ts'
import { useInAddress } from './address.ts'
import { AgainstTrue } from './against-true.tsx'
import { Boundary } from './boundary.tsx'
import { Confusion } from './confusion.tsx'
import { useLatest, usePoll } from './hooks.ts'
import { type Learned, Look, type SaidOfSamples } from './look.ts'
import { Note, useStaleness } from './note.tsx'
import { panelOf, Tabs, useTabs } from './tabs.tsx'
import { classNames, type Task, taskOf } from './task.ts'
import { ThresholdCurves } from './threshold-curves.tsx'
import { toldOf } from './told.ts'
import './outcome.css'

/** How often to refresh, in milliseconds. */
const REFRESH = { plane: 400, samples: 1000 } as const

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isDark: boolean
}

export function Outcome({ client, state, isDark }: Props) {
  const { graph } = state
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, only the graph matters
  const task = useMemo(() => taskOf(state), [graph])
  if (!task) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so keyboards must reach it
    <section className="panel outcome" aria-label="Predictions of the model" tabIndex={0}>
      {task.output === undefined ? (
        <>
          <Head task={task} />
          <p>
            The prediction that the loss uses is not an output of the graph. Add it to see it here: graph(
            {'{ prediction, loss }'}).
          </p>
        </>
      ) : (
        <Pictures client={client} state={state} task={task} isDark={isDark} />
      )}
    </section>
  )
}

function Head({ task, note }: { readonly task: Task; readonly note?: string | undefined }) {
  return (
    <div className="panel-head">
      <h2>{titleOf(task)}</h2>
      <Note>{note}</Note>
    </div>
  )
}

function titleOf({ kind, isPlane }: Task): string {
  if (kind === 'regression') return isPlane ? 'Prediction over the plane' : 'Predicted against true'
  return isPlane ? 'Decision boundary and confusion matrix' : 'Confusion matrix'
}

/** What a yes-or-no question has beside its decision boundary. */
const TABS = ['Confusion matrix', 'ROC and PR'] as const

function Pictures({ client, state, task, isDark }: Props & { readonly task: Task }) {
  const { learned, problem, old } = useLearned(client, state, task)
  const [wanted, setTab] = useInAddress('outcome')
  const tab = TABS.find(name => name === wanted) ?? TABS[0]
  const ids = useTabs()
  const { plane, samples } = learned ?? {}
  const note = !learned && problem === undefined ? 'Loading …' : old
  const isBinary = task.kind === 'binary'
  return (
    <>
      {isBinary ? (
        <div className="panel-head">
          <h2 className="hidden">{titleOf(task)}</h2>
          <Tabs label="Outcomes to show" names={TABS} chosen={tab} onChoose={setTab} ids={ids} />
          <Note>{note}</Note>
        </div>
      ) : (
        <Head task={task} note={note} />
      )}
      {problem !== undefined && <p className="refused">{problem}</p>}
      <div className="pictures" {...(isBinary && panelOf(ids, TABS.indexOf(tab)))}>
        {plane && <Boundary task={task} plane={plane} isDark={isDark} />}
        {samples && <OfSamples task={task} samples={samples} hasCurves={isBinary && tab === TABS[1]} />}
      </div>
    </>
  )
}

interface SamplesProps {
  readonly task: Task
  readonly samples: SaidOfSamples
  readonly hasCurves: boolean
}

function OfSamples({ task, samples, hasCurves }: SamplesProps) {
  const told = useMemo(() => toldOf(task, samples), [task, samples])
  if (!told)
    return (
      <p>The predictions of {samples.count} samples do not fit in one message, so they are not counted.</p>
    )
  const known = samples.names[task.target]
  if (task.kind === 'regression') return <AgainstTrue told={told} name={known?.[0]} samples={samples} />
  const names = classNames(task, known)
  if (hasCurves) return <ThresholdCurves told={told} yes={names[1] as string} samples={samples} />
  return <Confusion told={told} names={names} samples={samples} />
}

/** Polls while connected: repeatedly while the run goes on, and once more when it rests. */
function useLearned(client: BridgeClient, { step, status }: RunState, task: Task) {
  const connection = useLatest<ConnectionState | undefined>(client.connection$, undefined)
  const [learned, setLearned] = useState<Learned>()
  const [problem, setProblem] = useState<string>()
  const [answeredAt, setAnsweredAt] = useState<number>()
  const [look] = useState(() => new Look(client, task))
  const shown = useRef(-1)
  const ask = async () => {
    if (status !== 'running' && shown.current === step) return
    try {
      setLearned(await look.next())
      shown.current = step
      setProblem(undefined)
      setAnsweredAt(Date.now())
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      // Other parts of the page show this; keep the earlier predictions.
      if (code !== 'DISCONNECTED') setProblem(message)
    }
  }
  const isOpen = connection?.status === 'open'
  const every = task.isPlane ? REFRESH.plane : REFRESH.samples
  usePoll(ask, `${connection?.connections} ${status}`, every, isOpen)
  const old = useStaleness(answeredAt, isOpen && status === 'running' && problem === undefined)
  return { learned, problem, old }
}
