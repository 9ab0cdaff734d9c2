/** Rows of indices, such as those of words, have to be places that there are. */
import {
  attempt,
  type Demand,
  fitOf,
  GradstreamError,
  isUpdating,
  isWholeNumbers,
  RandomKey,
  type ResolvedNode,
  showExpectation,
  sizeOf,
  type Tensor,
} from '../../core/index.ts'
import { createKernels } from '../../kernels/index.ts'

/** What nodes ask of indices: of those that come in at the inputs of a graph, and of those that it makes, such as by `gather` and `concatenate`. */
export interface IndexDemands {
  readonly given: readonly Demand[]
  readonly made: readonly Demand[]
}

const found = new WeakMap<readonly ResolvedNode[], IndexDemands>()

export function indexDemands(nodes: readonly ResolvedNode[]): IndexDemands {
  const before = found.get(nodes)
  if (before) return before
  const demands = fitOf(nodes).demands.filter(({ expectation }) => isWholeNumbers(expectation))
  const isGiven = ({ input }: Demand) => input.producer.definition.role === 'input'
  const own = { given: demands.filter(isGiven), made: demands.filter(demand => !isGiven(demand)) }
  found.set(nodes, own)
  return own
}

/** @throws GradstreamError `INDEX_MISMATCH` that names the row and the entry */
export function demandIndices(demand: Demand, { data, shape }: Tensor, place: string): void {
  const { loss, expectation } = demand
  if (!isWholeNumbers(expectation)) return
  const [from, to] = expectation.whole
  const size = data.length / (shape[0] as number)
  const at = data.findIndex(
    (x: number, i: number) => !(Number.isInteger(x) && x >= from && x <= to) && isAsked(demand, i % size),
  )
  if (at < 0) return
  const entry = size === 1 ? '' : `, entry ${at % size}`
  throw new GradstreamError('INDEX_MISMATCH', {
    place: `${place}, row ${Math.floor(at / size)}${entry}`,
    expected: `${showExpectation(expectation)}, as "${loss.id}" requires`,
    got: String(data[at]),
  })
}

const known = new WeakMap<Demand, ReadonlySet<number>>()

/**
 * Whether an entry of a sample arrives where something is asked of it. Nodes on the way may leave some out. Where nobody can tell, nothing is asked: an
 * index that is no place becomes NaN, which a step refuses.
 */
export function isAsked(demand: Demand, entry: number): boolean {
  if (demand.path.length === 0) return true
  const arriving = known.get(demand) ?? attempt(() => entriesBehind(demand)) ?? new Set()
  known.set(demand, arriving)
  return arriving.has(entry)
}

/** What the nodes on the way leave of the numbers 0, 1, ... of the entries of a sample. */
function entriesBehind({ input, path }: Demand): ReadonlySet<number> | undefined {
  const kernels = createKernels({ kernels: 'reference', precision: 'float64' })
  const sample = (shape: readonly (number | null)[]) => {
    const lengths = shape.slice(1)
    if (lengths.includes(null)) throw new Error('a length is open')
    return [1, ...(lengths as number[])]
  }
  const shape = sample(input.producer.shapes[input.output] ?? [])
  let numbers = kernels.tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, entry) => entry),
  )
  for (const { definition, config, inputs } of path) {
    if (isUpdating(definition)) return undefined
    const given = inputs.map(({ name, producer, output }, i) => [
      name,
      i === 0 ? numbers : kernels.fill(sample(producer.shapes[output] ?? []), 0),
    ])
    const context = {
      ...({ kernels, mode: 'infer', step: 0, random: RandomKey.of(0), needs: {} } as const),
      iteration: kernels.fill([], 0),
    }
    numbers = definition.forward(Object.fromEntries(given), config, context)[
      definition.outputs[0] as string
    ] as Tensor
  }
  return new Set<number>(numbers.data)
}
