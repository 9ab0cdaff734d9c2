/** A form for a note about a step: typed here, its place chosen on the plot. */
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { numberIn } from '../format.ts'

/** The most characters that the run takes. */
const LONGEST = 500

interface Props {
  readonly step: number
  /** The newest step. */
  readonly last: number
  readonly onStep: (step: number) => void
  /** Rejects with the reason where the run refuses it. */
  readonly onSave: (text: string) => Promise<unknown>
  readonly onClose: () => void
}

export function NoteForm({ step, last, onStep, onSave, onClose }: Props) {
  const [text, setText] = useState('')
  const [stepText, setStepText] = useState(String(step))
  const [problem, setProblem] = useState<string>()
  const [isBusy, setIsBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => setStepText(String(step)), [step])

  const save = async (event: FormEvent) => {
    event.preventDefault()
    const at = numberIn(stepText, { minimum: 0, below: last + 1, isWhole: true })
    if (typeof at === 'string') return setProblem(`step: ${at}`)
    if (text.trim() === '') return setProblem('The note has no words yet.')
    setIsBusy(true)
    try {
      await onSave(text.trim())
    } catch (error) {
      setProblem((error as Error).message)
      setIsBusy(false)
    }
  }
  return (
    <form
      className="note-form"
      aria-label="A note"
      noValidate
      onSubmit={event => void save(event)}
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <input
        ref={field}
        type="text"
        aria-label="Note"
        placeholder="What is there to say? Click on the plot to choose where."
        maxLength={LONGEST}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setProblem(undefined)
        }}
      />
      <label>
        at step
        <input
          type="number"
          min="0"
          max={last}
          value={stepText}
          onChange={({ target }) => {
            setStepText(target.value)
            setProblem(undefined)
            if (target.value !== '' && Number.isSafeInteger(target.valueAsNumber))
              onStep(target.valueAsNumber)
          }}
        />
      </label>
      <button type="submit" disabled={isBusy}>
        Add
      </button>
      <button type="button" onClick={onClose}>
        Cancel
      </button>
      <small className="refused" role="alert">
        {problem}
      </small>
    </form>
  )
}
