/** Where the nodes of a graph stand, and which of them are shown as one. */
import { graphlib, layout } from '@dagrejs/dagre'
import type { NodeInfo } from '../client.ts'

/** More nodes than this are shown in groups. */
export const MOST = 60

export const SIZE = { width: 168, height: 92 }

export type Nodes = Readonly<Record<string, NodeInfo>>

/** What is drawn as one: a node, or several that follow each other. */
export interface Item {
  readonly id: string
  readonly members: readonly string[]
}

/**
 * All nodes one by one where they are few. Else nodes that follow each other, with nothing branching off, are grouped
 * until the whole fits, but for the groups that were opened.
 */
export function itemsOf(nodes: Nodes, opened: ReadonlySet<string>): Item[] {
  const ids = Object.keys(nodes)
  if (ids.length <= MOST) return ids.map(id => ({ id, members: [id] }))
  const consumers = new Map<string, string[]>()
  for (const id of ids) {
    for (const input of nodes[id]?.inputs ?? []) consumers.set(input, [...(consumers.get(input) ?? []), id])
  }
  const next = (id: string) => {
    const [only, ...others] = consumers.get(id) ?? []
    return only !== undefined && others.length === 0 && nodes[only]?.inputs.length === 1 ? only : undefined
  }
  const followers = new Set(ids.map(next).filter(id => id !== undefined))
  const chains = ids
    .filter(id => !followers.has(id))
    .map(first => {
      const chain = [first]
      for (let id = next(first); id !== undefined; id = next(id)) chain.push(id)
      return chain
    })
  const length = Math.max(2, Math.ceil(ids.length / Math.max(MOST - chains.length, 1)))
  return chains.flatMap(chain => {
    const parts: Item[] = []
    for (let start = 0; start < chain.length; start += length) {
      const members = chain.slice(start, start + length)
      const [first = '', last = ''] = [members.at(0), members.at(-1)]
      const id = members.length === 1 ? first : `${first} … ${last}`
      if (opened.has(id)) parts.push(...members.map(member => ({ id: member, members: [member] })))
      else parts.push({ id, members })
    }
    return parts
  })
}

export interface Placed {
  readonly items: readonly (Item & { readonly x: number; readonly y: number })[]
  readonly edges: readonly {
    readonly id: string
    readonly source: string
    readonly target: string
    readonly from: string
  }[]
}

/**
 * Layers from left to right, and where they are many for the shape of the page (its width by its height), in several
 * rows, as text runs; on a narrow page from top to bottom.
 */
export function placed(nodes: Nodes, items: readonly Item[], shape: number): Placed {
  const itemOf = new Map(items.flatMap(({ id, members }) => members.map(member => [member, id] as const)))
  const edges = new Map<string, Placed['edges'][number]>()
  for (const [id, { inputs }] of Object.entries(nodes)) {
    const target = itemOf.get(id) as string
    for (const input of inputs) {
      const source = itemOf.get(input) as string
      if (source === target) continue
      const edge = `${source} → ${target}`
      edges.set(edge, { id: edge, source, target, from: input })
    }
  }
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: shape < 1 ? 'TB' : 'LR', nodesep: 22, ranksep: 40 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of items) graph.setNode(id, { ...SIZE })
  for (const { source, target } of edges.values()) graph.setEdge(source, target)
  layout(graph)
  const { width = 1, height = 1 } = graph.graph()
  // So many rows that each is as long as fits the shape, with a gap between them.
  const gap = 48
  const rows = shape < 1 ? 1 : Math.max(1, Math.round(Math.sqrt(width / (shape * (height + gap)))))
  const columns = [...new Set(items.map(({ id }) => graph.node(id).x as number))].sort((a, b) => a - b)
  const perRow = Math.ceil(columns.length / rows)
  return {
    items: items.map(item => {
      const { x, y } = graph.node(item.id) as { x: number; y: number }
      const row = shape < 1 ? 0 : Math.floor(columns.indexOf(x) / perRow)
      const start = shape < 1 ? 0 : (columns[row * perRow] as number) - SIZE.width / 2
      return { ...item, x: x - start - SIZE.width / 2, y: y + row * (height + gap) - SIZE.height / 2 }
    }),
    edges: [...edges.values()],
  }
}
