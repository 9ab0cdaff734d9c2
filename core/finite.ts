/** Numbers that are not finite, wherever they stand in options. */
import { CheckFailed } from './checks.ts'

/**
 * Refuses NaN and infinities in options, however deep. A graph is JSON, which has no such numbers, so none of them can mean anything: what has
 * no limit says so by `null`.
 */
export function demandFiniteNumbers(options: object): void {
  for (const [option, value] of Object.entries(options)) {
    const odd = nonFiniteIn(value, option)
    if (odd === undefined) continue
    throw new CheckFailed(`${odd.place} to be a finite number`, String(odd.value), {
      option,
      hint: 'Pass a finite number.',
    })
  }
}

interface Odd {
  readonly place: string
  readonly value: number
}

/** The first one in a value, and where it stands: `mean[2]`, `classWeights.0`. */
function nonFiniteIn(value: unknown, place: string, around: readonly object[] = []): Odd | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { place, value }
  if (typeof value !== 'object' || value === null || around.includes(value)) return undefined
  const isList = Array.isArray(value)
  for (const [name, inner] of Object.entries(value)) {
    const odd = nonFiniteIn(inner, isList ? `${place}[${name}]` : `${place}.${name}`, [...around, value])
    if (odd) return odd
  }
  return undefined
}
