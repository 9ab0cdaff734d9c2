/** The legend: each curve's name, its latest figure or the one under the pointer, and whether it is shown. */
import { memo } from 'react'
import { figures } from '../format.ts'
import { type Curve, FEW, figuresOf, placeText, type Unit } from './curves.ts'

interface Props {
  readonly curves: readonly Curve[]
  readonly hidden: ReadonlySet<string>
  /** The position of the pointer on the axis. */
  readonly at: number | undefined
  readonly unit: Unit
  /** What curves are averaged over, in words; undefined without averages. */
  readonly smoothing: string | undefined
  readonly onToggle: (name: string) => void
}

export const Legend = memo(({ curves, hidden, at, unit, smoothing, onToggle }: Props) => {
  const end = Math.max(...curves.map(({ raw }) => raw.x.at(-1) ?? 0), 0)
  const place = at ?? end
  return (
    <fieldset className="legend">
      <legend className="hidden">Visible curves</legend>
      <div className="curves">
        {curves.map(curve => {
          const { name, label, colour, isDashed, isFaint, raw } = curve
          const isShown = !hidden.has(name)
          const { figure, average } = figuresOf(curve, at)
          const isOne = average !== undefined && curves.length > FEW
          const [least, most] = extent(raw.y)
          const averaged = average === undefined ? '' : `, ${figures(average)} averaged over ${smoothing}`
          return (
            <button
              key={name}
              type="button"
              aria-pressed={isShown}
              onClick={() => onToggle(name)}
              title={`${label}: ${figures(figure)}${averaged}; from ${figures(least)} to ${figures(most)} in view. Click to ${isShown ? 'hide' : 'show'} it.`}
            >
              <span className="told-curve">
                <Swatch colour={colour} isDashed={isDashed} isFaint={isFaint && !isOne} /> {label}{' '}
                <strong>{figures(isOne ? average : figure)}</strong>
              </span>
              {average !== undefined && !isOne && (
                <span className="told-curve">
                  <Swatch colour={colour} isDashed={isDashed} isFaint={false} />{' '}
                  <span className="averaged">smoothed</span> <strong>{figures(average)}</strong>
                </span>
              )}
            </button>
          )
        })}
      </div>
      <span className="at">
        {unit} {placeText(place, unit)}
      </span>
    </fieldset>
  )
})

interface SwatchProps {
  readonly colour: string
  readonly isDashed: boolean
  readonly isFaint: boolean
}

/** How the curve is drawn. */
const Swatch = ({ colour, isDashed, isFaint }: SwatchProps) => (
  <svg className={isFaint ? 'swatch faint' : 'swatch'} viewBox="0 0 22 8" aria-hidden="true">
    <line x1="1" x2="21" y1="4" y2="4" stroke={`var(${colour})`} strokeDasharray={isDashed ? '7 4' : ''} />
  </svg>
)

function extent(all: readonly (number | null)[]): [number | undefined, number | undefined] {
  const values = all.filter(value => value !== null)
  if (values.length === 0) return [undefined, undefined]
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
}
