/** The predictions of a network with two inputs over the plane, as colours, with the training points. */
import type { TensorJson } from '../client.ts'
import { GRID, type Grid, interpolate } from './grid.ts'
import { colourOf, mixed } from './heat-map.ts'
import { COLOURS, colourNameOf, markOf } from './marks.ts'
import { classOf, logitsOf, meaningOf, rowsOf, type Task } from './task.ts'

type Colour = ReturnType<typeof mixed>

/** The most computed pixels per side; a larger picture is scaled up. */
const PIXELS = 300
/** The number of contour lines. */
const LEVELS = 8

/** The range of the scale of a regression. */
export type Scale = readonly [number, number]

/** The range of the targets, or of the predictions if there are none. */
export function scaleOf(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite)
  const least = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const most = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return least < most ? [least, most] : [(finite[0] ?? 0) - 1, (finite[0] ?? 0) + 1]
}

export interface Picture {
  readonly task: Task
  readonly grid: Grid
  readonly said: TensorJson
  readonly places: TensorJson | undefined
  readonly targets: TensorJson | undefined
  readonly scale: Scale
}

export function drawSurface(canvas: HTMLCanvasElement, picture: Picture): void {
  const size = Math.round(Math.min(canvas.clientWidth, canvas.clientHeight) * devicePixelRatio)
  if (size === 0) return
  canvas.width = size
  canvas.height = size
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const colours = coloursOf(context)
  const ground = raster(picture, colours, Math.min(size, PIXELS))
  context.imageSmoothingQuality = 'high'
  context.drawImage(ground, 0, 0, size, size)
  drawPoints(context, picture, colours, size)
}

export const coloursOf = (context: CanvasRenderingContext2D): Colours => ({
  ground: colourOf(context, '--panel'),
  ink: colourOf(context, '--text'),
  classes: COLOURS.map(name => colourOf(context, name)),
})

export interface Colours {
  readonly ground: Colour
  readonly ink: Colour
  readonly classes: readonly Colour[]
}

function raster({ task, said, scale }: Picture, colours: Colours, side: number): HTMLCanvasElement {
  const rows = rowsOf(said).map(row => logitsOf(row, task))
  const values = rows.flat()
  const between: number[] = new Array(task.width).fill(0)
  const asLogits = { kind: task.kind, fromLogits: true }
  const bands = new Int32Array(side * side)
  const pixels = new Uint8ClampedArray(4 * side * side)
  const paint = painter(task, colours, scale)
  /** Without a prediction, show the background. */
  const NOTHING = [colours.ground, -1] as const
  for (let i = 0; i < bands.length && rows.length === GRID * GRID; i++) {
    interpolate(values, task.width, (i % side) / (side - 1), Math.floor(i / side) / (side - 1), between)
    const own = meaningOf(between, asLogits)
    const [colour, band] = own.some(Number.isNaN) ? NOTHING : paint(own)
    bands[i] = band
    const isLine = (i % side > 0 && bands[i - 1] !== band) || (i >= side && bands[i - side] !== band)
    const [r, g, b] = isLine ? mixed(colour, colours.ink, task.kind === 'regression' ? 0.25 : 0.7) : colour
    pixels.set([r, g, b, 255], 4 * i)
  }
  const canvas = document.createElement('canvas')
  canvas.width = side
  canvas.height = side
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const image = context.createImageData(side, side)
  image.data.set(pixels)
  context.putImageData(image, 0, 0)
  return canvas
}

/** The colour of a prediction and the index of its band. A line separates two bands. */
function painter(task: Task, colours: Colours, scale: Scale): (own: readonly number[]) => [Colour, number] {
  const { ground, classes } = colours
  if (task.kind === 'regression') {
    return ([value = 0]) => {
      const share = shareOf(value, scale)
      return [diverging(share, colours), Math.floor(share * LEVELS)]
    }
  }
  const least = task.kind === 'binary' ? 0.5 : 1 / task.width
  return own => {
    const best = classOf(own)
    const sure =
      own.length === 1 && best === 0 ? 1 - (own[0] as number) : (own[own.length === 1 ? 0 : best] as number)
    const sureness = Math.min(Math.max((sure - least) / (1 - least), 0), 1)
    return [mixed(ground, classes[best % classes.length] as Colour, 0.06 + 0.5 * sureness), best]
  }
}

export const shareOf = (value: number, [least, most]: Scale) =>
  Math.min(Math.max((value - least) / (most - least), 0), 1)

/** From the first colour through the background to the second. */
export function diverging(share: number, { ground, classes }: Colours): Colour {
  const [low, high] = classes as [Colour, Colour]
  return mixed(ground, share < 0.5 ? low : high, 0.9 * Math.abs(2 * share - 1))
}

function drawPoints(
  context: CanvasRenderingContext2D,
  { task, grid: { x, y }, places, targets, scale }: Picture,
  colours: Colours,
  size: number,
): void {
  if (!places) return
  const labels = targets ? rowsOf(targets) : []
  const all = rowsOf(places)
  const radius = (all.length > 250 ? 2.5 : 3.1) * devicePixelRatio
  const isRegression = task.kind === 'regression'
  context.lineWidth = devicePixelRatio
  context.lineJoin = 'round'
  all.forEach(([a = 0, b = 0], i) => {
    const label = labels[i]
    const kind = label && !isRegression ? classOf(label) : 0
    const at = [((a - x[0]) / (x[1] - x[0])) * size, (1 - (b - y[0]) / (y[1] - y[0])) * size] as const
    const corners = markOf(kind, at, radius)
    context.beginPath()
    for (const [place, [px, py]] of corners.entries()) {
      if (place === 0) context.moveTo(px, py)
      else context.lineTo(px, py)
    }
    context.closePath()
    const named = colours.classes[COLOURS.indexOf(colourNameOf(kind))] as Colour
    const fill = isRegression && label ? diverging(shareOf(label[0] as number, scale), colours) : named
    // The outline stands out from both the mark and its background.
    context.fillStyle = `rgb(${fill.join(' ')})`
    context.strokeStyle = `rgb(${(isRegression ? colours.ink : colours.ground).join(' ')})`
    context.fill()
    context.stroke()
  })
}
