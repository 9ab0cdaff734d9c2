/** Points on a plane, drawn with a mark or a colour for what is true of each. */
import { COLOURS, colourNameOf, markOf } from '../marks.ts'
import { coloursOf, diverging, type Scale, shareOf } from '../surface.ts'

/** The room around the points, in CSS pixels, and how near the pointer has to come. */
const MARGIN = 10
const NEAR = 14

export interface Scatter {
  /** x and y of each point in turn. */
  readonly points: Float64Array
  /** The class of each point, or -1; or numbers on a scale. */
  readonly values: readonly number[]
  readonly scale: Scale | undefined
  /** The point to stress. */
  readonly chosen: number | undefined
}

/** Where the points are in a canvas of that size, in CSS pixels. */
export function placesIn(points: Float64Array, width: number, height: number): Float64Array {
  const ranges = [0, 1].map(axis => {
    const own = points.filter((value, i) => i % 2 === axis && Number.isFinite(value))
    const least = own.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    return [least, most > least ? most - least : 1] as const
  }) as [readonly [number, number], readonly [number, number]]
  const room = [Math.max(width - 2 * MARGIN, 1), Math.max(height - 2 * MARGIN, 1)] as const
  return points.map((value, i) => {
    const axis = (i % 2) as 0 | 1
    const [least, extent] = ranges[axis]
    const share = (value - least) / extent
    return MARGIN + (axis === 0 ? share : 1 - share) * room[axis]
  })
}

export function drawScatter(canvas: HTMLCanvasElement, { points, values, scale, chosen }: Scatter): void {
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = Math.round(width * devicePixelRatio)
  canvas.height = Math.round(height * devicePixelRatio)
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  context.scale(devicePixelRatio, devicePixelRatio)
  const colours = coloursOf(context)
  const places = placesIn(points, width, height)
  const radius = values.length > 600 ? 2.6 : 3.4
  const draw = (i: number, size: number) => {
    const value = values[i] ?? -1
    const kind = scale ? 0 : Math.max(value, 0)
    const fill = scale
      ? diverging(shareOf(value, scale), colours)
      : colours.classes[COLOURS.indexOf(colourNameOf(kind))]
    context.beginPath()
    for (const [at, [x, y]] of markOf(
      kind,
      [places[2 * i] as number, places[2 * i + 1] as number],
      size,
    ).entries()) {
      if (at === 0) context.moveTo(x, y)
      else context.lineTo(x, y)
    }
    context.closePath()
    context.fillStyle = `rgb(${(fill ?? colours.ink).join(' ')})`
    context.fill()
    context.stroke()
  }
  context.lineWidth = 0.6
  context.strokeStyle = `rgb(${(scale ? colours.ink : colours.ground).join(' ')})`
  for (let i = 0; i < values.length; i++) if (i !== chosen) draw(i, radius)
  if (chosen === undefined || chosen >= values.length) return
  context.lineWidth = 2
  context.strokeStyle = `rgb(${colours.ink.join(' ')})`
  draw(chosen, 2 * radius)
}

/** The point nearest to a place, if one is near enough. */
export function nearestTo(places: Float64Array, x: number, y: number): number | undefined {
  let [nearest, least] = [-1, NEAR]
  for (let i = 0; i < places.length / 2; i++) {
    const far = Math.hypot((places[2 * i] as number) - x, (places[2 * i + 1] as number) - y)
    if (far < least) [nearest, least] = [i, far]
  }
  return nearest < 0 ? undefined : nearest
}

/** The next point to the right, or with -1 to the left; from an end to the other. */
export function besides(points: Float64Array, from: number | undefined, way: 1 | -1): number | undefined {
  const order = Array.from({ length: points.length / 2 }, (_, i) => i)
    .filter(i => Number.isFinite(points[2 * i]))
    .sort((a, b) => (points[2 * a] as number) - (points[2 * b] as number))
  if (from === undefined) return way === 1 ? order[0] : order.at(-1)
  return order.at((order.indexOf(from) + way) % order.length)
}
