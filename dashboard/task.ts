/** The task of a run, if it can be pictured. */
import type { RunState } from '../client.ts'

export interface Task {
  /** One yes-or-no output; several class outputs; or a number. */
  readonly kind: 'binary' | 'classes' | 'regression'
  readonly input: string
  readonly target: string
  /** The output of the graph that the loss uses; undefined if it is not an output. */
  readonly output: string | undefined
  readonly fromLogits: boolean
  /** Whether there are two inputs, so that its predictions are a picture. */
  readonly isPlane: boolean
  /** How many numbers a prediction has. */
  readonly width: number
}

const KINDS: Readonly<Record<string, Task['kind']>> = {
  binaryCrossentropy: 'binary',
  categoricalCrossentropy: 'classes',
  meanSquaredError: 'regression',
  meanAbsoluteError: 'regression',
  huber: 'regression',
  logCosh: 'regression',
}

export function taskOf({ nodes, graph }: RunState): Task | undefined {
  const loss = Object.values(nodes).find(({ type }) => Object.hasOwn(KINDS, type))
  const [prediction, target] = loss?.inputs ?? []
  const shape = nodes[prediction ?? '']?.shape
  const inputs = Object.keys(nodes).filter(id => nodes[id]?.type === 'input' && id !== target)
  const [input, ...others] = inputs
  if (!loss || target === undefined || shape?.length !== 2 || input === undefined || others.length > 0)
    return undefined
  const kind = KINDS[loss.type] as Task['kind']
  const width = shape[1] ?? 1
  const features = nodes[input]?.shape ?? []
  const isPlane = features.length === 2 && features[1] === 2
  // Several yes-or-no answers are not classes, and several numbers have no single truth.
  if (kind === 'classes' ? width === 1 : width > 1) return undefined
  const output = Object.entries(graph.outputs).find(([, { node }]) => node === prediction)?.[0]
  return { kind, input, target, output, fromLogits: loss.config.fromLogits === true, isPlane, width }
}

/**
 * The meaning of one raw prediction: the probability of yes, the probabilities of the classes, or the number
 * itself.
 */
export function meaningOf(
  raw: readonly number[],
  { kind, fromLogits }: Pick<Task, 'kind' | 'fromLogits'>,
): number[] {
  if (kind === 'regression' || !fromLogits) return [...raw]
  if (kind === 'binary') return raw.map(logit => 1 / (1 + Math.exp(-logit)))
  const largest = Math.max(...raw)
  const powers = raw.map(logit => Math.exp(logit - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map(power => power / sum)
}

/**
 * The same as logits. They change smoothly where probabilities jump, so interpolation works better on logits.
 */
export function logitsOf(raw: readonly number[], { kind, fromLogits }: Task): number[] {
  if (kind === 'regression' || fromLogits) return [...raw]
  const log = (probability: number) => Math.log(Math.max(probability, 1e-12))
  return raw.map(p => (kind === 'binary' ? log(p) - log(1 - p) : log(p)))
}

/** The class of one row of predictions (by their meaning) or targets; -1 if it contains NaN. */
export function classOf(row: readonly number[]): number {
  if (row.some(Number.isNaN)) return -1
  return row.length === 1 ? ((row[0] as number) > 0.5 ? 1 : 0) : row.indexOf(Math.max(...row))
}

/** The rows of a column. */
export function rowsOf({ shape, data }: { shape: readonly number[]; data: readonly number[] }): number[][] {
  const width = shape.at(-1) ?? 1
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => data.slice(row * width, (row + 1) * width))
}

/** The names of the classes, from the data if it has them. */
export function classNames({ kind, width }: Task, names: readonly string[] | undefined): string[] {
  const count = kind === 'binary' ? 2 : width
  if (names?.length === count) return [...names]
  // A yes-or-no column is named after its yes.
  const [yes] = names ?? []
  if (kind === 'binary' && names?.length === 1 && yes) return [`not ${yes}`, yes]
  return Array.from({ length: count }, (_, i) => String(i))
}
