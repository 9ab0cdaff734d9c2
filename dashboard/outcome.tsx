/** What the network has learned: its predictions over the plane of two inputs, and what they are worth for samples. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../client.ts'
import { useInAddress } from './address.ts'
import { useEscape, useLatest, useMedia, usePoll } from './hooks.ts'
import { Icon } from './icon.tsx'
import { type Learned, Look } from './look.ts'
import { Note, useStaleness } from './note.tsx'
import { Embeddings } from './outcome/embeddings.tsx'
import { type Table, tablesOf } from './outcome/tables.ts'
import { Views } from './outcome/views.tsx'
import { Writing } from './outcome/writing.tsx'
import type { ColumnNames } from './purpose.ts'
import { panelOf, Tabs, useTabs } from './tabs.tsx'
import { isLanguageModel, type Task, tasksOf } from './task.ts'
import './outcome.css'
import './outcome/outcome.css'

/** Milliseconds between two questions, and at least between an answer and the next question: 12 pictures of a plane a second. */
const REFRESH = { plane: [80, 10], samples: [1000, 1000] } as const
/** The most outputs beside each other. */
const BESIDE = 3

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isDark: boolean
  /** Called with what the data call what they have. */
  readonly onNames: (names: ColumnNames) => void
}

export function Outcome({ client, state, isDark, onNames }: Props) {
  const { graph } = state
  const [chosen, setSize] = useInAddress('outcomes')
  const isLarge = chosen === 'large'
  const shrink = useCallback(() => setSize(''), [setSize])
  useEscape(shrink, isLarge)
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the state, only the graph matters
  const [tasks, writes, tables] = useMemo(
    () => [tasksOf(state), isLanguageModel(state), tablesOf(state)] as const,
    [graph],
  )
  const [first] = tasks
  if (!first && !writes && tables.length === 0) return null
  const name = isLarge ? 'Smaller' : 'Enlarge'
  const size = (
    <button
      type="button"
      className="size"
      aria-label={name}
      title={name}
      onClick={() => setSize(isLarge ? '' : 'large')}
    >
      <Icon name={isLarge ? 'shrink' : 'enlarge'} />
    </button>
  )
  const className = isLarge ? 'panel outcome large' : 'panel outcome'
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so keyboards must reach it
    <section className={className} aria-label="Predictions of the model" tabIndex={0}>
      {(writes || (tables.length > 0 && first?.output === undefined)) && (
        <Others
          client={client}
          state={state}
          isDark={isDark}
          writes={writes}
          tables={tables}
          head={!first && size}
        />
      )}
      {first && first.output === undefined && (
        <>
          <div className="panel-head">
            <h2>Predictions</h2>
            <Note />
          </div>
          <p>
            The prediction that the loss uses is not an output of the graph. Add it to see it here: graph(
            {'{ prediction, loss }'}).
          </p>
        </>
      )}
      {first?.output !== undefined && (
        <Outputs
          client={client}
          state={state}
          tasks={tasks}
          tables={writes ? [] : tables}
          isDark={isDark}
          isLarge={isLarge}
          size={size}
          onNames={onNames}
        />
      )}
    </section>
  )
}

interface OthersProps extends Omit<Props, 'onNames'> {
  readonly writes: boolean
  readonly tables: readonly Table[]
  readonly head: React.ReactNode
}

/** What there is to see of a network that writes, or that predicts nothing that can be pictured. */
function Others({ client, state, isDark, writes, tables, head }: OthersProps) {
  const [wanted, setView] = useInAddress('outcome')
  const ids = useTabs()
  const names = [...(writes ? ['Text'] : []), ...(tables.length > 0 ? ['Embeddings'] : [])]
  const at = Math.max(names.indexOf(wanted), 0)
  const isTabbed = names.length > 1
  const shown =
    names[at] === 'Text' ? (
      <Writing client={client} state={state} head={isTabbed ? undefined : head} />
    ) : (
      <section className="views" aria-label="Embeddings">
        {!isTabbed && (
          <div className="panel-head">
            <h2>Embeddings</h2>
            {head}
          </div>
        )}
        <Embeddings client={client} tables={tables} isDark={isDark} />
      </section>
    )
  if (!isTabbed) return shown
  return (
    <>
      <div className="panel-head">
        <Tabs
          label="Outcomes to show"
          names={names}
          chosen={names[at] as string}
          onChoose={setView}
          ids={ids}
        />
        <Note />
        {head}
      </div>
      <div className="outputs" {...panelOf(ids, at)}>
        {shown}
      </div>
    </>
  )
}

