/** What a controller can do: the run's own commands, and its hyper-parameters. */
import { type FormEvent, useState } from 'react'
import type { BridgeClient, Command, RunState } from '../client.ts'
import { figures, words } from './format.ts'

/** What became of the last command. */
interface Answer {
  readonly isRefusal: boolean
  readonly text: string
}

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly mayControl: boolean
}

export function Controls({ client, state, mayControl }: Props) {
  const [answer, setAnswer] = useState<Answer>()
  const [steps, setSteps] = useState(1)
  const { status, hyperparameters } = state

  const send = async (command: Command, what: string) => {
    try {
      const { step } = await client.send(command)
      setAnswer({ isRefusal: false, text: `${what}: done at step ${step.toLocaleString('en')}` })
      return true
    } catch (error) {
      setAnswer({ isRefusal: true, text: `${what}: ${(error as Error).message}` })
      return false
    }
  }
  const button = (type: 'start' | 'pause' | 'resume' | 'stop', isPossible: boolean) => (
    <button
      key={type}
      type="button"
      disabled={!mayControl || !isPossible}
      onClick={() => send({ type }, words(type))}
    >
      {type[0]?.toUpperCase() + type.slice(1)}
    </button>
  )
  const isResting = status === 'idle' || status === 'stopped' || status === 'finished' || status === 'failed'
  return (
    <section className="panel controls" aria-label="Controls">
      <div className="panel-head">
        <h2>Controls</h2>
        {!mayControl && <small>You may watch. To steer, open the controller's address.</small>}
      </div>
      <div className="buttons">
        {button('start', isResting)}
        {status === 'paused' ? button('resume', true) : button('pause', status === 'running')}
        <form
          className="step-form"
          onSubmit={event => {
            event.preventDefault()
            void send({ type: 'step', count: steps }, `step ${steps}`)
          }}
        >
          <button type="submit" disabled={!mayControl}>
            Step
          </button>
          <input
            type="number"
            aria-label="steps at a time"
            min="1"
            value={steps}
            disabled={!mayControl}
            onChange={({ target }) => setSteps(Math.max(1, Math.round(target.valueAsNumber) || 1))}
          />
        </form>
        {button('stop', status === 'running' || status === 'paused')}
      </div>
      {Object.entries(hyperparameters).map(([node, config]) =>
        typeof config === 'object' ? (
          <fieldset key={node} className="hyperparameters">
            <legend>{node}</legend>
            {Object.entries(config).map(([name, value]) => (
              <Field
                key={name}
                name={name}
                value={value}
                disabled={!mayControl}
                onSet={next =>
                  send(
                    { type: 'set', node, values: { [name]: next }, revision: state.revision },
                    `${node} ${words(name)} = ${next}`,
                  )
                }
              />
            ))}
          </fieldset>
        ) : null,
      )}
      <output className={answer?.isRefusal ? 'answer refused' : 'answer'}>{answer?.text}</output>
    </section>
  )
}

interface FieldProps {
  readonly name: string
  readonly value: unknown
  readonly disabled: boolean
  readonly onSet: (value: number | boolean) => Promise<boolean>
}

/** One hyper-parameter. What is typed is sent with Enter or when the field is left. */
function Field({ name, value, disabled, onSet }: FieldProps) {
  const [typed, setTyped] = useState<string>()
  if (typeof value === 'boolean') {
    return (
      <label>
        {words(name)}
        <input
          type="checkbox"
          checked={value}
          disabled={disabled}
          onChange={({ target }) => onSet(target.checked)}
        />
      </label>
    )
  }
  if (typeof value !== 'number') return null
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (typed === undefined) return
    const next = Number(typed)
    if (typed.trim() !== '' && Number.isFinite(next) && next !== value) await onSet(next)
    setTyped(undefined)
  }
  return (
    <form onSubmit={submit}>
      <label>
        {words(name)}
        <input
          type="text"
          inputMode="decimal"
          name={name}
          value={typed ?? (Math.abs(value) < 1e-3 && value !== 0 ? figures(value) : String(value))}
          disabled={disabled}
          onChange={({ target }) => setTyped(target.value)}
          onBlur={() => submit()}
        />
      </label>
    </form>
  )
}
