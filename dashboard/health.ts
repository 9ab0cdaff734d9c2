/** What is wrong with a node, by its statistics. */
import type { NodeInfo } from '../client.ts'

/** What counts as wrong; people may set them. */
export interface Thresholds {
  /** The norm of gradients below which they vanish, and above which they explode. */
  readonly vanishing: number
  readonly exploding: number
  /**
   * The share of zeros among values above which units are dead. Rectified units that live are 0 for about half of the
   * samples. With half of the units dead, three quarters of all values are 0.
   */
  readonly dead: number
}

export const THRESHOLDS: Thresholds = { vanishing: 1e-6, exploding: 10, dead: 0.7 }

/** The worst first. */
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
  // The data are what they are, and a target has no gradient.
  if (type === 'input') return undefined
  if (backward && backward.norm < limits.vanishing) return { kind: 'vanishing', node }
  // A loss that is 0 is no unit.
  if (shape.length > 0 && forward && forward.zeros > limits.dead)
    return { kind: 'dead units', node, zeros: forward.zeros }
  return undefined
}

/** The worst of several; of those that are as bad, the first. */
export function worstOf(ailments: readonly (Ailment | undefined)[]): Ailment | undefined {
  return KINDS.map(kind => ailments.find(ailment => ailment?.kind === kind)).find(
    found => found !== undefined,
  )
}

/** In a few words; of a group, with the member that it is. */
export function ailmentText({ kind, node, zeros }: Ailment, isGroup: boolean): string {
  const what = zeros === undefined ? kind : `${kind}: ${Math.round(100 * zeros)} % zeros`
  return isGroup ? `${node}: ${what}` : what
}
