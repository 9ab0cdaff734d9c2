/** Detects problems of a node from its statistics. */
import type { NodeInfo } from '../client.ts'

/** The thresholds of problems, which users can set. */
export interface Thresholds {
  /** The norm of gradients below which they vanish, and above which they explode. */
  readonly vanishing: number
  readonly exploding: number
  /**
   * The share of zeros among values above which units are dead. Live rectified units are 0 for about half of
   * the samples. With half of the units dead, three quarters of all values are 0.
   */
  readonly dead: number
}

export const THRESHOLDS: Thresholds = { vanishing: 1e-6, exploding: 10, dead: 0.7 }

/** As the address has them, `1e-6~10~0.7`; an empty text for the usual ones. */
export const textOfThresholds = (limits: Thresholds): string =>
  NAMES.every(name => limits[name] === THRESHOLDS[name]) ? '' : NAMES.map(name => limits[name]).join('~')

/** What such a text says; the usual ones for any other. */
export function thresholdsBy(text: string): Thresholds {
  const [vanishing = Number.NaN, exploding = Number.NaN, dead = Number.NaN, ...others] = text
    .split('~')
    .map(part => (/^\d[\d.e+-]{0,30}$/.test(part) ? Number(part) : Number.NaN))
  const areSuch = [vanishing, exploding, dead].every(limit => limit >= 0 && limit < Number.POSITIVE_INFINITY)
  return areSuch && dead <= 1 && others.length === 0 ? { vanishing, exploding, dead } : THRESHOLDS
}

const NAMES = ['vanishing', 'exploding', 'dead'] as const

/** Worst first. */
const KINDS = ['not finite', 'exploding', 'vanishing', 'dead units'] as const

export interface Ailment {
  readonly kind: (typeof KINDS)[number]
  readonly node: string
  /** The share of zeros, for dead units. */
  readonly zeros?: number
}

type Examined = Pick<NodeInfo, 'type' | 'shape' | 'forward' | 'backward'>

export function ailmentOf(node: string, info: Examined, limits: Thresholds): Ailment | undefined {
  const { type, shape, forward, backward } = info
  if ((forward?.nonFinite ?? 0) + (backward?.nonFinite ?? 0) > 0) return { kind: 'not finite', node }
  if (backward && backward.norm > limits.exploding) return { kind: 'exploding', node }
  // Data is never at fault, and a target has no gradient.
  if (type === 'input') return undefined
  if (backward && backward.norm < limits.vanishing) return { kind: 'vanishing', node }
  // A zero loss is not a dead unit.
  if (shape.length > 0 && forward && forward.zeros > limits.dead)
    return { kind: 'dead units', node, zeros: forward.zeros }
  return undefined
}

/** The worst of several; the first if several are equally bad. */
export function worstOf(ailments: readonly (Ailment | undefined)[]): Ailment | undefined {
  return KINDS.map(kind => ailments.find(ailment => ailment?.kind === kind)).find(
    found => found !== undefined,
  )
}

/** A problem in a few words; for a group, with the affected member. */
export function ailmentText({ kind, node, zeros }: Ailment, isGroup: boolean): string {
  const what = zeros === undefined ? kind : `${kind}: ${Math.round(100 * zeros)} % zeros`
  return isGroup ? `${node}: ${what}` : what
}
