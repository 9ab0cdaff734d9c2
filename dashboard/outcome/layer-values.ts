/** The values of a layer for samples of the run, in as many requests as it takes. */
import type { Predictions, PredictQuery, RunState } from '../../client.ts'
import { NUMBERS, type Source } from '../look.ts'

/** The most samples, and the most numbers of all of them together. */
export const POINTS = 2000
const ALL = 4 * NUMBERS

export interface LayerValues {
  readonly rows: Float64Array
  readonly count: number
  readonly width: number
}

interface Asked {
  predict(query: PredictQuery): Promise<Predictions>
}

/** How many samples are looked at, of a layer with so many numbers for each. */
export const pointsOf = (samples: number, width: number): number =>
  Math.max(1, Math.min(samples, POINTS, Math.floor(ALL / width)))

export async function layerValues(
  client: Asked,
  query: { readonly of: Source; readonly node: string; readonly width: number; readonly samples: number },
): Promise<LayerValues> {
  const { of, node, width, samples } = query
  const count = pointsOf(samples, width)
  const most = Math.max(1, Math.floor(NUMBERS / width))
  const rows = new Float64Array(count * width)
  for (let start = 0; start < count; start += most) {
    const places = Array.from({ length: Math.min(most, count - start) }, (_, i) => start + i)
    const { outputs } = await client.predict({ of, rows: places, node, columns: false })
    rows.set(outputs[node]?.data ?? [], start * width)
  }
  return { rows, count, width }
}

/** The targets of the first samples. They never change. */
export async function targetsOf(client: Asked, of: Source, target: string, count: number) {
  const { columns = {} } = await client.predict({ of, count })
  return columns[target]
}

export interface Layer {
  readonly id: string
  /** How many numbers it has for a sample. */
  readonly width: number
}

/**
 * The layers between the inputs of a prediction and itself, in the order of the graph, and the place of the one to begin with: what the last
 * layer with weights reads.
 */
export function layersOf(
  { nodes }: Pick<RunState, 'nodes'>,
  prediction: string,
): { layers: Layer[]; first: number } {
  const seen = new Set([prediction])
  for (const id of seen) for (const input of nodes[id]?.inputs ?? []) seen.add(input)
  const layers = Object.entries(nodes).flatMap(([id, { shape }]): Layer[] => {
    const width = shape.slice(1).reduce<number>((size, length) => size * (length ?? Number.NaN), 1)
    return seen.has(id) && shape[0] === null && width >= 2 && width <= NUMBERS ? [{ id, width }] : []
  })
  let last = prediction
  while (nodes[last]?.parameters === 0 && nodes[last]?.inputs[0] !== undefined)
    last = nodes[last]?.inputs[0] as string
  const read = nodes[last]?.inputs[0] ?? prediction
  const at = layers.findIndex(({ id }) => id === read)
  return { layers, first: Math.max(at, 0) }
}
