/**
 * The field of a hyper-parameter. Enter or leaving the field sends the value; an invalid value stays, with
 * the reason.
 */
import { type FormEvent, useId, useRef, useState } from 'react'
import type { Followed, Limits } from '../../client.ts'
import { figures, followedText, limitsText, numberIn, plain, words } from '../format.ts'

interface Props {
  readonly name: string
  readonly value: unknown
  /** The schedule or the stream that gives the value, if any. */
  readonly follows: Followed | undefined
  readonly limits: Limits | undefined
  /** The revision of the shown hyper-parameters. */
  readonly revision: number
  readonly isOff: boolean
  /** `revision` is the one shown when the user came to the field. */
  readonly onSet: (value: number | boolean, revision: number) => Promise<unknown>
}

export function Field(props: Props) {
  const { name, value, follows, revision, isOff, onSet } = props
  if (typeof value === 'number')
    return follows ? (
      <FollowedField {...props} value={value} follows={follows} />
    ) : (
      <NumberField {...props} value={value} />
    )
  if (typeof value !== 'boolean') return null
  return (
    <label className="field">
      {words(name)}
      <input
        type="checkbox"
        checked={value}
        disabled={isOff}
        onChange={({ target }) => onSet(target.checked, revision)}
      />
    </label>
  )
}

interface NumberProps extends Props {
  readonly value: number
}

/** Shows the present number. To replace what gives it takes a click, so that nobody does so unawares. */
function FollowedField(props: NumberProps & { readonly follows: Followed }) {
  const { name, value, follows, isOff } = props
  const [isReplacing, setReplacing] = useState(false)
  const what = followedText(follows)
  if (isReplacing)
    return <NumberField {...props} note={`Replaces ${what}.`} onLeave={() => setReplacing(false)} />
  return (
    <div className="field followed">
      <span>{words(name)}</span>
      <button type="button" disabled={isOff} onClick={() => setReplacing(true)}>
        Replace<span className="hidden"> {`${what} of ${words(name)}`}</span>
      </button>
      <small title={follows === 'stream' ? undefined : plain(follows)}>
        follows {what}, now {figures(value)}
      </small>
    </div>
  )
}

interface NumberFieldProps extends NumberProps {
  /** What a number set here does beyond the usual. With a note, the field takes the focus. */
  readonly note?: string
  /** Called when the user has finished. */
  readonly onLeave?: () => void
}

interface Held {
  readonly text: string
  readonly isTyped: boolean
  /** The revision shown when the user came to the field. */
  readonly revision: number
}

function NumberField(props: NumberFieldProps) {
  const { name, value, limits, revision, isOff, onSet, note, onLeave } = props
  /** What the field holds while it has the focus: a number that changes would take the selection away. */
  const [held, setHeld] = useState<Held>()
  const [problem, setProblem] = useState<string>()
  /** The value already sent: leaving the field after Enter must not send it again. */
  const sent = useRef<string>(undefined)
  const id = useId()
  const hint = [note, limitsText(limits)].filter(Boolean).join(' ')

  const leave = () => {
    setHeld(undefined)
    setProblem(undefined)
    onLeave?.()
  }
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (!held?.isTyped) {
      leave()
      return
    }
    if (sent.current === held.text) return
    const next = numberIn(held.text, limits)
    if (typeof next === 'string') {
      setProblem(next)
      return
    }
    if (next !== value || note !== undefined) {
      sent.current = held.text
      await onSet(next, held.revision)
      sent.current = undefined
    }
    leave()
  }
  return (
    <form className="field" onSubmit={submit}>
      <label htmlFor={id}>{words(name)}</label>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        // biome-ignore lint/a11y/noAutofocus: the user has just asked for this field
        autoFocus={note !== undefined}
        autoComplete="off"
        name={name}
        value={held?.text ?? String(value)}
        disabled={isOff}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}hint`}
        onFocus={() => setHeld(held ?? { text: String(value), isTyped: false, revision })}
        onChange={({ target }) => {
          setHeld({ text: target.value, isTyped: true, revision: held?.revision ?? revision })
          setProblem(undefined)
        }}
        onKeyDown={({ key }) => key === 'Escape' && leave()}
        onBlur={() => submit()}
      />
      <small id={`${id}hint`} className={problem ? 'refused' : ''}>
        {problem ? <span role="alert">{problem}; press Escape to restore the current value.</span> : hint}
      </small>
    </form>
  )
}
