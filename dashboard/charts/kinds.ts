/** Groups series into charts, and names them. */
import type { RunState } from '../../client.ts'
import { words } from '../format.ts'

export interface ChartKind {
  readonly title: string
  /** The names of its series in a run, as the bridge knows them. */
  readonly series: (state: RunState) => readonly string[]
}

const METRICS = 'metrics.'

const isLoss = (name: string) => /loss$/i.test(name)
const metrics = (state: RunState, isWanted: (name: string) => boolean) =>
  Object.keys(state.metrics)
    .filter(isWanted)
    .map(name => `${METRICS}${name}`)

const KINDS: readonly ChartKind[] = [
  { title: 'Loss', series: state => ['loss', ...metrics(state, isLoss)] },
  { title: 'Metrics', series: state => metrics(state, name => !isLoss(name)) },
  {
    title: 'Learning rate',
    series: ({ hyperparameters }) =>
      Object.entries(hyperparameters).flatMap(([node, config]) =>
        typeof config === 'object' && 'learningRate' in config ? [`${node}.learningRate`] : [],
      ),
  },
  { title: 'Throughput', series: () => ['throughput'] },
]

export const kindsOf = (state: RunState): readonly ChartKind[] =>
  KINDS.filter(({ series }) => series(state).length > 0)

/** The name of a series in the metrics of an epoch, if it is one of them. */
export const metricOf = (name: string): string | undefined =>
  name.startsWith(METRICS) ? name.slice(METRICS.length) : undefined

/** Tells the loss of single batches from the loss of the epoch so far. */
export function labelOf(name: string): string {
  if (name === 'loss') return 'batch loss'
  if (name === 'throughput') return 'samples/s'
  const metric = metricOf(name)
  if (metric !== undefined) return words(metric)
  // After the last dot, since node names can contain dots.
  const dot = name.lastIndexOf('.')
  return `${name.slice(0, dot)} ${words(name.slice(dot + 1))}`
}

/** Batch losses and throughput fluctuate: only their trend is informative. */
export const isNoisy = (name: string): boolean => name === 'loss' || name === 'throughput'

export const isValidation = (name: string): boolean => /^validation/i.test(metricOf(name) ?? '')

/** A hyper-parameter is constant until it is set. */
export const isStepped = (name: string): boolean => metricOf(name) === undefined && !isNoisy(name)
