/** The width and colour of an edge, by the norm of what flows along it. */

/** The range of a scale, as powers of ten. */
export interface FlowScale {
  readonly low: number
  readonly high: number
}

/** Norms this many powers of ten below the largest look alike. */
const LONGEST = 6

/**
 * Whole powers of ten around all norms, at least one apart, so that 1.00 and 1.01 look alike. Keeps the
 * previous scale while it fits and is at most one power too long at either end: a scale that moves with each
 * step is unreadable.
 */
export function scaleOf(norms: readonly (number | undefined)[], before?: FlowScale): FlowScale {
  const logs = norms.filter(isFlow).map(Math.log10)
  if (logs.length === 0) return before ?? { low: 0, high: 1 }
  const most = Math.max(...logs)
  const high = Math.ceil(most)
  const least = Math.max(Math.min(...logs), high - LONGEST)
  const low = Math.min(Math.floor(least), high - 1)
  const fits = before && before.low <= least && before.high >= most
  return fits && low - before.low <= 1 && before.high - high <= 1 ? before : { low, high }
}

/** From 0 at the low end to 1 at the high end; undefined if nothing flows. */
export function shareOf(norm: number | undefined, { low, high }: FlowScale): number | undefined {
  if (!isFlow(norm)) return undefined
  return Math.min(Math.max((Math.log10(norm) - low) / (high - low), 0), 1)
}

const isFlow = (norm: number | undefined): norm is number =>
  norm !== undefined && norm > 0 && Number.isFinite(norm)

export const widthOf = (share: number | undefined): number => (share === undefined ? 1.5 : 2 + 5 * share)

/** A colour of the ramp, which has three colours of the style sheet. */
export function colourOf(share: number | undefined): string {
  if (share === undefined) return 'var(--edge)'
  const [from, to, part] = share < 0.5 ? ['low', 'middle', 2 * share] : ['middle', 'high', 2 * share - 1]
  return `color-mix(in oklab, var(--flow-${to}) ${(100 * part).toFixed(1)}%, var(--flow-${from}))`
}
