/** Below the graph: the legend of widths and colours, and the thresholds of marks. */
import { useState } from 'react'
import { colourOf, type FlowScale, widthOf } from './flow-scale.ts'
import type { Direction } from './graph-drawn.ts'
import type { Thresholds } from './health.ts'

/** The number of segments in the legend of the ramp. */
const PARTS = 24
const WEDGE = { width: 120, height: 8 }

export function Legend({ scale, direction }: { readonly scale: FlowScale; readonly direction: Direction }) {
  const { low, high } = scale
  const title = direction === 'forward' ? 'norm of values →' : '← norm of gradients'
  return (
    <div
      className="flow-legend"
      role="img"
      aria-label={`${title}: edges get wider from ${power(low)} to ${power(high)}`}
    >
      <span>{title}</span>
      <span>{power(low)}</span>
      <svg className="wedge" viewBox={`0 0 ${WEDGE.width} ${WEDGE.height}`} {...WEDGE} aria-hidden="true">
        {Array.from({ length: PARTS }, (_, i) => {
          const height = widthOf(i / (PARTS - 1))
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts never move
              key={i}
              x={(i / PARTS) * WEDGE.width}
              y={(WEDGE.height - height) / 2}
              // No seams between them.
              width={WEDGE.width / PARTS + 0.3}
              height={height}
              style={{ fill: colourOf(i / (PARTS - 1)) }}
            />
          )
        })}
      </svg>
      <span>{power(high)}</span>
      <svg className="none" viewBox="0 0 28 8" width="28" height="8" aria-hidden="true">
        <path d="M0,4H28" strokeDasharray="4 4" style={{ stroke: colourOf(undefined), strokeWidth: 1.5 }} />
      </svg>
      <span>none</span>
    </div>
  )
}

const power = (exponent: number): string =>
  exponent >= -4 && exponent <= 4
    ? (10 ** exponent).toLocaleString('en', { maximumFractionDigits: 4 })
    : `1e${exponent}`

interface LimitsProps {
  readonly limits: Thresholds
  readonly onChange: (limits: Thresholds) => void
}

const FIELDS = [
  { name: 'vanishing', sign: '<', label: 'vanishing below', unit: '', scale: 1 },
  { name: 'exploding', sign: '>', label: 'exploding above', unit: '', scale: 1 },
  { name: 'dead', sign: '>', label: 'dead above', unit: '% zeros', scale: 100 },
] as const

export function Limits({ limits, onChange }: LimitsProps) {
  return (
    <fieldset className="limits">
      <legend>⚠</legend>
      {FIELDS.map(({ name, sign, label, unit, scale }) => (
        <Limit
          key={name}
          name={label.split(' ')[0] as string}
          sign={sign}
          label={label}
          unit={unit}
          value={limits[name] * scale}
          onSet={value => onChange({ ...limits, [name]: value / scale })}
        />
      ))}
    </fieldset>
  )
}

interface LimitProps {
  readonly name: string
  readonly sign: string
  /** The same in words. */
  readonly label: string
  readonly unit: string
  readonly value: number
  readonly onSet: (value: number) => void
}

/** Applies the typed value as soon as it is valid, and marks it as invalid until then. */
function Limit({ name, sign, label, unit, value, onSet }: LimitProps) {
  const [typed, setTyped] = useState(() => brief(value))
  const isValid = (text: string) =>
    text.trim() !== '' && Number(text) >= 0 && (unit === '' || Number(text) <= 100)
  return (
    <label title={label}>
      {name} <span aria-hidden="true">{sign}</span>
      <input
        type="text"
        aria-label={label}
        inputMode="decimal"
        value={typed}
        aria-invalid={!isValid(typed)}
        onChange={({ target }) => {
          setTyped(target.value)
          if (isValid(target.value)) onSet(Number(target.value))
        }}
      />
      {unit}
    </label>
  )
}

/** 0.000001 as 1e-6. */
function brief(value: number): string {
  const plain = Number(value.toPrecision(6))
  return plain !== 0 && plain < 1e-3 ? plain.toExponential() : String(plain)
}
