/** What of a node can be looked at. */
import type { Histogram, Query, Statistics } from '../../client.ts'
import { History } from './history.ts'

export interface Subject {
  /** The name of its tab. */
  readonly label: string
  readonly query: Pick<Query, 'node' | 'of' | 'parameter'>
}

export function subjectsOf(node: string, parameters: readonly string[]): Subject[] {
  return [
    { label: 'values', query: { node, of: 'forward' } },
    { label: 'gradients', query: { node, of: 'backward' } },
    ...parameters.flatMap((parameter): Subject[] => [
      { label: parameter, query: { node, of: 'value', parameter } },
      { label: `∇ ${parameter}`, query: { node, of: 'gradient', parameter } },
    ]),
  ]
}

/** What has been seen of a subject while its node is open; it outlives a change of tabs. */
export class Sight {
  readonly histograms = new History<Histogram>()
  readonly quantiles = new History<readonly number[]>()
  statistics: Statistics | undefined
}
