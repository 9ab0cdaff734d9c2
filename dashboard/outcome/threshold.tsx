/** The probability from which on an answer counts as yes: it trades recall for precision. */
import { useCallback } from 'react'
import { useInAddress } from '../address.ts'

/** Above that, the more probable of two answers. */
const EVEN = 0.5
const STEP = 0.01

/** What a text of the address says; the even one for any other. */
export function thresholdOf(text: string): number {
  const threshold = /^0\.\d{1,4}$/.test(text) ? Number(text) : EVEN
  return threshold > 0 ? threshold : EVEN
}

/** In the address, so that a link decides alike. */
export function useThreshold(): readonly [threshold: number, choose: (threshold: number) => void] {
  const [text, setText] = useInAddress('threshold')
  const choose = useCallback((next: number) => setText(next === EVEN ? '' : next.toFixed(2)), [setText])
  return [thresholdOf(text), choose]
}

interface Props {
  readonly value: number
  /** What a yes is called. */
  readonly yes: string
  readonly onChange: (threshold: number) => void
}

export function Threshold({ value, yes, onChange }: Props) {
  return (
    <label className="threshold" title={`From this probability on, the answer counts as ${yes}.`}>
      threshold
      <input
        type="range"
        min={STEP}
        max={1 - STEP}
        step={STEP}
        value={value}
        onChange={({ target }) => onChange(target.valueAsNumber)}
      />
      <output>{value.toFixed(2)}</output>
    </label>
  )
}
