/** What is wrong with a node, by its statistics. */
import type { NodeInfo } from '../client.ts'

/** What counts as wrong; people may set them. */
export interface Thresholds {
  /** The share of zeros among values above which units are dead. */
  readonly dead: number
  /** The norm of gradients below which they vanish, and above which they explode. */
  readonly vanishing: number
  readonly exploding: number
}

export const THRESHOLDS: Thresholds = { dead: 0.9, vanishing: 1e-6, exploding: 10 }

export type Ailment = 'not finite' | 'exploding' | 'vanishing' | 'dead units'

export function ailmentOf(
  { type, shape, forward, backward }: NodeInfo,
  limits: Thresholds,
): Ailment | undefined {
  if ((forward?.nonFinite ?? 0) + (backward?.nonFinite ?? 0) > 0) return 'not finite'
  if (backward && backward.norm > limits.exploding) return 'exploding'
  // The data are what they are, and a target has no gradient.
  if (type === 'input') return undefined
  if (backward && backward.norm < limits.vanishing) return 'vanishing'
  // A loss that is 0 is no unit.
  if (shape.length > 0 && forward && forward.zeros > limits.dead) return 'dead units'
  return undefined
}
