/** The graph for React Flow: nodes, frames and edges. */
import type { Node } from '@xyflow/react'
import type { NodeInfo, RunState } from '../client.ts'
import { courseFor, curveOf } from './curves.ts'
import type { Failure } from './failure.ts'
import { type FlowScale, shareOf } from './flow-scale.ts'
import { count, figures, shapeText, words } from './format.ts'
import type { GraphEdgeData } from './graph-edge.tsx'
import type { FrameData, GraphNodeData } from './graph-node.tsx'
import { nameWithin, titleOfGroup } from './groups.ts'
import { ailmentOf, ailmentText, type Thresholds, worstOf } from './health.ts'
import { type Placed, type PlacedItem, SIZE } from './layout.ts'
import type { Norms } from './norms.ts'
import type { Optimizers } from './optimizers.ts'

export interface Look extends Pick<RunState, 'nodes' | 'hyperparameters' | 'follows'> {
  /** Where the schedules are. */
  readonly step: number
  readonly optimizers: Optimizers
  readonly norms: Norms
  readonly limits: Thresholds
  readonly selected: string | undefined
  readonly failure: Failure | undefined
  /** Which nodes the run does not have so: they wait to be trained. */
  readonly drafted: ReadonlyMap<string, string> | undefined
  /** What a search has found, and the one that it shows. */
  readonly hits: ReadonlySet<string>
}

export type Direction = 'forward' | 'backward'

/** The key of a node, distinct from those of frames and edges. */
export const keyOfNode = (id: string): string => `node ${id}`

/** React Flow hides nodes until it has measured them, and each update makes new ones; so pass the size. */
const fixed = ({ width, height }: { width: number; height: number }) => ({
  width,
  height,
  measured: { width, height },
})

/** Edges have their own ends, but React Flow requires handles. */
const ENDS = (['source', 'target'] as const).map(type => ({
  type,
  x: 0,
  y: 0,
  position: 'top',
  width: 1,
  height: 1,
}))

/** The place of the outermost frames among what is drawn, below all nodes. */
export const OUTERMOST = -100

export function drawnFrames(plan: Placed): FrameData[] {
  return plan.frames.map(({ group, outer, isFirst, x, y, ...size }, i): FrameData => {
    const shared = { id: `frame ${i}`, type: 'frame', position: { x, y }, zIndex: OUTERMOST + outer.length }
    return {
      ...shared,
      ...fixed(size),
      data: { group, name: nameWithin(titleOfGroup(group), outer), isFirst },
    }
  })
}

export function drawnNodes(plan: Placed, look: Look): GraphNodeData[] {
  return plan.items.map(
    (item): GraphNodeData => ({
      id: keyOfNode(item.id),
      type: 'node',
      position: { x: item.x, y: item.y },
      ...fixed(SIZE),
      handles: ENDS as NonNullable<Node['handles']>,
      data: look.optimizers[item.id] ? optimizer(item, look) : node(item, look),
    }),
  )
}

function node(
  { id, title, members, groups }: PlacedItem,
  { nodes, norms, limits, selected, failure, hits, drafted }: Look,
): GraphNodeData['data'] {
  const infos = members.map(member => nodes[member] as NodeInfo)
  const last = infos.at(-1) as NodeInfo
  const isGroup = members.length > 1
  const worst = worstOf(infos.map((info, i) => ailmentOf(members[i] as string, info, limits)))
  const ailment = worst ? ailmentText(worst, isGroup) : ''
  const type = isGroup ? `${members.length} nodes` : last.type
  const shape = shapeText(last.shape)
  const parameters = infos.reduce((sum, info) => sum + info.parameters, 0)
  return {
    id,
    title: nameWithin(title, groups),
    scope: title.slice(0, title.length - nameWithin(title, groups).length),
    type,
    shape,
    curve: isGroup ? undefined : curveOf(last),
    course: undefined,
    at: 0,
    note: parameters > 0 ? `${count(parameters)} par.` : '',
    norms: norms.of(members.at(-1) as string),
    norm: last.backward ? `∇ ${figures(last.backward.norm)}` : '',
    ailment,
    ...failedIn(members, failure),
    drafted: members.flatMap(member => drafted?.get(member) ?? [])[0] ?? '',
    description: `norm of the values ${figures(last.forward?.norm)}, of the gradient ${figures(last.backward?.norm)}`,
    isSelected: members.includes(selected ?? ''),
    hits: hits.size === 0 ? 0 : members.filter(member => hits.has(member)).length,
    kind: isGroup ? 'group' : 'node',
  }
}

const failedIn = (members: readonly string[], failure: Failure | undefined) =>
  failure && members.includes(failure.node)
    ? {
        failed: members.length > 1 ? `failed in ${failure.node}` : (failure.label ?? 'failed here'),
        failure: failure.message,
      }
    : { failed: '', failure: '' }

const NONE: readonly number[] = []

/** An optimizer shows its first hyper-parameter, and so does a link. */
function optimizer(
  { id }: PlacedItem,
  { optimizers, hyperparameters, follows, step, failure, hits }: Look,
): GraphNodeData['data'] {
  const { type = '', config = {} } = optimizers[id] ?? {}
  const fields = hyperparameters[id]
  const course = courseFor(follows[id])
  const options = Object.entries(fields ?? config)
  const [name, value] = options.find(([, value]) => typeof value === 'number') ?? []
  const note = name === undefined ? '' : `${words(name)} ${figures(value as number)}`
  const common = { id, title: id, scope: '', type, shape: '', note, norms: NONE, norm: '', ailment: '' }
  return {
    ...common,
    ...failedIn([id], failure),
    drafted: '',
    curve: undefined,
    course,
    at: course?.across === 'step' ? step : 0,
    description: fields ? 'opens its fields' : '',
    isSelected: false,
    hits: Number(hits.has(id)),
    kind: 'optimizer',
  }
}

/** The norm of what flows along each edge. */
export const normsOf = (plan: Placed, nodes: RunState['nodes'], direction: Direction) =>
  plan.edges.map(({ from }) => nodes[from]?.[direction]?.norm)

interface FlowLook {
  readonly norms: readonly (number | undefined)[]
  readonly scale: FlowScale
  readonly direction: Direction
  /** The key of the node or edge under the pointer. */
  readonly pointed: string | undefined
}

export function drawnEdges(plan: Placed, { norms, scale, direction, pointed }: FlowLook): GraphEdgeData[] {
  return plan.edges.map(({ id, points, isTurned, ...ends }, i) => {
    const [source, target] = [keyOfNode(ends.source), keyOfNode(ends.target)]
    const isPointed = pointed !== undefined && [id, source, target].includes(pointed)
    return {
      id,
      source,
      target,
      type: 'flow',
      // Above the edges that it crosses.
      zIndex: isPointed ? 1 : 0,
      data: {
        points,
        isTurned,
        isNarrow: plan.isNarrow,
        isBackward: direction === 'backward',
        share: shareOf(norms[i], scale),
        isPointed,
        label: norms[i] === undefined ? '' : figures(norms[i]),
      },
    }
  })
}
