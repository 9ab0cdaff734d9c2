/** What curves are averaged over, their scale, and what their axis counts: the choices under a chart. */
import { useInAddress } from '../address.ts'
import { count } from '../format.ts'
import type { Unit } from './curves.ts'

/** The choices for the number of steps in an average. */
const WINDOWS = [0, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000]
export const UNITS: readonly Unit[] = ['step', 'epoch', 'time']

/** The number of steps in an average, which the address has; 0 for none. */
export function useSmoothing(
  usual: number,
  name = 'smooth',
): readonly [window: number, choose: (window: number) => void] {
  const [text, setText] = useInAddress(name)
  const asked = text === '' ? usual : Number(text)
  const window = WINDOWS.includes(asked) ? asked : usual
  return [window, next => setText(next === usual ? '' : String(next))]
}

/** Undefined without averages. */
export const windowText = (window: number): string | undefined =>
  window === 0 ? undefined : `${count(window)} steps`

interface ViewControlsProps {
  readonly window: number
  readonly isLog: boolean
  readonly unit: Unit
  /** Whether there are ends of epochs to count by. */
  readonly hasEpochs: boolean
  readonly onWindow: (window: number) => void
  readonly onLog: (isLog: boolean) => void
  readonly onUnit: (unit: Unit) => void
}

export function ViewControls({ window, isLog, unit, hasEpochs, onWindow, onLog, onUnit }: ViewControlsProps) {
  const text = windowText(window) ?? 'off'
  return (
    <>
      <label title="Each point is the average over this many steps before it, at any zoom.">
        smooth
        <input
          type="range"
          min="0"
          max={WINDOWS.length - 1}
          value={WINDOWS.indexOf(window)}
          aria-valuetext={text}
          onChange={({ target }) => onWindow(WINDOWS[target.valueAsNumber] as number)}
        />
        <output className="window">{text}</output>
      </label>
      <label>
        <input type="checkbox" checked={isLog} onChange={({ target }) => onLog(target.checked)} /> log
      </label>
      <select
        className="axis"
        aria-label="Axis"
        title="What the axis counts. Time is that of running, without pauses."
        value={unit}
        onChange={({ target }) => onUnit(target.value as Unit)}
      >
        {UNITS.map(other => (
          <option key={other} value={other} disabled={other === 'epoch' && !hasEpochs}>
            by {other}
          </option>
        ))}
      </select>
    </>
  )
}
