/** Buttons to zoom and move, as an alternative to dragging on the plot. */
import { Icon } from '../icon.tsx'

export type Range = readonly [number, number]

/** The fewest steps to zoom to. */
const FEWEST = 4

/** Scales a range around its middle, or keeps the newest step if it is shown. */
export function zoomed([from, to]: Range, [first, last]: Range, factor: number): Range | undefined {
  const size = Math.max((to - from) * factor, FEWEST)
  if (size >= last - first) return undefined
  const start = to >= last ? last - size : (from + to - size) / 2
  const placed = Math.min(Math.max(start, first), last - size)
  return [placed, placed + size]
}

/** Moves a range by half its length. */
export function moved([from, to]: Range, [first, last]: Range, direction: -1 | 1): Range {
  const size = to - from
  const start = Math.min(Math.max(from + (direction * size) / 2, first), Math.max(last - size, first))
  return [start, start + size]
}

interface Props {
  readonly range: Range | undefined
  /** All steps of the run. */
  readonly whole: Range
  readonly onChange: (range: Range | undefined) => void
}

export function Zoom({ range, whole, onChange }: Props) {
  const shown = range ?? whole
  const buttons = [
    {
      name: 'Earlier',
      icon: 'earlier',
      isOn: range && range[0] > whole[0],
      next: () => moved(shown, whole, -1),
    },
    { name: 'Later', icon: 'later', isOn: range && range[1] < whole[1], next: () => moved(shown, whole, 1) },
    { name: 'Wider range', icon: 'minus', isOn: range, next: () => zoomed(shown, whole, 2) },
    {
      name: 'Narrower range',
      icon: 'plus',
      isOn: shown[1] - shown[0] > FEWEST,
      next: () => zoomed(shown, whole, 0.5),
    },
  ] as const
  return (
    <fieldset className="zoom">
      <legend className="hidden">Range</legend>
      {buttons.map(({ name, icon, isOn, next }) => (
        <button
          key={name}
          type="button"
          aria-label={name}
          title={name}
          disabled={!isOn}
          onClick={() => onChange(next())}
        >
          <Icon name={icon} />
        </button>
      ))}
      <button
        type="button"
        aria-label="Whole run"
        title="Whole run"
        disabled={!range}
        onClick={() => onChange(undefined)}
      >
        <Icon name="whole" />
      </button>
    </fieldset>
  )
}
