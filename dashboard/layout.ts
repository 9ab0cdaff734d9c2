/** Where the nodes of a graph stand, how its edges run, and which part of it is looked at. */
import { graphlib, layout } from '@dagrejs/dagre'
import type { Item, Nodes } from './groups.ts'

export const SIZE = { width: 168, height: 92 }

/** Between rows, with room for the edges that lead to the next one; and beside them, where these turn. */
const GAP = 60
const TURN = 22
/** Edges that turn in the same gap keep so far apart. */
const LANE = 7
/** What encloses the members of an opened group, and its title. */
const FRAME = { around: 12, title: 26 }

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly width: number
  readonly height: number
}

export interface PlacedItem extends Item, Point {
  readonly row: number
}

export interface PlacedEdge {
  readonly id: string
  readonly source: string
  readonly target: string
  /** The node whose values flow along it: where the source is a group, one of its members. */
  readonly from: string
  /** From the source to the target. Two points are joined by a curve, more by straight lines. */
  readonly points: readonly Point[]
}

export interface Placed {
  readonly items: readonly PlacedItem[]
  readonly edges: readonly PlacedEdge[]
  /** Around the members of each opened group, one for each row in which it has some. */
  readonly frames: readonly (Box & { readonly group: string; readonly isFirst: boolean })[]
  readonly bounds: Box
  /** From top to bottom, not from left to right. */
  readonly isNarrow: boolean
}

/**
 * Layers from left to right, and where they are many for the shape of the page (its width by its height), in several
 * rows, as text runs; on a narrow page from top to bottom.
 */
export function placed(nodes: Nodes, items: readonly Item[], shape: number): Placed {
  const isNarrow = shape < 1
  const links = linksOf(nodes, items)
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: isNarrow ? 'TB' : 'LR', nodesep: 24, ranksep: isNarrow ? 36 : 44 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of items) graph.setNode(id, { ...SIZE })
  for (const { source, target } of links) graph.setEdge(source, target)
  layout(graph)
  const centred = items.map(item => {
    const { x, y } = graph.node(item.id) as Point
    return { ...item, x: x - SIZE.width / 2, y: y - SIZE.height / 2 }
  })
  const { standing, tops } = isNarrow
    ? { standing: centred.map(item => ({ ...item, row: 0 })), tops: [0] }
    : inRows(centred, shape)
  // As they are read, and so as the Tab key goes through them.
  standing.sort((a, b) => a.row - b.row || (isNarrow ? a.y - b.y || a.x - b.x : a.x - b.x || a.y - b.y))
  const edges = coursesOf(links, standing, isNarrow, row => (tops[row] as number) - GAP)
  const frames = framesOf(standing)
  const points = edges.flatMap(edge => edge.points.map(point => ({ ...point, width: 0, height: 0 })))
  const boxes = standing.map(({ x, y }) => ({ x, y, ...SIZE }))
  return { items: standing, edges, frames, bounds: around([...boxes, ...frames, ...points]), isNarrow }
}

/** Before the size of the page is known. */
export const NOWHERE: Placed = {
  items: [],
  edges: [],
  frames: [],
  bounds: { x: 0, y: 0, width: 1, height: 1 },
  isNarrow: false,
}

/** The most rows that are tried. */
const ROWS = 24

/** In so many rows that the nodes are as large as can be on a page of that shape. */
function inRows(items: readonly (Item & Point)[], shape: number): { standing: PlacedItem[]; tops: number[] } {
  const columns = [...new Set(items.map(({ x }) => x))].sort((a, b) => a - b)
  const columnOf = new Map(columns.map((x, column) => [x, column]))
  let best: { standing: PlacedItem[]; tops: number[]; size: number } | undefined
  for (let rows = 1; rows <= Math.min(columns.length, ROWS); rows++) {
    const perRow = Math.ceil(columns.length / rows)
    const rowOf = ({ x }: Point) => Math.floor((columnOf.get(x) as number) / perRow)
    const extents = Array.from({ length: rows }, (): [number, number] => [Infinity, -Infinity])
    for (const item of items) {
      const extent = extents[rowOf(item)] as [number, number]
      extent[0] = Math.min(extent[0], item.y)
      extent[1] = Math.max(extent[1], item.y + SIZE.height)
    }
    // Each row is as high as what stands in it.
    const tops = [0]
    for (const [top, bottom] of extents) tops.push((tops.at(-1) as number) + Math.max(bottom - top, 0) + GAP)
    const standing = items.map((item): PlacedItem => {
      const row = rowOf(item)
      const [start, top] = [columns[row * perRow] as number, (extents[row] as [number, number])[0]]
      return { ...item, row, x: item.x - start, y: item.y - top + (tops[row] as number) }
    })
    const width = Math.max(...standing.map(({ x }) => x)) + SIZE.width + 2 * TURN
    const size = Math.min(shape / width, 1 / ((tops.at(-1) as number) - GAP))
    if (!best || size > best.size) best = { standing, tops, size }
  }
  return best ?? { standing: [], tops: [0] }
}

