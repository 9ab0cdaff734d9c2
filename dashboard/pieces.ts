/**
 * Places the nodes of a graph in layers, piece by piece: a deep graph as a whole would take too long. Networks repeat
 * their blocks, so pieces that are alike are placed once.
 */
import { graphlib, layout } from '@dagrejs/dagre'
import type { Item } from './groups.ts'
import { blocksOf } from './order.ts'
import type { Point } from './point.ts'

export interface Link {
  readonly id: string
  readonly source: string
  readonly target: string
}

export interface Layered {
  /** The centre of each item. */
  readonly centres: ReadonlyMap<string, Point>
  /** Where each link passes layers without a node of its own. */
  readonly ways: ReadonlyMap<string, readonly Point[]>
}

interface Options {
  readonly size: { readonly width: number; readonly height: number }
  /** Whether it runs from top to bottom instead of left to right. */
  readonly isNarrow: boolean
}

/** A piece ends at the first place with so many items; one that begins with an input, only with so many. */
const ENOUGH = 6
const MANY = 80
/** Larger pieces are placed in layers without looking for the fewest crossings. */
const LARGEST = 300

const APART = 24
const gapOf = (isNarrow: boolean) => (isNarrow ? 36 : 44)

export function layered(items: readonly Item[], links: readonly Link[], options: Options): Layered {
  const centres = new Map<string, Point>()
  const ways = new Map<string, readonly Point[]>()
  const itemOf = new Map(items.map(item => [item.id, item]))
  const numberOf = new Map<string, number>()
  const known = new Map<string, Placed>()
  const pieces = piecesOf(items, links)
  pieces.forEach((ids, i) => {
    for (const id of ids) numberOf.set(id, i)
  })
  const linksOf = pieces.map((): Link[] => [])
  for (const link of links) {
    const ends = [link.source, link.target].map(id => numberOf.get(id) as number)
    linksOf[Math.max(...ends)]?.push(link)
  }
  pieces.forEach((ids, i) => {
    // The last item of the piece before, at which all links into this one begin.
    const start = pieces[i - 1]?.at(-1)
    const members = (start === undefined ? ids : [start, ...ids]).map(id => itemOf.get(id) as Item)
    const end = i < pieces.length - 1 ? ids.at(-1) : undefined
    const piece = pieceOf(members, linksOf[i] as Link[], start, end)
    const key = JSON.stringify(piece)
    const placed = known.get(key) ?? (members.length > LARGEST ? inLayers : byDagre)(piece, options)
    known.set(key, placed)
    const [from, to] = [placed.centres[0], centres.get(start ?? '')]
    const by = from && to ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 }
    const moved = ({ x, y }: Point): Point => ({ x: Math.round(x + by.x), y: Math.round(y + by.y) })
    members.forEach(({ id }, place) => {
      if (id !== start) centres.set(id, moved(placed.centres[place] as Point))
    })
    linksOf[i]?.forEach(({ id }, place) => {
      ways.set(id, (placed.ways[place] as Point[]).map(moved))
    })
  })
  return { centres, ways }
}

/** Blocks joined into pieces. */
function piecesOf(items: readonly Item[], links: readonly Link[]): string[][] {
  const feeds = new Map(items.map(({ id }) => [id, [] as string[]]))
  for (const { source, target } of links) feeds.get(target)?.push(source)
  const pieces: string[][] = [[]]
  for (const block of blocksOf(feeds)) {
    const length = pieces.at(-1)?.length as number
    const hasInput = block.some(id => feeds.get(id)?.length === 0)
    if (length >= (hasInput ? MANY : ENOUGH)) pieces.push([])
    pieces.at(-1)?.push(...block)
  }
  return pieces
}

/** A piece without names: items and groups are numbers. */
interface Piece {
  /** The groups of each item, outermost first. */
  readonly groups: readonly (readonly number[])[]
  readonly links: readonly (readonly [source: number, target: number])[]
  /** Links that are not drawn: what has to be behind its start, and before its end, although no link says so. */
  readonly bounds: readonly (readonly [source: number, target: number])[]
}

/** The places of its items, and the points that its links pass. */
interface Placed {
  readonly centres: readonly Point[]
  readonly ways: readonly (readonly Point[])[]
}

