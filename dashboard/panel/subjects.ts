/** The subjects of a node: its values, gradients and parameters. */
import type { Histogram, Query, Shape, Statistics } from '../../client.ts'
import { History } from './history.ts'

export interface Subject {
  /** The label of its tab. */
  readonly label: string
  readonly query: Pick<Query, 'node' | 'of' | 'parameter'>
  /** The number of bins of its histograms. */
  readonly bins: number
}

const BINS = 48

/** A few numbers in many bins look like the teeth of a comb. */
const binsFor = (shape: Shape) =>
  Math.min(Math.max(Math.round(2 * Math.sqrt(shape.reduce((size, axis) => size * axis, 1))), 8), BINS)

export function subjectsOf(node: string, weights: Readonly<Record<string, Shape>>): Subject[] {
  return [
    { label: 'values', query: { node, of: 'forward' }, bins: BINS },
    { label: 'gradients', query: { node, of: 'backward' }, bins: BINS },
    ...Object.entries(weights).flatMap(([parameter, shape]): Subject[] => [
      { label: parameter, query: { node, of: 'value', parameter }, bins: binsFor(shape) },
      { label: `∇ ${parameter}`, query: { node, of: 'gradient', parameter }, bins: binsFor(shape) },
    ]),
  ]
}

/** The measurements of a subject while its node is open. They survive a change of tabs. */
export class Sight {
  readonly histograms = new History<Histogram>()
  readonly quantiles = new History<readonly number[]>()
  statistics: Statistics | undefined
}
