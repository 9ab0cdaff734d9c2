/**
 * The field of a hyper-parameter. Enter or leaving the field sends the value; an invalid value stays, with
 * the reason.
 */
import { type FormEvent, useId, useRef, useState } from 'react'
import type { Limits } from '../../client.ts'
import { limitsText, numberIn, words } from '../format.ts'

interface Props {
  readonly name: string
  readonly value: unknown
  readonly limits: Limits | undefined
  /** The revision of the shown hyper-parameters. */
  readonly revision: number
  readonly isOff: boolean
  /** `revision` is the one shown when the user began to type. */
  readonly onSet: (value: number | boolean, revision: number) => Promise<boolean>
}

export function Field(props: Props) {
  const { name, value, revision, isOff, onSet } = props
  if (typeof value === 'number') return <NumberField {...props} value={value} />
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

function NumberField({ name, value, limits, revision, isOff, onSet }: Props & { readonly value: number }) {
  const [typed, setTyped] = useState<{ text: string; revision: number }>()
  const [problem, setProblem] = useState<string>()
  /** The value already sent: leaving the field after Enter must not send it again. */
  const sent = useRef<string>(undefined)
  const id = useId()
  const hint = limitsText(limits)

  const leave = () => {
    setTyped(undefined)
    setProblem(undefined)
  }
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (!typed || sent.current === typed.text) return
    const next = numberIn(typed.text, limits)
    if (typeof next === 'string') {
      setProblem(next)
      return
    }
    if (next !== value) {
      sent.current = typed.text
      await onSet(next, typed.revision)
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
        autoComplete="off"
        name={name}
        value={typed?.text ?? String(value)}
        disabled={isOff}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}hint`}
        onChange={({ target }) => {
          setTyped({ text: target.value, revision: typed?.revision ?? revision })
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
