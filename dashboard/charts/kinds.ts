/** Which series are looked at together, and what each is called. */
import type { RunState } from '../../client.ts'
import { words } from '../format.ts'

export interface ChartKind {
  readonly title: string
  /** What there is of it in a run: the names of series, as the bridge knows them. */
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

/** The name that a series has in the metrics of an epoch, if it is one of them. */
export const metricOf = (name: string): string | undefined =>
  name.startsWith(METRICS) ? name.slice(METRICS.length) : undefined

/** The loss of single batches stands beside that of the epoch so far. */
export function labelOf(name: string): string {
  if (name === 'loss') return 'batch loss'
  if (name === 'throughput') return 'samples/s'
  const metric = metricOf(name)
  if (metric !== undefined) return words(metric)
  // Behind the last dot, since the name of a node may have some.
  const dot = name.lastIndexOf('.')
  return `${name.slice(0, dot)} ${words(name.slice(dot + 1))}`
}

/** Single batches and moments: it is their drift that tells something. */
export const isNoisy = (name: string): boolean => name === 'loss' || name === 'throughput'

export const isValidation = (name: string): boolean => /^validation/i.test(metricOf(name) ?? '')

/** A hyper-parameter stays as it is until it is set. */
export const isStepped = (name: string): boolean => metricOf(name) === undefined && !isNoisy(name)
