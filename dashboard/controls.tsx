/** The controls: commands of the run, and hyper-parameters. */
import { type FormEvent, useContext, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../client.ts'
import { Crew } from './controls/crew.tsx'
import { Field } from './controls/field.tsx'
import { Keys } from './controls/keys.tsx'
import { Presets } from './controls/presets-dialog.tsx'
import { Speed } from './controls/speed.tsx'
import { useChanges } from './controls/use-changes.ts'
import { type Order, type Orders, useOrders } from './controls/use-orders.ts'
import { numberIn, speedText } from './format.ts'
import { useChord, useKey } from './hooks.ts'
import { Icon } from './icon.tsx'
import { CrowdContext, Dot } from './people.tsx'
import './controls/controls.css'

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly connection: ConnectionState
}

export function Controls({ client, state, connection }: Props) {
  const orders = useOrders(client)
  const { set, apply, undo, redo, undoText, redoText } = useChanges(orders, client, state)
  const { hyperparameters, follows, limits, revision } = state
  const whyOff = whyOffOf(connection)
  const isOff = whyOff !== undefined
  useChord('z', false, () => void undo(), !isOff)
  useChord('z', true, () => void redo(), !isOff)
  useChord('y', false, () => void redo(), !isOff)
  return (
    <section className="panel controls" aria-label="Controls">
      <div className="panel-head">
        <h2>Controls</h2>
        {whyOff && <small>{whyOff}</small>}
        <Crew client={client} author={connection.author} />
        <Keys />
      </div>
      <Commands orders={orders} status={state.status} isOff={isOff} />
      {state.checkpoints && <Checkpoints orders={orders} names={state.checkpoints} isOff={isOff} />}
      <div className="buttons">
        <Speed
          stepsPerSecond={state.stepsPerSecond}
          isOff={isOff}
          onSet={stepsPerSecond =>
            void orders.give(`speed ${speedText(stepsPerSecond)}`, { type: 'stepsPerSecond', stepsPerSecond })
          }
        />
      </div>
      <div className="panel-head">
        <h3>Hyper-parameters</h3>
        <span className="turns">
          <button
            type="button"
            disabled={isOff || !undoText}
            aria-label="Undo"
            aria-keyshortcuts="Control+Z"
            title={undoText ?? 'Undoes the last change of a hyper-parameter that you made here'}
            onClick={() => void undo()}
          >
            <Icon name="undo" />
          </button>
          <button
            type="button"
            disabled={isOff || !redoText}
            aria-label="Redo"
            aria-keyshortcuts="Control+Shift+Z"
            title={redoText ?? 'Makes the last change again that you undid'}
            onClick={() => void redo()}
          >
            <Icon name="redo" />
          </button>
          <Presets state={state} isOff={isOff} onApply={apply} />
        </span>
      </div>
      <div className="fields">
        {Object.entries(hyperparameters).map(([node, config]) =>
          typeof config === 'object' ? (
            <fieldset key={node} className="hyperparameters">
              <legend>{node}</legend>
              {Object.entries(config).map(([name, value]) => (
                <Field
                  key={name}
                  name={name}
                  value={value}
                  follows={follows[node]?.[name]}
                  limits={limits[node]?.[name]}
                  revision={revision}
                  isOff={isOff}
                  onSet={(next, revision) => set(node, name, next, revision)}
                />
              ))}
            </fieldset>
          ) : null,
        )}
      </div>
      <Answers orders={orders.orders} author={connection.author} />
    </section>
  )
}

/** Why commands are unavailable. A controller is not told to open the controller's address. */
function whyOffOf({ status, role }: ConnectionState): string | undefined {
  if (status === 'closed') return 'The connection has ended: reload the page.'
  if (status !== 'open') return 'Not connected: commands have to wait.'
  return role === 'controller' ? undefined : "You can watch. To steer, open the controller's address."
}

interface CommandsProps {
  readonly orders: Orders
  readonly status: RunState['status']
  readonly isOff: boolean
}

