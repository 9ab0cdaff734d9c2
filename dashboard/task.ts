/** What a run learns to predict, as far as it can be pictured. */
import type { NodeInfo, RunState } from '../client.ts'

export interface Task {
  /** One yes-or-no output; several class outputs; or a number. */
  readonly kind: 'binary' | 'classes' | 'regression'
  /** What it is called beside others: the name of the output, or the id of the node that it comes from. */
  readonly name: string
  /** The inputs that its predictions depend on, and the first of them. */
  readonly inputs: readonly string[]
  readonly input: string
  readonly target: string
  /** Whether the target is the number of a class, instead of a share for each. */
  readonly isSparse: boolean
  /** The output of the graph that the loss uses; undefined if it is not an output. */
  readonly output: string | undefined
  readonly fromLogits: boolean
  /** Whether there are two inputs that can be any numbers, so that its predictions are a picture. */
  readonly isPlane: boolean
  /** How many numbers a prediction has. */
  readonly width: number
  /** The most numbers that a sample has in one input. */
  readonly sampleSize: number
}

const KINDS: Readonly<Record<string, Task['kind']>> = {
  binaryCrossentropy: 'binary',
  binaryFocalCrossentropy: 'binary',
  categoricalCrossentropy: 'classes',
  categoricalFocalCrossentropy: 'classes',
  sparseCategoricalCrossentropy: 'classes',
  meanSquaredError: 'regression',
  meanAbsoluteError: 'regression',
  meanAbsolutePercentageError: 'regression',
  huber: 'regression',
  logCosh: 'regression',
}

/** The tasks of a run, one for each prediction that a loss compares with a target. */
export function tasksOf(state: Pick<RunState, 'nodes' | 'graph'>): Task[] {
  const tasks = new Map<string, Task>()
  for (const loss of Object.values(state.nodes)) {
    const [prediction = ''] = loss.inputs
    const task = tasks.has(prediction) ? undefined : taskOf(state, loss)
    if (task) tasks.set(prediction, task)
  }
  const all = [...tasks.values()]
  const shown = all.filter(({ output }) => output !== undefined)
  return shown.length > 0 ? shown : all
}

function taskOf({ nodes, graph }: Pick<RunState, 'nodes' | 'graph'>, loss: NodeInfo): Task | undefined {
  const kind = Object.hasOwn(KINDS, loss.type) ? KINDS[loss.type] : undefined
  const [prediction, target] = loss.inputs
  if (kind === undefined || prediction === undefined || target === undefined) return undefined
  const inputs = inputsOf(nodes, prediction)
  const [input] = inputs
  const shape = nodes[prediction]?.shape
  if (shape?.length !== 2 || input === undefined || nodes[target]?.type !== 'input') return undefined
  const width = shape[1] ?? 1
  // Several yes-or-no answers are not classes, and several numbers have no single truth.
  if (kind === 'classes' ? width === 1 : width > 1) return undefined
  const output = Object.entries(graph.outputs).find(([, { node }]) => node === prediction)?.[0]
  const sizes = inputs.map(id =>
    (nodes[id]?.shape.slice(1) ?? []).reduce<number>((size, n) => size * (n ?? 1), 1),
  )
  const features = nodes[input]?.shape ?? []
  return {
    kind,
    name: output ?? prediction,
    inputs,
    input,
    target,
    isSparse: loss.type === 'sparseCategoricalCrossentropy',
    output,
    fromLogits: loss.config.fromLogits === true,
    isPlane: inputs.length === 1 && features.length === 2 && features[1] === 2 && !looksUp(nodes, prediction),
    width,
    sampleSize: Math.max(1, ...sizes),
  }
}

/** Whether a network reads tokens and predicts the next of each: as many classes as it has embeddings of tokens. */
export function isLanguageModel({ nodes }: Pick<RunState, 'nodes'>): boolean {
  return Object.values(nodes).some(({ type, inputs: [prediction = ''] }) => {
    if (KINDS[type] !== 'classes' || nodes[prediction]?.shape.length !== 3) return false
    const inputs = inputsOf(nodes, prediction)
    const classes = nodes[prediction]?.shape[2]
    return (
      inputs.length === 1 &&
      Object.values(nodes).some(
        ({ type, inputs: [read = ''], config }) =>
          type === 'embedding' && inputs.includes(read) && config.inputDim === classes,
      )
    )
  })
}

/** A node and all behind it. */
function behind(nodes: RunState['nodes'], node: string): ReadonlySet<string> {
  const seen = new Set([node])
  for (const id of seen) for (const input of nodes[id]?.inputs ?? []) seen.add(input)
  return seen
}

/** Whether whole numbers are looked up on the way to a node: those between them mean nothing. */
const looksUp = (nodes: RunState['nodes'], node: string): boolean =>
  [...behind(nodes, node)].some(id => nodes[id]?.type === 'embedding')

/** The inputs behind a node, in the order of the graph. */
function inputsOf(nodes: RunState['nodes'], node: string): string[] {
  const seen = behind(nodes, node)
  return Object.keys(nodes).filter(id => nodes[id]?.type === 'input' && seen.has(id))
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

/**
 * The class of one row of predictions (by their meaning) or targets; -1 if it contains NaN. A probability above the threshold is a
 * yes.
 */
export function classOf(row: readonly number[], threshold = 0.5): number {
  if (row.some(Number.isNaN)) return -1
  return row.length === 1 ? ((row[0] as number) > threshold ? 1 : 0) : row.indexOf(Math.max(...row))
}

/** The rows of a column. */
export function rowsOf({ shape, data }: { shape: readonly number[]; data: readonly number[] }): number[][] {
  const [count = 0] = shape
  const width = data.length / (count || 1)
  return Array.from({ length: count }, (_, row) => data.slice(row * width, (row + 1) * width))
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