function pieceOf(
  items: readonly Item[],
  links: readonly Link[],
  start: string | undefined,
  end: string | undefined,
): Piece {
  const placeOf = new Map(items.map(({ id }, place) => [id, place]))
  const numberOf = new Map<string, number>()
  for (const group of items.flatMap(({ groups }) => groups))
    if (!numberOf.has(group)) numberOf.set(group, numberOf.size)
  const at = (id: string) => placeOf.get(id) as number
  const fed = new Set(links.map(({ target }) => target))
  const feeding = new Set(links.map(({ source }) => source))
  return {
    groups: items.map(({ groups }) => groups.map(group => numberOf.get(group) as number)),
    links: links.map(({ source, target }) => [at(source), at(target)]),
    bounds: items.flatMap(({ id }): [number, number][] => [
      ...(start !== undefined && id !== start && !fed.has(id)
        ? [[at(start), at(id)] as [number, number]]
        : []),
      ...(end !== undefined && id !== end && !feeding.has(id) ? [[at(id), at(end)] as [number, number]] : []),
    ]),
  }
}

/** With its bounds only where they would be crossed without: they bend what would be straight. */
function byDagre(piece: Piece, options: Options): Placed {
  const { centres, ways } = withDagre(piece, [], options)
  const along = ({ x, y }: Point) => (options.isNarrow ? y : x)
  const isKept = ([source, target]: Piece['bounds'][number]) =>
    along(centres[source] as Point) < along(centres[target] as Point)
  return piece.bounds.every(isKept) ? { centres, ways } : withDagre(piece, piece.bounds, options)
}

function withDagre({ groups, links }: Piece, bounds: Piece['bounds'], { size, isNarrow }: Options): Placed {
  const graph = new graphlib.Graph({ compound: groups.some(own => own.length > 0) })
  graph.setGraph({ rankdir: isNarrow ? 'TB' : 'LR', nodesep: APART, ranksep: gapOf(isNarrow) })
  graph.setDefaultEdgeLabel(() => ({}))
  const [item, frame] = [(place: number) => `n${place}`, (group: number) => `g${group}`]
  groups.forEach((_, place) => {
    graph.setNode(item(place), { ...size })
  })
  for (const [source, target] of links) graph.setEdge(item(source), item(target))
  for (const [source, target] of bounds) graph.setEdge(item(source), item(target), { weight: 0 })
  groups.forEach((own, place) => {
    const path = [...own.map(frame), item(place)]
    for (const [depth, inner] of path.entries()) {
      if (!graph.hasNode(inner)) graph.setNode(inner, {})
      if (depth > 0) graph.setParent(inner, path[depth - 1] as string)
    }
  })
  layout(graph)
  const centres = groups.map((_, place) => graph.node(item(place)) as Point)
  const along = isNarrow ? 'y' : 'x'
  const layers = new Set(centres.map(centre => centre[along]))
  const ways = links.map(([source, target]) => {
    const { points } = graph.edge(item(source), item(target)) as { points: Point[] }
    return points.slice(1, -1).filter(point => layers.has(point[along]))
  })
  return { centres, ways }
}

/** Each item in the layer after its inputs, near them. The items come in an order in which they follow their inputs. */
function inLayers({ groups, links, bounds }: Piece, { size, isNarrow }: Options): Placed {
  const feeds = groups.map(() => [] as number[])
  // A link that leads back counts for nothing.
  for (const [source, target] of [...links, ...bounds]) if (source < target) feeds[target]?.push(source)
  const layerOf: number[] = []
  const layers: number[][] = []
  groups.forEach((_, place) => {
    const layer = 1 + Math.max(-1, ...(feeds[place] as number[]).map(input => layerOf[input] as number))
    layerOf.push(layer)
    layers[layer] = [...(layers[layer] ?? []), place]
  })
  const [length, across] = isNarrow ? [size.height, size.width] : [size.width, size.height]
  const besides: number[] = []
  for (const layer of layers) {
    const means = new Map(layer.map(place => [place, mean(feeds[place] as number[], besides)]))
    layer.sort((a, b) => (means.get(a) as number) - (means.get(b) as number))
    layer.forEach((place, i) => {
      besides[place] = (i - (layer.length - 1) / 2) * (across + APART)
    })
  }
  const centres = groups.map((_, place): Point => {
    const [along, beside] = [
      (layerOf[place] as number) * (length + gapOf(isNarrow)),
      besides[place] as number,
    ]
    return isNarrow ? { x: beside, y: along } : { x: along, y: beside }
  })
  return { centres, ways: links.map(() => []) }
}

const mean = (places: readonly number[], values: readonly number[]) =>
  places.reduce((sum, place) => sum + (values[place] as number), 0) / Math.max(places.length, 1)
