/** How fast the run goes: as fast as it can, or so slowly that one can watch. */
import { paceText } from '../format.ts'

/** Steps a second. */
const PACES = [1000, 300, 100, 30, 10, 3, 1]

interface Props {
  readonly pace: number | null
  readonly isOff: boolean
  readonly onSet: (pace: number | null) => void
}

export function Pace({ pace, isOff, onSet }: Props) {
  const isOther = pace !== null && !PACES.includes(pace)
  return (
    <label className="pace">
      Speed
      <select
        value={String(pace)}
        disabled={isOff}
        onChange={({ target }) => onSet(target.value === 'null' ? null : Number(target.value))}
      >
        {[null, ...(isOther ? [pace] : []), ...PACES].map(each => (
          <option key={String(each)} value={String(each)}>
            {paceText(each)}
          </option>
        ))}
      </select>
    </label>
  )
}
