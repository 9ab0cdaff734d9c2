/** The predictions of a network with two inputs over the plane, as colours, with the training points. */
import type { TensorJson } from '../client.ts'
import { FINEST, type Grid, interpolated } from './grid.ts'
import { colourOf, mixed } from './heat-map.ts'
import { COLOURS, colourNameOf, markOf } from './marks.ts'
import { classOf, logitsOf, rowsOf, type Task } from './task.ts'

type Colour = ReturnType<typeof mixed>

/** The most pixels per side while the plane changes, and when it rests; a larger picture is scaled up. */
const PIXELS = { changing: 300, resting: 1000 } as const
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

interface Surface {
  readonly task: Task
  readonly said: TensorJson
  readonly scale: Scale
}

interface Points {
  readonly task: Task
  readonly grid: Grid
  readonly places: TensorJson | undefined
  readonly targets: TensorJson | undefined
  readonly scale: Scale
}

/** The predictions, in as many pixels as the canvas has, up to a number: the style sheet scales them. */
export function drawSurface(canvas: HTMLCanvasElement, picture: Surface): void {
  const isResting = picture.said.shape[0] === FINEST ** 2
  const side = Math.min(sideOf(canvas), isResting ? PIXELS.resting : PIXELS.changing)
  const context = sized(canvas, side)
  if (context) raster(context, picture, side)
}

/** The training points, which lie above them on a canvas of their own, since they do not change. */
export function drawPoints(canvas: HTMLCanvasElement, picture: Points): void {
  const side = sideOf(canvas)
  const context = sized(canvas, side)
  context?.clearRect(0, 0, side, side)
  if (context) mark(context, picture, side)
}

const sideOf = ({ clientWidth, clientHeight }: HTMLCanvasElement) =>
  Math.round(Math.min(clientWidth, clientHeight) * devicePixelRatio)

/** To write to; undefined while the canvas has no room. */
function sized(canvas: HTMLCanvasElement, side: number): CanvasRenderingContext2D | undefined {
  if (side === 0) return undefined
  if (canvas.width !== side || canvas.height !== side) {
    canvas.width = side
    canvas.height = side
  }
  return canvas.getContext('2d') as CanvasRenderingContext2D
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

/** Shades of a colour. */
const SHADES = 128

function raster(context: CanvasRenderingContext2D, { task, said, scale }: Surface, side: number): void {
  const colours = coloursOf(context)
  const rows = rowsOf(said).map(row => logitsOf(row, task))
  const { width } = task
  const values = Float64Array.from(rows.flat())
  const bands = new Int32Array(side * side)
  const { bandOf, shadeOf, shades, lines } = paintingOf(task, colours, scale)
  const image = context.createImageData(side, side)
  const pixels = new Uint32Array(image.data.buffer)
  pixels.fill(pixelOf(colours.ground))
  interpolated(values, width, side, (logits, i) => {
    // Without a prediction, show the background.
    const band = bandOf(logits)
    bands[i] = band
    if (band < 0) return
    const isLine = (i % side > 0 && bands[i - 1] !== band) || (i >= side && bands[i - side] !== band)
    pixels[i] = (isLine ? lines : shades)[shadeOf(logits, band)] as number
  })
  context.putImageData(image, 0, 0)
}

/** How logits become pixels. */
interface Painting {
  /** Which part of the picture they belong to: lines separate parts. -1 if one is not a number. */
  readonly bandOf: (logits: Float64Array) => number
  /** The place of their shade in the two lists that follow: of areas, and of lines. */
  readonly shadeOf: (logits: Float64Array, band: number) => number
  readonly shades: Uint32Array
  readonly lines: Uint32Array
}

function paintingOf(task: Task, colours: Colours, scale: Scale): Painting {
  const { ground, ink, classes } = colours
  const last = SHADES - 1
  const listsOf = (all: readonly Colour[], line: number) => ({
    shades: Uint32Array.from(all, pixelOf),
    lines: Uint32Array.from(all, colour => pixelOf(mixed(colour, ink, line))),
  })
  if (task.kind === 'regression') {
    const all = Array.from({ length: SHADES }, (_, i) => diverging(i / last, colours))
    return {
      bandOf: logits => {
        const value = logits[0] as number
        return Number.isNaN(value) ? -1 : Math.floor(shareOf(value, scale) * LEVELS)
      },
      shadeOf: logits => Math.round(shareOf(logits[0] as number, scale) * last),
      ...listsOf(all, 0.25),
    }
  }
  const count = task.kind === 'binary' ? 2 : task.width
  const all = Array.from({ length: count * SHADES }, (_, i) =>
    mixed(
      ground,
      classes[Math.floor(i / SHADES) % classes.length] as Colour,
      0.06 + 0.5 * ((i % SHADES) / last),
    ),
  )
  const least = 1 / count
  const shade = (sure: number, best: number) =>
    best * SHADES + Math.round((last * Math.max(sure - least, 0)) / (1 - least))
  if (task.kind === 'binary') {
    return {
      bandOf: logits => {
        const logit = logits[0] as number
        return Number.isNaN(logit) ? -1 : logit > 0 ? 1 : 0
      },
      shadeOf: (logits, best) => shade(1 / (1 + Math.exp(-Math.abs(logits[0] as number))), best),
      ...listsOf(all, 0.7),
    }
  }
  return {
    bandOf: bestOf,
    // The softmax of the largest logit.
    shadeOf: (logits, best) => {
      let sum = 0
      for (let i = 0; i < logits.length; i++)
        sum += Math.exp((logits[i] as number) - (logits[best] as number))
      return shade(1 / sum, best)
    },
    ...listsOf(all, 0.7),
  }
}

function bestOf(logits: Float64Array): number {
  let best = 0
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] as number
    if (Number.isNaN(logit)) return -1
    if (logit > (logits[best] as number)) best = i
  }
  return best
}

/** As image data hold it, on the little-endian machines that there are. */
const pixelOf = ([r, g, b]: Colour): number => (255 << 24) | (b << 16) | (g << 8) | r

export const shareOf = (value: number, [least, most]: Scale) =>
  Math.min(Math.max((value - least) / (most - least), 0), 1)

/** From the first colour through the background to the second. */
export function diverging(share: number, { ground, classes }: Colours): Colour {
  const [low, high] = classes as [Colour, Colour]
  return mixed(ground, share < 0.5 ? low : high, 0.9 * Math.abs(2 * share - 1))
}

function mark(
  context: CanvasRenderingContext2D,
  { task, grid: { x, y }, places, targets, scale }: Points,
  size: number,
): void {
  if (!places) return
  const colours = coloursOf(context)
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
