/** Draws very many nodes and edges at once, as they look from afar; as elements, they would be too slow to move. */
import { useStore } from '@xyflow/react'
import { useLayoutEffect, useRef } from 'react'
import { isNameless } from './distance.ts'
import { count } from './format.ts'
import type { GraphEdgeData } from './graph-edge.tsx'
import type { GraphNodeData } from './graph-node.tsx'
import { type Box, type Placed, SIZE } from './layout.ts'
import type { Point } from './point.ts'
import { linesOf, wordsOf } from './words-of.ts'

interface Props {
  readonly nodes: readonly GraphNodeData[]
  readonly edges: readonly GraphEdgeData[]
  readonly frames: Placed['frames']
  readonly isDark: boolean
}

/** Edges of similar norms are drawn in one go. */
const SHADES = 5
/** The sizes of names on the screen, in pixels: the first in which all words of a name fit into its node. */
const TYPES = [10.5, 9.5, 8.5, 7.5]
/** The height of a line, in sizes of its type. */
const LINE = 1.15
/** The space around a name. */
const INSET = 8
/** Words are measured once, in this size of type. */
const MEASURED = 100

export function GraphSketch({ nodes, edges, frames, isDark }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [x, y, zoom] = useStore(({ transform }) => transform)
  const width = useStore(store => store.width)
  const height = useStore(store => store.height)
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours of the style sheet depend on the mode
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!canvas.current || !context) return
    const scale = devicePixelRatio
    canvas.current.width = width * scale
    canvas.current.height = height * scale
    context.setTransform(zoom * scale, 0, 0, zoom * scale, x * scale, y * scale)
    const seen = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }
    const sketch = { context, zoom, seen, colours: coloursOf(canvas.current) }
    drawFrames(sketch, frames)
    drawEdges(sketch, edges)
    drawNodes(sketch, nodes, !isNameless(zoom))
  }, [nodes, edges, frames, isDark, x, y, zoom, width, height])
  const label = `${count(nodes.length)} nodes from afar: the search and the arrow keys lead to each`
  return (
    <canvas ref={canvas} className="graph-sketch" style={{ width, height }} role="img" aria-label={label} />
  )
}

interface Sketch {
  readonly context: CanvasRenderingContext2D
  readonly zoom: number
  /** The part of the graph that is on the pane. */
  readonly seen: Box
  readonly colours: ReturnType<typeof coloursOf>
}

function coloursOf(canvas: HTMLCanvasElement) {
  const style = getComputedStyle(canvas)
  const named = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const flow = ['low', 'middle', 'high'].map(end => named(`flow-${end}`))
  const names = ['panel', 'ground', 'text', 'edge', 'accent', 'warning', 'failed', 'hit'] as const
  const own = Object.fromEntries(names.map(name => [name, named(name)])) as Record<
    (typeof names)[number],
    string
  >
  return { ...own, flow, font: style.fontFamily }
}

const meets = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

function drawFrames({ context, seen, colours }: Sketch, frames: Placed['frames']): void {
  context.fillStyle = colours.accent
  context.globalAlpha = 0.07
  for (const frame of frames) {
    if (meets(frame, seen)) context.fillRect(frame.x, frame.y, frame.width, frame.height)
  }
  context.globalAlpha = 1
}

function drawEdges({ context, zoom, seen, colours }: Sketch, edges: readonly GraphEdgeData[]): void {
  const shades = Array.from({ length: SHADES + 1 }, (): (readonly Point[])[] => [])
  for (const { data } of edges) {
    const points = data?.points ?? []
    if (!meets(around(points), seen)) continue
    const share = data?.share
    shades[share === undefined ? SHADES : Math.min(Math.floor(share * SHADES), SHADES - 1)]?.push(points)
  }
  shades.forEach((courses, shade) => {
    context.strokeStyle =
      shade === SHADES ? colours.edge : (colours.flow[Math.floor((3 * shade) / SHADES)] ?? colours.edge)
    context.lineWidth = Math.max(2 + shade, 0.8 / zoom)
    context.beginPath()
    for (const points of courses) {
      for (const [i, point] of points.entries()) {
        if (i === 0) context.moveTo(point.x, point.y)
        else context.lineTo(point.x, point.y)
      }
    }
    context.stroke()
  })
}

function around(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  // A straight line has a width, too.
  return { x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 }
}

function drawNodes(
  { context, zoom, seen, colours }: Sketch,
  nodes: readonly GraphNodeData[],
  withNames: boolean,
): void {
  context.textBaseline = 'middle'
  for (const { position, data } of nodes) {
    if (!meets({ ...position, ...SIZE }, seen)) continue
    const { failed, ailment, hits, isSelected, title, kind } = data
    const mark = failed
      ? colours.failed
      : hits > 0
        ? colours.hit
        : isSelected
          ? colours.accent
          : ailment
            ? colours.warning
            : undefined
    context.beginPath()
    context.roundRect(position.x, position.y, SIZE.width, SIZE.height, 12)
    context.fillStyle =
      withNames || mark === undefined ? (kind === 'optimizer' ? colours.ground : colours.panel) : mark
    context.fill()
    context.strokeStyle = mark ?? colours.edge
    context.lineWidth = (mark ? 2 : 1) / zoom
    context.stroke()
    if (!withNames) continue
    context.fillStyle = colours.text
    drawName(context, title, position, zoom, colours.font)
  }
}

/** In whole words; a name that does not fit in them is left out. */
function drawName(
  context: CanvasRenderingContext2D,
  name: string,
  { x, y }: Point,
  zoom: number,
  font: string,
): void {
  const [words, width] = [wordsOf(name), SIZE.width - 2 * INSET]
  for (const type of TYPES) {
    const size = type / zoom
    const widthOf = (word: string) => (size / MEASURED) * widthIn(context, word, font)
    const lines = linesOf(words, widthOf, width, Math.floor((SIZE.height - 4) / (size * LINE)))
    if (!lines) continue
    const top = y + SIZE.height / 2 - ((lines.length - 1) / 2) * size * LINE
    context.font = `650 ${size}px ${font}`
    lines.forEach((line, i) => {
      context.fillText(line, x + INSET, top + i * size * LINE)
    })
    return
  }
}

const WIDTHS = new Map<string, number>()
/** As many words are kept. */
const KEPT = 20_000

function widthIn(context: CanvasRenderingContext2D, word: string, font: string): number {
  const known = WIDTHS.get(word)
  if (known !== undefined) return known
  context.font = `650 ${MEASURED}px ${font}`
  const { width } = context.measureText(word)
  if (WIDTHS.size >= KEPT) WIDTHS.clear()
  WIDTHS.set(word, width)
  return width
}