interface OutputsProps extends Props {
  readonly tables: readonly Table[]
  readonly tasks: readonly Task[]
  readonly isLarge: boolean
  /** Changes the size of the panel. */
  readonly size: React.ReactNode
}

/** A view of each output, beside each other where there is room, otherwise one of them. */
function Outputs({ client, state, tasks, tables, isDark, isLarge, size, onNames }: OutputsProps) {
  const { learned, problem, old, restedAt } = useLearned(client, state, tasks)
  const columns = learned?.samples.names
  useEffect(() => {
    if (columns) onNames(columns)
  }, [columns, onNames])
  const [wanted, setWanted] = useInAddress('output')
  const [isWide, isVeryWide] = [useMedia('(min-width: 1000px)'), useMedia('(min-width: 2000px)')]
  const ids = useTabs()
  const names = tasks.map(({ name }) => name)
  const chosen = Math.max(names.indexOf(wanted), 0)
  const areBeside = tasks.length > 1 && tasks.length <= BESIDE && (isLarge ? isWide : isVeryWide)
  const note = !learned && problem === undefined ? 'Loading …' : old
  const head = (
    <>
      <Note>{note}</Note>
      {size}
    </>
  )
  return (
    <>
      {problem !== undefined && <p className="refused">{problem}</p>}
      {areBeside ? (
        <div className="outputs" data-step={restedAt}>
          {tasks.map((task, i) => (
            <Views
              key={task.name}
              client={client}
              state={state}
              task={task}
              title={task.name}
              tables={tables}
              learned={learned}
              isDark={isDark}
              head={i === tasks.length - 1 && head}
            />
          ))}
        </div>
      ) : (
        <div className="outputs" data-step={restedAt} {...(tasks.length > 1 && panelOf(ids, chosen))}>
          <Views
            key={names[chosen]}
            client={client}
            state={state}
            task={tasks[chosen] as Task}
            choice={
              tasks.length > 1 && (
                <Tabs
                  label="Outputs"
                  names={names}
                  chosen={names[chosen] as string}
                  onChoose={setWanted}
                  ids={ids}
                />
              )
            }
            tables={tables}
            learned={learned}
            isDark={isDark}
            head={head}
          />
        </div>
      )}
    </>
  )
}

/** Polls while connected: repeatedly while the run goes on, and once more when it rests. */
function useLearned(client: BridgeClient, { step, status }: RunState, tasks: readonly Task[]) {
  const connection = useLatest<ConnectionState | undefined>(client.connection$, undefined)
  const [learned, setLearned] = useState<Learned>()
  const [problem, setProblem] = useState<string>()
  const [answeredAt, setAnsweredAt] = useState<number>()
  const { input = '' } = tasks.find(({ isPlane }) => isPlane) ?? tasks[0] ?? {}
  const isPlane = tasks.some(task => task.isPlane)
  const width = Math.max(...tasks.map(task => task.width))
  const [look] = useState(() => new Look(client, { input, isPlane, width }))
  // While the run goes on, the samples may be of an earlier step.
  const [restedAt, setRestedAt] = useState<number>()
  const ask = async () => {
    const isResting = status !== 'running'
    if (isResting && restedAt === step) return
    try {
      setLearned(await look.next(isResting))
      setRestedAt(isResting ? step : undefined)
      setProblem(undefined)
      setAnsweredAt(Date.now())
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      // Other parts of the page show this; keep the earlier predictions.
      if (code !== 'DISCONNECTED') setProblem(message)
    }
  }
  const isOpen = connection?.status === 'open'
  const [every, least] = isPlane ? REFRESH.plane : REFRESH.samples
  usePoll(ask, `${connection?.connections} ${status}`, every, isOpen, least)
  const old = useStaleness(answeredAt, isOpen && status === 'running' && problem === undefined)
  return { learned, problem, old, restedAt }
}