type Link = Omit<PlacedEdge, 'points'>

/** The edges between what is drawn, one between two. */
function linksOf(nodes: Nodes, items: readonly Item[]): Link[] {
  const itemOf = new Map(items.flatMap(({ id, members }) => members.map(member => [member, id] as const)))
  const links = new Map<string, Link>()
  for (const [node, { inputs }] of Object.entries(nodes)) {
    const target = itemOf.get(node) as string
    for (const from of inputs) {
      const source = itemOf.get(from) as string
      const id = `${source} → ${target}`
      if (source !== target) links.set(id, { id, source, target, from })
    }
  }
  return [...links.values()]
}

/**
 * An edge within a row is a curve. One to a later row leaves through the gap between two columns, turns in the gap above
 * that row, and comes back from the left, so that it crosses no node of the two rows.
 */
function coursesOf(
  links: readonly Link[],
  items: readonly PlacedItem[],
  isNarrow: boolean,
  gapAbove: (row: number) => number,
): PlacedEdge[] {
  const itemOf = new Map(items.map(item => [item.id, item]))
  const right = Math.max(...items.map(({ x }) => x + SIZE.width))
  const turns = new Map<number, number>()
  return links.map((link): PlacedEdge => {
    const [from, to] = [itemOf.get(link.source) as PlacedItem, itemOf.get(link.target) as PlacedItem]
    if (isNarrow) {
      const [start, end] = [
        { x: from.x + SIZE.width / 2, y: from.y + SIZE.height },
        { x: to.x + SIZE.width / 2, y: to.y },
      ]
      return { ...link, points: [start, end] }
    }
    const [start, end] = [
      { x: from.x + SIZE.width, y: from.y + SIZE.height / 2 },
      { x: to.x, y: to.y + SIZE.height / 2 },
    ]
    if (from.row === to.row) return { ...link, points: [start, end] }
    const lane = turns.get(to.row) ?? 0
    turns.set(to.row, lane + 1)
    const y = gapAbove(to.row) + LANE * (2 + (lane % 4))
    // One that passes whole rows does so beside them.
    const out = (to.row - from.row > 1 ? right : start.x) + TURN
    const back = end.x - TURN
    const corners = [
      { x: out, y: start.y },
      { x: out, y },
      { x: back, y },
      { x: back, y: end.y },
    ]
    return { ...link, points: [start, ...corners, end] }
  })
}

function framesOf(items: readonly PlacedItem[]): Placed['frames'] {
  const parts = new Map<string, PlacedItem[]>()
  for (const item of items) {
    if (item.group === undefined) continue
    const key = `${item.row} ${item.group}`
    parts.set(key, [...(parts.get(key) ?? []), item])
  }
  const seen = new Set<string>()
  return [...parts.values()].map(members => {
    const group = members[0]?.group as string
    const { x, y, width, height } = around(members.map(member => ({ x: member.x, y: member.y, ...SIZE })))
    const isFirst = !seen.has(group)
    seen.add(group)
    const box = { x: x - FRAME.around, width: width + 2 * FRAME.around }
    return { ...box, y: y - FRAME.title, height: height + FRAME.title + FRAME.around, group, isFirst }
  })
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map(box => box.x))
  const y = Math.min(...boxes.map(box => box.y))
  const right = Math.max(...boxes.map(box => box.x + box.width))
  const bottom = Math.max(...boxes.map(box => box.y + box.height))
  return { x, y, width: right - x, height: bottom - y }
}
