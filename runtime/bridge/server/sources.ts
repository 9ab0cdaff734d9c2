/** Finds the tensors of a query in a model. */
import { filter, map, type Observable } from 'rxjs'
import {
  entryOf,
  type Frame,
  GradstreamError,
  listOf,
  type Shape,
  show,
  sizeOf,
} from '../../../core/index.ts'
import { engineOf, type Model } from '../../engine/model.ts'
import type { ModelNode, Parameter } from '../../engine/views.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { Query } from '../protocol.ts'

/** Stands for all nodes, unless a node has this name. */
const ALL = '*'
/** The most numbers of a whole tensor, which is sent as one message: 1 MiB in float32. */
const NUMBERS = 256 * 1024

export interface Source {
  /** The id of the node. */
  readonly node: string
  /** Whether its statistics are the ones in the state. */
  readonly isMain: boolean
  readonly frames$: Observable<Frame>
  /** Its current value, if it can be read between two steps. */
  readonly present?: () => Frame
}

/**
 * The sources that a query names.
 *
 * @throws GradstreamError `UNKNOWN_NAME`, `INVALID_MESSAGE`, `FORBIDDEN`
 */
export function sourcesOf(trainer: Trainer, query: Query): Source[] {
  const { of, output, parameter } = query
  const { model } = trainer
  if (query.node === undefined || isOfAll(trainer, query)) return sourcesOfAll(trainer, query)
  const node = model.node(query.node)
  if (of === 'forward' || of === 'backward') {
    const streams = output === undefined ? node : own(node.outputs, output, `output of "${node.id}"`)
    demandShown(
      query,
      streams.shape.map(length => length ?? batchSize(trainer)),
    )
    return [sourceOf(node, of, streams, output === undefined)]
  }
  const known = own(node.parameters, parameter as string, `parameter of "${node.id}"`)
  demandShown(query, known.shape)
  if (of === 'gradient') return [{ node: node.id, isMain: false, frames$: known.gradient$ }]
  return [valuesOf(trainer, node, known)]
}

/** Whether a query covers every node. */
export function isOfAll({ model }: Trainer, { node }: Query): boolean {
  return node === undefined || (node === ALL && !model.nodes.includes(ALL) && !model.graph.outputs[ALL])
}

function sourcesOfAll({ model, state }: Trainer, { node, what, of, output }: Query): Source[] {
  if (what === 'stats' && (of === 'forward' || of === 'backward') && output === undefined) {
    return Object.keys(state.nodes).map(id => {
      const node = model.node(id)
      return sourceOf(node, of, node, true)
    })
  }
  throw new GradstreamError('INVALID_MESSAGE', {
    place: 'query',
    expected: `stats, forward or backward, of ${node === undefined ? 'all nodes' : show(node)}`,
    got: `${what}, ${of}`,
  })
}

function sourceOf(
  { id }: ModelNode,
  of: 'forward' | 'backward',
  streams: Pick<ModelNode, 'forward$' | 'backward$'>,
  isMain: boolean,
): Source {
  return { node: id, isMain, frames$: of === 'forward' ? streams.forward$ : streams.backward$ }
}

/** A parameter can be read at any time; its stream emits after each step. */
function valuesOf({ model, events$ }: Trainer, { id }: ModelNode, parameter: Parameter): Source {
  const present = () => ({ step: stepOf(model), mode: 'train' as const, tensor: parameter.value })
  const frames$ = events$.pipe(
    filter(({ type }) => type === 'step'),
    map(present),
  )
  return { node: id, isMain: false, frames$, present }
}

/** How many steps a model has done. */
export const stepOf = (model: Model): number => engineOf(model).step

const batchSize = ({ state }: Trainer) => state.hyperparameters.batchSize as number

function demandShown(query: Query, whole: Shape): void {
  if (query.what !== 'full') return
  const shape = firstRows(whole, query.rows)
  if (sizeOf(shape) <= NUMBERS) return
  throw new GradstreamError('FORBIDDEN', {
    place: 'query',
    expected: `at most ${NUMBERS} numbers for "full"`,
    got: String(sizeOf(shape)),
    hint: 'Ask for the first "rows", or for a "sample", a "histogram" or "quantiles".',
  })
}

/** The shape of the first rows of a tensor, or of all of it. */
export const firstRows = (shape: Shape, rows = Number.POSITIVE_INFINITY): Shape =>
  shape.map((length, axis) => (axis === 0 ? Math.min(length, rows) : length))

function own<T>(record: Readonly<Record<string, T>>, name: string, what: string): T {
  const found = entryOf(record, name)
  if (found !== undefined) return found
  throw new GradstreamError('UNKNOWN_NAME', {
    place: 'query',
    expected: `a ${what}: ${listOf(Object.keys(record))}`,
    got: `"${name}"`,
  })
}
