/** What the network has learned: what it says over the plane of two inputs, and how it classifies samples. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../client.ts'
import { Boundary } from './boundary.tsx'
import { Confusion } from './confusion.tsx'
import { useLatest, usePoll } from './hooks.ts'
import { type Learned, Look } from './look.ts'
import { type Task, taskOf } from './task.ts'

/** How often it is looked at anew, in milliseconds. */
const REFRESH = { plane: 400, samples: 1000 } as const

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isDark: boolean
}

export function Outcome({ client, state, isDark }: Props) {
  const { graph } = state
  // The graph of a run stays the same.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, the task depends on the graph alone
  const task = useMemo(() => taskOf(state), [graph])
  if (!task) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where there is little room, by keyboard as well
    <section className="panel outcome" aria-label="What it has learned" tabIndex={0}>
      <div className="panel-head">
        <h2>{titleOf(task)}</h2>
      </div>
      {task.output === undefined ? (
        <p>
          What the loss looks at is no output of the graph. Name it one to see it here: graph(
          {'{ prediction, loss }'}).
        </p>
      ) : (
        <Pictures client={client} state={state} task={task} isDark={isDark} />
      )}
    </section>
  )
}

function titleOf({ kind, isPlane }: Task): string {
  if (kind === 'regression') return 'What it says over the plane'
  return isPlane ? 'Decision boundary and confusion matrix' : 'Confusion matrix'
}

function Pictures({ client, state, task, isDark }: Props & { readonly task: Task }) {
  const { learned, problem } = useLearned(client, state, task)
  const { plane, samples } = learned ?? {}
  return (
    <>
      {problem !== undefined && <p className="refused">{problem}</p>}
      {!learned && problem === undefined && <p>Comes in a moment.</p>}
      <div className="pictures">
        {plane && <Boundary task={task} plane={plane} isDark={isDark} />}
        {samples && <Confusion task={task} samples={samples} />}
      </div>
    </>
  )
}

/** Looks while there is a connection: again and again while the run goes on, and once more when it rests. */
function useLearned(client: BridgeClient, { step, status }: RunState, task: Task) {
  const connection = useLatest<ConnectionState | undefined>(client.connection$, undefined)
  const { connections = 0 } = connection ?? {}
  const [learned, setLearned] = useState<Learned>()
  const [problem, setProblem] = useState<string>()
  const look = useRef<Look>(undefined)
  const shown = useRef(-1)
  // Over another connection there may be another run, with other data.
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for each connection
  useEffect(() => {
    look.current = new Look(client, task)
    shown.current = -1
  }, [client, task, connections])
  const ask = async () => {
    const { current } = look
    if (!current || (status !== 'running' && shown.current === step)) return
    try {
      const found = await current.next()
      if (current !== look.current) return
      shown.current = step
      setLearned(found)
      setProblem(undefined)
    } catch (error) {
      if (current === look.current) setProblem((error as Error).message)
    }
  }
  const every = task.isPlane ? REFRESH.plane : REFRESH.samples
  usePoll(ask, `${connections} ${status}`, every, connection?.status === 'open')
  return { learned, problem }
}