function Commands({ orders, status, isOff }: CommandsProps) {
  const [steps, setSteps] = useState('1')
  const [problem, setProblem] = useState<string>()
  const button = (type: 'start' | 'pause' | 'resume' | 'stop', isPossible: boolean, key?: string) => {
    const isPending = orders.isPending(type)
    return (
      <button
        key={type}
        type="button"
        className={type === 'start' || type === 'resume' ? 'first' : undefined}
        disabled={isOff || !isPossible}
        aria-busy={isPending}
        aria-keyshortcuts={key}
        title={key && 'The space bar does the same'}
        onClick={() => orders.give(type, { type })}
      >
        {type[0]?.toUpperCase() + type.slice(1)}
      </button>
    )
  }
  const step = (event?: FormEvent) => {
    event?.preventDefault()
    const count = numberIn(steps, { minimum: 1, isWhole: true })
    setProblem(typeof count === 'string' ? count : undefined)
    if (typeof count === 'number') void orders.give(`step ${count}`, { type: 'step', count })
  }
  const toggle = status === 'paused' ? 'resume' : 'pause'
  useKey(
    ' ',
    () => void orders.give(toggle, { type: toggle }),
    !isOff && (status === 'running' || status === 'paused'),
  )
  useKey('.', step, !isOff)
  const isResting = status === 'idle' || status === 'stopped' || status === 'finished' || status === 'failed'
  return (
    <div className="buttons">
      {button('start', isResting)}
      {status === 'paused' ? button('resume', true, 'Space') : button('pause', status === 'running', 'Space')}
      <form className="step-form" onSubmit={step} noValidate>
        <button type="submit" disabled={isOff} aria-keyshortcuts="." title="The key . does the same">
          Step
        </button>
        <input
          type="number"
          aria-label="steps at a time"
          aria-invalid={problem !== undefined}
          aria-describedby="steps-problem"
          min="1"
          value={steps}
          disabled={isOff}
          onChange={({ target }) => {
            setSteps(target.value)
            setProblem(undefined)
          }}
        />
      </form>
      {button('stop', status === 'running' || status === 'paused')}
      <small id="steps-problem" className="refused" role="alert">
        {problem && `steps: ${problem}`}
      </small>
    </div>
  )
}

interface CheckpointsProps {
  readonly orders: Orders
  readonly names: readonly string[]
  readonly isOff: boolean
}

/** Those that are kept, and a button for one more. */
function Checkpoints({ orders, names, isOff }: CheckpointsProps) {
  // Those that were best before it are only kept for being late.
  const best = names.filter(name => name.endsWith('-best')).at(-1)
  return (
    <div className="buttons">
      <button
        type="button"
        disabled={isOff}
        aria-busy={orders.isPending('checkpoint')}
        onClick={() => orders.give('checkpoint', { type: 'checkpoint' })}
      >
        Checkpoint
      </button>
      <ul className="checkpoints" aria-label="Checkpoints">
        {names.map(name => (
          <li key={name}>
            {Number.parseInt(name.slice('checkpoint-'.length), 10)}
            {name === best && ' best'}
          </li>
        ))}
      </ul>
    </div>
  )
}

const SIGNS = { pending: '…', done: '✓', refused: '✕' } as const

/** The latest answers, newest first. Screen readers announce each new one. */
function Answers({
  orders,
  author = '',
}: {
  readonly orders: readonly Order[]
  readonly author?: string | undefined
}) {
  const own = useContext(CrowdContext).byAuthor.get(author)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keys, too
    <ol className="answers" aria-label="Answers to commands" aria-live="polite" tabIndex={0}>
      {orders.map(({ key, what, outcome, text }) => (
        <li key={key} className={`answer ${outcome}`}>
          <Dot person={own} /> <span aria-hidden="true">{SIGNS[outcome]}</span> <strong>{what}</strong> {text}
        </li>
      ))}
    </ol>
  )
}
