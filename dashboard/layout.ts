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
 * All nodes one by one where they are few. Else in groups, so many that the whole can be read, but for those that were
 * opened. Groups are stretches of an order in which nodes come after their inputs, so no edge leads back; they end
 * where all that goes on comes from one node, such as the end of a residual block.
 */
export function itemsOf(nodes: Nodes, opened: ReadonlySet<string>): Item[] {
  const ids = Object.keys(nodes)
  if (ids.length <= MOST) return ids.map(id => ({ id, members: [id] }))
  const blocks = blocksOf(nodes)
  let size = Math.ceil(ids.length / MOST)
  while (grouped(blocks, size).length > MOST) size++
  return grouped(blocks, size).flatMap((members): Item[] => {
    const [first = '', last = ''] = [members.at(0), members.at(-1)]
    const id = members.length === 1 ? first : `${first} … ${last}`
    return opened.has(id) ? members.map(member => ({ id: member, members: [member] })) : [{ id, members }]
  })
}

/** Blocks that follow each other, joined up to a size; larger ones in parts. */
function grouped(blocks: readonly (readonly string[])[], size: number): string[][] {
  const groups: string[][] = []
  for (const block of blocks) {
    const last = groups.at(-1)
    if (last && last.length + block.length <= size) last.push(...block)
    else if (block.length < 2 * size) groups.push([...block])
    else for (let i = 0; i < block.length; i += size) groups.push(block.slice(i, i + size))
  }
  return groups
}

/** The nodes, each after its inputs, cut wherever all edges that lead on begin at one node. */
function blocksOf(nodes: Nodes): string[][] {
  const order = ordered(nodes)
  const placeOf = new Map(order.map((id, place) => [id, place]))
  /** How far the edges of each node lead. */
  const reach = order.map((_, place) => place)
  for (const [id, { inputs }] of Object.entries(nodes)) {
    for (const input of inputs) {
      const from = placeOf.get(input) as number
      reach[from] = Math.max(reach[from] as number, placeOf.get(id) as number)
    }
  }
  const blocks: string[][] = [[]]
  /** Those before here whose edges lead beyond. */
  let open: number[] = []
  order.forEach((id, place) => {
    blocks.at(-1)?.push(id)
    open = [...open.filter(other => (reach[other] as number) > place), place]
    if (open.length === 1) blocks.push([])
  })
  return blocks.filter(block => block.length > 0)
}

/** Each node after its inputs, and inputs no sooner than they are needed. */
function ordered(nodes: Nodes): string[] {
  const order = new Set<string>()
  for (const end of Object.keys(nodes)) {
    const stack = [end]
    while (stack.length > 0) {
      const id = stack.at(-1) as string
      const missing = order.has(id) ? [] : (nodes[id]?.inputs ?? []).filter(input => !order.has(input))
      if (missing.length > 0) stack.push(...missing.toReversed())
      else {
        order.add(id)
        stack.pop()
      }
    }
  }
  return [...order]
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
