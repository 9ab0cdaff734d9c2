/** The layout of a graph: the positions of its nodes and the courses of its edges. */
import type { Item, Nodes } from './groups.ts'
import { type Layered, layered } from './pieces.ts'
import type { Point } from './point.ts'
import { ONE_ROW, type Rows, rowsFor } from './rows.ts'

export const SIZE = { width: 168, height: 92 }

/** The space between rows, for edges to the next row, and beside them, where these edges turn. */
const GAP = 60
const TURN = 22
/** The distance between edges that turn in the same gap. */
const LANE = 7
/** The margin of the frame around an opened group, and the height of its title. */
export const FRAME = { around: 12, title: 26 }

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
  /** The node whose values flow along it: if the source is a group, one of its members. */
  readonly from: string
  /** From the source to the target. */
  readonly points: readonly Point[]
  /** Whether it leads to a later row by straight lines. An edge within a row is a curve. */
  readonly isTurned: boolean
}

export interface Placed {
  readonly items: readonly PlacedItem[]
  readonly edges: readonly PlacedEdge[]
  /** The frames of opened scopes and groups, outer ones first, one for each row with members. */
  readonly frames: readonly (Box & {
    readonly group: string
    /** The frames that it is in, outermost first. */
    readonly outer: readonly string[]
    readonly isFirst: boolean
  })[]
  readonly bounds: Box
  /** Whether it runs from top to bottom instead of left to right. */
  readonly isNarrow: boolean
}

/**
 * Layers from left to right. If they are too many for the shape of the page (width divided by height), they
 * continue in several rows, like text. On a narrow page from top to bottom. `height` is that of the page, where it is known.
 */
export function placed(nodes: Nodes, items: readonly Item[], shape: number, height = 0): Placed {
  const isNarrow = shape < 1
  const links = linksOf(nodes, items)
  const { centres, ways } = layered(items, links, { size: SIZE, isNarrow })
  const corners = new Map([...centres].map(([id, centre]) => [id, cornerOf(centre)]))
  const places = [...corners.values()].map(place => ({ ...place, height: SIZE.height }))
  const passed = [...ways.values()].flat().map(({ x, y }) => ({ x: cornerOf({ x, y }).x, y, height: 0 }))
  // One frame has room between the rows; frames in it take more.
  const inner = Math.max(1, ...items.map(({ groups }) => groups.length)) - 1
  const room = { gap: GAP + inner * (FRAME.title + FRAME.around), turn: TURN + inner * FRAME.around }
  const rows = isNarrow
    ? ONE_ROW
    : rowsFor([...places, ...passed], shape, { column: SIZE.width, ...room, enough: 1 / height })
  const arranged = items.map((item): PlacedItem => {
    const place = corners.get(item.id) as Point
    const row = rows.rowOf(place.x)
    return { ...item, row, ...moved(place, rows.shifts[row]) }
  })
  // In reading order, which the Tab key follows.
  arranged.sort((a, b) => a.row - b.row || (isNarrow ? a.y - b.y || a.x - b.x : a.x - b.x || a.y - b.y))
  const edges = coursesOf(links, arranged, ways, { ...rows, ...room, inner }, isNarrow)
  const frames = framesOf(arranged)
  const points = edges.flatMap(edge => edge.points.map(point => ({ ...point, width: 0, height: 0 })))
  const boxes = arranged.map(({ x, y }) => ({ x, y, ...SIZE }))
  return { items: arranged, edges, frames, bounds: around([...boxes, ...frames, ...points]), isNarrow }
}

/** The layout before the size of the page is known. */
export const NOWHERE: Placed = {
  items: [],
  edges: [],
  frames: [],
  bounds: { x: 0, y: 0, width: 1, height: 1 },
  isNarrow: false,
}

const cornerOf = ({ x, y }: Point): Point => ({ x: x - SIZE.width / 2, y: y - SIZE.height / 2 })
const moved = ({ x, y }: Point, by: Point = { x: 0, y: 0 }): Point => ({ x: x + by.x, y: y + by.y })

type Link = Omit<PlacedEdge, 'points' | 'isTurned'>

