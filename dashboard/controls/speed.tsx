/** The speed of the run: unlimited, or slow enough to watch. */
import { type FormEvent, useState } from 'react'
import { numberIn, speedText } from '../format.ts'

/** Steps per second. */
const SPEEDS = [1000, 300, 100, 30, 10, 3, 1]

interface Props {
  readonly stepsPerSecond: number | null
  readonly isOff: boolean
  readonly onSet: (stepsPerSecond: number | null) => void
}

export function Speed({ stepsPerSecond, isOff, onSet }: Props) {
  const isOther = stepsPerSecond !== null && !SPEEDS.includes(stepsPerSecond)
  return (
    <div className="speed">
      <label>
        Speed
        <select
          value={String(stepsPerSecond)}
          disabled={isOff}
          onChange={({ target }) => onSet(target.value === 'null' ? null : Number(target.value))}
        >
          {[null, ...(isOther ? [stepsPerSecond] : []), ...SPEEDS].map(each => (
            <option key={String(each)} value={String(each)}>
              {speedText(each)}
            </option>
          ))}
        </select>
      </label>
      <OwnSpeed isOff={isOff} onSet={onSet} />
    </div>
  )
}

/** A number of one's own; Enter sends it. */
function OwnSpeed({ isOff, onSet }: Omit<Props, 'stepsPerSecond'>) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string>()
  const write = (next: string) => {
    setText(next)
    setProblem(undefined)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() === '') return
    const speed = numberIn(text, { above: 0 })
    if (typeof speed === 'string') {
      setProblem(speed)
      return
    }
    onSet(speed)
    write('')
  }
  return (
    <form className="own-speed" onSubmit={submit} noValidate>
      <span aria-hidden="true">or</span>
      <input
        type="text"
        inputMode="decimal"
        aria-label="steps per second"
        aria-invalid={problem !== undefined}
        aria-describedby="speed-problem"
        title="Type a number and press Enter"
        placeholder="steps/s"
        autoComplete="off"
        value={text}
        disabled={isOff}
        onChange={({ target }) => write(target.value)}
        onKeyDown={({ key }) => key === 'Escape' && write('')}
      />
      <small id="speed-problem" className="refused" role="alert">
        {problem && `speed: ${problem}`}
      </small>
    </form>
  )
}
