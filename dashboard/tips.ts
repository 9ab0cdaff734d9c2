/** What the page tells of a node or an edge that is pointed at. */
import type { NodeInfo, RunState, Statistics } from '../client.ts'
import type { Failure } from './failure.ts'
import { count, figures, shapeText, share, words } from './format.ts'
import { keyOfNode } from './graph-drawn.ts'
import type { Tip } from './graph-tip.tsx'
import { ailmentOf, ailmentText, type Thresholds, worstOf } from './health.ts'
import { type Placed, type PlacedItem, SIZE } from './layout.ts'
import type { Optimizers } from './optimizers.ts'

export interface Told extends Pick<RunState, 'nodes' | 'hyperparameters'> {
  readonly optimizers: Optimizers
  readonly limits: Thresholds
  readonly failure: Failure | undefined
}

type Fact = readonly [name: string, value: string]

/** `key` is that of a node or an edge of the graph. */
export function tipFor(key: string | undefined, plan: Placed, told: Told): Tip | undefined {
  if (key === undefined) return undefined
  const item = plan.items.find(({ id }) => keyOfNode(id) === key)
  if (item) return { ...aboutItem(item, told), box: { ...item, ...SIZE } }
  const edge = plan.edges.find(({ id }) => id === key)
  const info = edge && told.nodes[edge.from]
  if (!edge || !info) return undefined
  const { points, from } = edge
  const [one, other] = [points[points.length / 2 - 1], points[points.length / 2]]
  if (!one || !other) return undefined
  const targets = plan.items.find(({ id }) => id === edge.target)
  return {
    title: `${from} → ${targets?.title ?? edge.target}`,
    trouble: '',
    facts: [
      ['shape', shapeText(info.shape)],
      ['norm of values', figures(info.forward?.norm)],
      ['norm of gradients', figures(info.backward?.norm)],
    ],
    box: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, width: 0, height: 0 },
  }
}

function aboutItem(item: PlacedItem, told: Told): Omit<Tip, 'box'> {
  const { nodes, limits, failure } = told
  const { title, members } = item
  const failed = failure && members.includes(failure.node) ? failure.message : ''
  const infos = members.flatMap(member => nodes[member] ?? [])
  const last = infos.at(-1)
  if (!last) return { title, trouble: failed, facts: aboutOptimizer(item.id, told) }
  const isGroup = members.length > 1
  const worst = worstOf(infos.map((info, i) => ailmentOf(members[i] as string, info, limits)))
  const parameters = infos.reduce((sum, info) => sum + info.parameters, 0)
  return {
    title,
    trouble: failed || (worst ? ailmentText(worst, isGroup) : ''),
    facts: [
      isGroup ? ['nodes', count(members.length)] : ['type', last.type],
      ['output', shapeText(last.shape)],
      ...(parameters > 0 ? [['parameters', count(parameters)] as const] : []),
      ...(isGroup ? [] : settings(last.config)),
      ...measured('values', last.forward),
      ...measured('gradients', last.backward),
    ],
  }
}

function aboutOptimizer(id: string, { optimizers, hyperparameters }: Told): Fact[] {
  const { type = '', config = {} } = optimizers[id] ?? {}
  return [['type', type], ...settings({ ...config, ...(hyperparameters[id] as object) })]
}

/** The most settings that are told; the panel of the node has all of them. */
const SETTINGS = 3

const settings = (config: NodeInfo['config']): Fact[] =>
  Object.entries(config)
    .filter(([, value]) => typeof value === 'number')
    .slice(0, SETTINGS)
    .map(([name, value]) => [words(name), figures(value as number)])

function measured(what: string, statistics: Statistics | undefined): Fact[] {
  if (!statistics) return []
  const { mean, standardDeviation, norm, zeros, nonFinite } = statistics
  return [
    [what, `${figures(mean)} ± ${figures(standardDeviation)}`],
    [`norm of ${what}`, figures(norm)],
    ...(what === 'values' && zeros > 0 ? [['zeros', share(zeros)] as const] : []),
    ...(nonFinite > 0 ? [['not finite', count(nonFinite)] as const] : []),
  ]
}
