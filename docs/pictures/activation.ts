/** The plot of an activation: its value and its derivative, both computed by the node itself. */
import { line } from 'd3-shape'
import type { NodeDefinition } from 'gradstream'
import { evaluateNode } from 'gradstream/testing'
import { groups } from '../../nodes/index.ts'
import { grid, HEIGHT, LEFT, type Point, RIGHT, type Scales, scalesFor, WIDTH } from './axes.ts'
import { element, picture, text } from './svg.ts'

/** In the order of the documentation. */
export const activations = (groups.activations ?? []).map(({ definition }) => definition as NodeDefinition)

/** How far the picture goes to both sides: far enough for the upper end of relu6. */
const rangeOf = ({ type }: NodeDefinition) => (type === 'relu6' ? 8 : 4)
const STEPS = 160
const gridTo = (range: number) => Array.from({ length: STEPS + 1 }, (_, i) => range * ((2 * i) / STEPS - 1))
/** How far from a number to look for a jump at it. */
const BESIDE = 1e-9

interface Curves {
  readonly value: readonly Point[]
  readonly derivative: readonly Point[]
}

/** The curves, with points on both sides of each jump. */
function curvesOf(activation: NodeDefinition): Curves {
  const grid = gridTo(rangeOf(activation))
  const { value, derivative } = run(activation, grid)
  const sides = [value, derivative]
    .flatMap(jumpsIn)
    .flatMap(at => [(grid[at - 1] as number) + BESIDE, (grid[at] as number) - BESIDE])
  return run(
    activation,
    [...new Set([...grid, ...sides])].sort((a, b) => a - b),
  )
}

/** Runs the node on rows (x, rest, rest, rest) and follows the first entry. */
function run({ type, shapes, config }: NodeDefinition, xs: readonly number[], rest = 0): Curves {
  const x = { shape: [xs.length, 4], data: xs.flatMap(x => [x, rest, rest, rest]) }
  const { y: shape = [] } = shapes({ x: x.shape }, config())
  const width = shape.at(-1) as number
  const dy = {
    shape: [xs.length, width],
    data: xs.flatMap(() => Array.from({ length: width }, (_, i) => Number(i === 0))),
  }
  const { output, inputGradients } = evaluateNode(
    { type },
    { inputs: { x }, outputGradient: dy },
    { precision: 'float64' },
  )
  const points = (data: readonly number[] = []) =>
    xs.map((x, i): Point => [x, data[(i * data.length) / xs.length] as number])
  return { value: points(output.data), derivative: points(inputGradients.x?.data) }
}

/** Whether it is a number of the grid, not one beside it. */
const isRound = (x: number) => Number.isInteger(x * STEPS)

/** Whether the first entry depends on its neighbours, as in softmax. */
const isOfRows = (activation: NodeDefinition) =>
  run(activation, [1]).value[0]?.[1] !== run(activation, [1], 2).value[0]?.[1]

/** Where a curve jumps: a visible part of its height at once, and much further than beside. */
function jumpsIn(points: readonly Point[]): number[] {
  const heights = points.map(([, height]) => height)
  const height = Math.max(...heights) - Math.min(...heights)
  const step = (i: number) => Math.abs((heights[i] as number) - (heights[i - 1] as number)) || 0
  return heights.flatMap((_, i) =>
    i > 0 && step(i) > height / 40 && step(i) > 3 * Math.max(step(i - 1), step(i + 1)) ? i : [],
  )
}

/** Cuts a curve at its jumps. */
function pieces(points: readonly Point[]): Point[][] {
  const ends = [0, ...jumpsIn(points), points.length]
  return ends.slice(1).map((end, i) => points.slice(ends[i], end))
}

interface Style {
  readonly label: string
  readonly colour: string
  readonly dashes?: string
  /** How far above the end of the curve its label stands. */
  readonly lift: number
}

function curve(
  points: readonly Point[],
  { x, y }: Scales,
  { label, colour, dashes = 'none', lift }: Style,
): string[] {
  const course = line<Point>(
    ([at]) => x(at),
    ([, height]) => y(height),
  ).digits(2)
  // At a jump, a filled dot marks the value there, and an open dot the limit beside it.
  const dot = ([at, height]: Point) => {
    const inside = isRound(at) ? `fill-${colour}` : 'fill-ground'
    return element('circle', { cx: x(at), cy: y(height), r: 4, class: `${inside} line-${colour}`, ...DOT })
  }
  const parts = pieces(points)
  const [, end] = points.at(-1) as Point
  return [
    ...parts.map(part =>
      element('path', {
        d: course(part) ?? '',
        class: `line line-${colour}`,
        'stroke-dasharray': dashes,
        ...STROKE,
      }),
    ),
    ...parts.slice(1).flatMap((part, i) => [dot(parts[i]?.at(-1) as Point), dot(part[0] as Point)]),
    text(label, { x: RIGHT + 12, y: y(end) + 5 - lift, class: `fill-${colour}`, 'font-weight': 600 }),
  ]
}

/** How far two labels have to move apart so that both can be read. */
function liftOf(first: readonly Point[], second: readonly Point[], { y }: Scales): number {
  const [above = 0, below = 0] = [first, second].map(points => y(points.at(-1)?.[1] as number))
  const room = Math.max(0, LINE - Math.abs(above - below)) / 2
  return above <= below ? room : -room
}

const LINE = 20
const STROKE = { 'stroke-width': 2.5 }
const DOT = { 'stroke-width': 2 }

export function activationPicture(activation: NodeDefinition): string {
  const { type } = activation
  const { value, derivative } = curvesOf(activation)
  const scales = scalesFor([...value, ...derivative])
  const range = rangeOf(activation)
  const [call, index] = isOfRows(activation) ? [`${type}(x, 0, 0, 0)`, '₁'] : [`${type}(x)`, '']
  const config = Object.entries(activation.config())
    .filter(([, setting]) => typeof setting !== 'string' && typeof setting !== 'object')
    .map(([name, setting]) => `${name} = ${setting}`)
  const lift = liftOf(value, derivative, scales)
  return picture(
    {
      width: WIDTH,
      height: HEIGHT,
      title: `${type} and its derivative`,
      description: `Two curves over x from -${range} to ${range}: the value y of ${type}, and dy/dx, dashed.`,
    },
    ...grid(scales),
    ...curve(value, scales, { label: `y${index}`, colour: 'first', lift }),
    ...curve(derivative, scales, { label: `dy${index}/dx`, colour: 'second', dashes: '7 6', lift: -lift }),
    text(`y = ${call}`, { x: LEFT, y: 32, class: 'fill-ink', style: 'font-size:17px;font-weight:600' }),
    text(config.join(', '), { x: RIGHT, y: 32, class: 'fill-quiet', 'text-anchor': 'end' }),
  )
}
