/** The speed of the run: unlimited, or slow enough to watch. */
import { speedText } from '../format.ts'

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
    <label className="speed">
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
  )
}
