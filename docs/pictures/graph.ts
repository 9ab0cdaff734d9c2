/** The picture of a graph: values flow along its edges, and gradients flow back. */
import { Graph, layout } from '@dagrejs/dagre'
import { curveBasis, line } from 'd3-shape'
import {
  binaryCrossentropy,
  compile,
  dense,
  type GraphDef,
  graph,
  input,
  type NodeEntry,
  relu,
  sgd,
  sigmoid,
} from 'gradstream'
import { element, picture, text } from './svg.ts'

/** The network of the README. */
export function classifier(): GraphDef {
  const x = input({ name: 'x', shape: [30] })
  const target = input({ name: 'target', shape: [1] })
  const prediction = x.pipe(
    dense({ units: 16 }),
    relu(),
    dense({ units: 16 }),
    relu(),
    dense({ units: 1 }),
    sigmoid(),
  )
  const loss = binaryCrossentropy()(prediction, target)
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
}

const MARGIN = 16
const BOX = { height: 48, least: 50, padding: 16, letter: 7 }
const LEGEND = 34
/** The distance between the two wires of an edge. */
const APART = 14

interface Point {
  readonly x: number
  readonly y: number
}

/** The position of a node after the layout: its centre. */
interface Place extends Point {
  readonly width: number
  readonly height: number
}

interface Edge {
  readonly points: readonly Point[]
  /** Whether a gradient flows back along it. */
  readonly trained: boolean
}

/** The nodes whose output needs a gradient: those with parameters, and those that depend on them. */
function trainedNodes(net: GraphDef): ReadonlySet<string> {
  const trained = new Set<string>()
  const model = compile(net)
  for (const { id, inputs } of net.nodes) {
    const own = Object.keys(model.node(id).parameters).length > 0
    if (own || Object.values(inputs).some(({ node }) => trained.has(node))) trained.add(id)
  }
  model.dispose()
  return trained
}

/** Lets dagre place the nodes and route the edges. */
function laidOut(net: GraphDef) {
  const trained = trainedNodes(net)
  const drawing = new Graph()
  drawing.setGraph({ rankdir: 'LR', align: 'UL', nodesep: 26, ranksep: 34, marginx: MARGIN, marginy: MARGIN })
  for (const { id, inputs } of net.nodes) {
    const width = Math.max(BOX.least, id.length * BOX.letter + BOX.padding)
    drawing.setNode(id, { width, height: BOX.height })
    for (const { node } of Object.values(inputs)) drawing.setEdge(node, id, { trained: trained.has(node) })
  }
  layout(drawing)
  const size = drawing.graph() as { readonly width: number; readonly height: number }
  const placeOf = (id: string) => drawing.node(id) as Place
  const edges = drawing.edges().map((edge: { v: string; w: string }) => {
    return drawing.edge(edge.v, edge.w) as unknown as Edge
  })
  return { size, placeOf, edges }
}

export function graphPicture(net: GraphDef): string {
  const { size, placeOf, edges } = laidOut(net)
  const width = Math.ceil(size.width)
  const height = Math.ceil(size.height) + LEGEND
  const ids = net.nodes.map(({ id }) => id)
  return picture(
    {
      width,
      height,
      title: 'A network as a graph of nodes joined by streams',
      description: `The nodes ${ids.join(', ')}. Values flow from the inputs to the loss, and gradients flow back.`,
    },
    arrowhead('first'),
    arrowhead('second'),
    ...edges.flatMap(wires),
    ...net.nodes.map(node => card(node, placeOf(node.id))),
    ...legend(height - 26),
  )
}

const courseOf = line<Point>(
  ({ x }) => x,
  ({ y }) => y,
)
  .curve(curveBasis)
  .digits(2)

const FORWARD = { class: 'line line-first', 'stroke-width': 2, 'marker-end': 'url(#first)' }
const BACKWARD = {
  class: 'line line-second',
  'stroke-width': 2,
  'stroke-dasharray': '5 4',
  'marker-end': 'url(#second)',
}

const wire = (course: readonly Point[], style: object) =>
  element('path', { d: courseOf(course) ?? '', ...style })

function wires({ points, trained }: Edge): string[] {
  if (!trained) return [wire(points, FORWARD)]
  const moved = (by: number) => points.map(({ x, y }) => ({ x, y: y + by }))
  return [wire(moved(-APART / 2), FORWARD), wire(moved(APART / 2).toReversed(), BACKWARD)]
}

const arrowhead = (colour: string) => {
  const size = { viewBox: '0 0 10 10', markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse' }
  const tip = element('path', { d: 'M0 0.5L10 5L0 9.5Z', class: `fill-${colour}` })
  return element('marker', { id: colour, ...size, refX: 9.5, refY: 5, orient: 'auto' }, tip)
}

/** A node: its name and the main values of its config. */
function card({ id, type, config }: NodeEntry, { x, y, width, height }: Place): string {
  const rx = type === 'input' ? height / 2 : 7
  const box = { x: x - width / 2, y: y - height / 2, width, height, rx, class: 'fill-faint line-edge' }
  const { shape, units } = config
  const note = Array.isArray(shape)
    ? `[${shape.join(', ')}]`
    : units === undefined
      ? ''
      : `${units} unit${units === 1 ? '' : 's'}`
  const middle = { x, 'text-anchor': 'middle' }
  const name = { ...middle, class: 'fill-ink', style: 'font-size:13px;font-weight:600' }
  return [
    element('rect', box),
    text(id, { ...name, y: note ? y - 2 : y + 4.5 }),
    ...(note ? [text(note, { ...middle, y: y + 14, class: 'fill-quiet', style: 'font-size:11px' })] : []),
  ].join('')
}

function legend(y: number): string[] {
  const entry = (from: number, to: number, style: object, label: string) => [
    wire(
      [from, to].map(x => ({ x, y })),
      style,
    ),
    text(label, { x: Math.max(from, to) + 10, y: y + 4.5, class: 'fill-quiet', style: 'font-size:13px' }),
  ]
  return [
    ...entry(MARGIN, MARGIN + 36, FORWARD, 'forward$: values'),
    ...entry(MARGIN + 216, MARGIN + 180, BACKWARD, 'backward$: gradients of the loss'),
  ]
}