/** The edges between drawn items, one per pair. */
function linksOf(nodes: Nodes, items: readonly Item[]): Link[] {
  const itemOf = new Map(items.flatMap(({ id, members }) => members.map(member => [member, id] as const)))
  const links = new Map<string, Link>()
  for (const [node, { inputs }] of Object.entries(nodes)) {
    const target = itemOf.get(node) as string
    for (const from of inputs) {
      const source = itemOf.get(from) as string
      const id = `edge ${JSON.stringify([source, target])}`
      if (source !== target) links.set(id, { id, source, target, from })
    }
  }
  return [...links.values()]
}

/**
 * An edge within a row curves around the nodes that it passes. An edge to a later row leaves through the gap
 * between two columns, turns in the gap above that row, and enters from the left, so that it crosses no node
 * in either row.
 */
function coursesOf(
  links: readonly Link[],
  items: readonly PlacedItem[],
  ways: Layered['ways'],
  { shifts, tops, gap, turn, inner }: Rows & { gap: number; turn: number; inner: number },
  isNarrow: boolean,
): PlacedEdge[] {
  const itemOf = new Map(items.map(item => [item.id, item]))
  const right = Math.max(...items.map(({ x }) => x + SIZE.width))
  const turns = new Map<number, number>()
  const { width, height } = SIZE
  return links.map((link): PlacedEdge => {
    const [from, to] = [itemOf.get(link.source) as PlacedItem, itemOf.get(link.target) as PlacedItem]
    const start = moved(from, isNarrow ? { x: width / 2, y: height } : { x: width, y: height / 2 })
    const end = moved(to, isNarrow ? { x: width / 2, y: 0 } : { x: 0, y: height / 2 })
    if (from.row === to.row) {
      const half = isNarrow ? { x: 0, y: height / 2 } : { x: width / 2, y: 0 }
      const beside = (ways.get(link.id) ?? []).flatMap(point => {
        const place = moved(point, shifts[from.row])
        return [moved(place, { x: -half.x, y: -half.y }), moved(place, half)]
      })
      return { ...link, points: [start, ...beside, end], isTurned: false }
    }
    const lane = turns.get(to.row) ?? 0
    turns.set(to.row, lane + 1)
    const y = (tops[to.row] as number) - gap + inner * FRAME.around + LANE * (2 + (lane % 4))
    // An edge that skips rows passes beside them.
    const out = to.row - from.row > 1 ? right + turn : start.x + TURN
    const back = end.x - TURN
    const corners = [
      { x: out, y: start.y },
      { x: out, y },
      { x: back, y },
      { x: back, y: end.y },
    ]
    return { ...link, points: [start, ...corners, end], isTurned: true }
  })
}

function framesOf(items: readonly PlacedItem[]): Placed['frames'] {
  interface Part {
    readonly group: string
    readonly outer: readonly string[]
    /** How many frames there are from this one inwards. */
    levels: number
    readonly members: PlacedItem[]
  }
  const parts = new Map<string, Part>()
  for (const item of items) {
    item.groups.forEach((group, depth) => {
      const key = `${item.row} ${group}`
      const part = parts.get(key) ?? { group, outer: item.groups.slice(0, depth), levels: 0, members: [] }
      part.members.push(item)
      part.levels = Math.max(part.levels, item.groups.length - depth)
      parts.set(key, part)
    })
  }
  const seen = new Set<string>()
  return [...parts.values()].map(({ group, outer, levels, members }) => {
    const box = around(members.map(member => ({ x: member.x, y: member.y, ...SIZE })))
    const [side, title] = [levels * FRAME.around, levels * FRAME.title]
    const isFirst = !seen.has(group)
    seen.add(group)
    return {
      x: box.x - side,
      y: box.y - title,
      width: box.width + 2 * side,
      height: box.height + title + side,
      group,
      outer,
      isFirst,
    }
  })
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map(box => box.x))
  const y = Math.min(...boxes.map(box => box.y))
  const right = Math.max(...boxes.map(box => box.x + box.width))
  const bottom = Math.max(...boxes.map(box => box.y + box.height))
  return { x, y, width: right - x, height: bottom - y }
}
