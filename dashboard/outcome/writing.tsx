/** The text that a language model writes now: from a beginning, again and again as it learns. */
import { type FormEvent, type ReactNode, useReducer, useRef, useState } from 'react'
import type { BridgeClient, ConnectionState, RunState } from '../../client.ts'
import { count, numberIn } from '../format.ts'
import { useLatest, usePoll } from '../hooks.ts'
import { type Text, Typist } from './typist.ts'
import './writing.css'

/** Milliseconds between the questions for two parts of a text, at least between an answer and the next question, and between two texts. */
const PART = [100, 20] as const
const REST = 4000
/** The longest beginning, in characters. */
const LONGEST = 1000

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  /** What else stands in its head; without it, it has none. */
  readonly head: ReactNode
}

export function Writing({ client, state: { step, status }, head }: Props) {
  const connection = useLatest<ConnectionState | undefined>(client.connection$, undefined)
  const [typist] = useState(() => new Typist(client, { prompt: undefined, temperature: 0.8, seed: 0 }))
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0)
  const [problem, setProblem] = useState<{ code?: string; message: string; hint?: string }>()
  const isDenied = problem?.code === 'NOT_AVAILABLE'
  const [begun, countBegun] = useReducer((times: number) => times + 1, 0)
  /** When the present text was complete, and at which step. */
  const completed = useRef({ time: 0, step: -1 })
  const ask = async () => {
    if (isDenied) return
    if (typist.isComplete) {
      if (completed.current.step === step || Date.now() - completed.current.time < REST) return
      typist.again()
    }
    try {
      await typist.next()
      if (typist.isComplete) completed.current = { time: Date.now(), step }
      setProblem(undefined)
    } catch (error) {
      const refused = error as { code?: string; message: string }
      if (refused.code !== 'DISCONNECTED') setProblem(refused)
    }
    redraw()
  }
  const isOn = connection?.status === 'open' && !isDenied
  usePoll(ask, `${connection?.connections} ${status} ${begun}`, PART[0], isOn, PART[1])
  const { present, earlier } = typist
  return (
    <section className="views writing" aria-label="What the model writes">
      {head !== undefined && (
        <div className="panel-head">
          <h2>What it writes</h2>
          {head}
        </div>
      )}
      {isDenied ? (
        <p>
          To see the text that this model writes, say how text becomes tokens when you open the bridge:{' '}
          <code>{'openBridge(trainer, { text: { encode, decode } })'}</code>.
        </p>
      ) : (
        <>
          <Beginning
            prompt={present?.prompt}
            onBegin={(prompt, temperature, seed) => {
              typist.begin({ prompt, temperature, seed })
              setProblem(undefined)
              countBegun()
            }}
          />
          {problem && <p className="refused">{problem.message}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so keyboards must reach it */}
          <section className="texts" aria-label="Texts" tabIndex={0}>
            {present && <Piece text={present} isPresent />}
            {earlier.map(text => (
              <Piece key={`${text.step} ${text.prompt}`} text={text} />
            ))}
          </section>
        </>
      )}
    </section>
  )
}

function Piece({
  text: { prompt, text, step },
  isPresent = false,
}: {
  readonly text: Text
  readonly isPresent?: boolean
}) {
  return (
    <article>
      <small>{isPresent ? `now, from step ${count(step)}` : `from step ${count(step)}`}</small>
      <p>
        <span className="prompt">{prompt}</span>
        {text}
        {isPresent && <span className="caret" aria-hidden="true" />}
      </p>
    </article>
  )
}

interface BeginningProps {
  /** The beginning of the present text. */
  readonly prompt: string | undefined
  readonly onBegin: (prompt: string | undefined, temperature: number, seed: number) => void
}

const RANGES = { temperature: { minimum: 0 }, seed: { minimum: 0, isWhole: true } } as const

/** What the text begins with, and how it is drawn. Enter begins a new one; with the shift key, it is a new line. */
function Beginning({ prompt = '', onBegin }: BeginningProps) {
  const [own, setOwn] = useState<string>()
  const [temperature, setTemperature] = useState('0.8')
  const [seed, setSeed] = useState('0')
  const [problem, setProblem] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const values = [numberIn(temperature, RANGES.temperature), numberIn(seed, RANGES.seed)]
    const wrong = ['temperature', 'seed'].find((_, i) => typeof values[i] === 'string')
    setProblem(
      wrong === undefined ? undefined : `${wrong}: ${values.find(value => typeof value === 'string')}`,
    )
    if (wrong !== undefined) return
    // An empty text stands for the beginning of the data.
    onBegin(own === '' ? undefined : own, values[0] as number, values[1] as number)
  }
  return (
    <form className="beginning" onSubmit={submit} noValidate>
      <label>
        begins with
        <textarea
          rows={1}
          value={own ?? prompt}
          maxLength={LONGEST}
          onChange={({ target }) => setOwn(target.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter' || event.shiftKey) return
            event.preventDefault()
            event.currentTarget.form?.requestSubmit()
          }}
        />
      </label>
      <label>
        temperature
        <input
          type="text"
          inputMode="decimal"
          value={temperature}
          onChange={({ target }) => setTemperature(target.value)}
        />
      </label>
      <label>
        seed
        <input
          type="text"
          inputMode="numeric"
          value={seed}
          onChange={({ target }) => setSeed(target.value)}
        />
      </label>
      <button type="submit">Write</button>
      {problem !== undefined && (
        <p className="refused" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}
