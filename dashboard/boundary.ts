/** What a network of two inputs says over the plane of its data. */
import type { TensorJson } from '../client.ts'
import { colourOf, mixed } from './heat-map.ts'

/** Places a side. */
export const GRID = 44

export interface Grid {
  /** The least and the largest of each input, with a margin. */
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
  readonly rows: readonly (readonly [number, number])[]
}

export function gridOf({ data }: TensorJson): Grid {
  const axis = (offset: number): [number, number] => {
    const values = data.filter((_, i) => i % 2 === offset)
    const [least, most] = [Math.min(...values), Math.max(...values)]
    const margin = 0.12 * (most - least || 1)
    return [least - margin, most + margin]
  }
  const [x, y] = [axis(0), axis(1)]
  // Rounded, so that the message stays small.
  const at = ([least, most]: readonly [number, number], i: number) =>
    Number((least + ((most - least) * (i + 0.5)) / GRID).toPrecision(4))
  const rows = Array.from({ length: GRID * GRID }, (_, place): [number, number] => {
    return [at(x, place % GRID), at(y, GRID - 1 - Math.floor(place / GRID))]
  })
  return { x, y, rows }
}

const CLASSES = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6']

export function drawBoundary(
  canvas: HTMLCanvasElement,
  { x, y }: Grid,
  { shape, data }: TensorJson,
  points: TensorJson,
  classes: readonly number[] | undefined,
  threshold: number | undefined,
): void {
  const size = Math.round(Math.min(canvas.clientWidth, canvas.clientHeight) * devicePixelRatio)
  canvas.width = size
  canvas.height = size
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const colours = CLASSES.map(name => colourOf(context, name))
  const ground = colourOf(context, '--panel')
  const width = shape.at(-1) ?? 1
  const extent = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)
  const cell = size / GRID
  for (let place = 0; place < GRID * GRID; place++) {
    const own = data.slice(place * width, (place + 1) * width)
    const best = own.indexOf(Math.max(...own))
    const [value = 0] = own
    // One output says yes or no, and how surely; several vote.
    const centred =
      threshold === 0 ? Math.tanh(value) : threshold === undefined ? value / extent : 2 * value - 1
    const isOne = width === 1
    const colour = colours[
      (isOne ? (centred > 0 ? 1 : 0) : best) % colours.length
    ] as (typeof colours)[number]
    const sureness = isOne ? Math.abs(centred) : Math.max(...own)
    context.fillStyle = `rgb(${mixed(ground, colour, 0.12 + 0.45 * Math.min(sureness, 1)).join(' ')})`
    context.fillRect((place % GRID) * cell, Math.floor(place / GRID) * cell, cell + 1, cell + 1)
  }
  const radius = 2.6 * devicePixelRatio
  for (let i = 0; i < (points.shape[0] ?? 0); i++) {
    const [a, b] = [points.data[2 * i] as number, points.data[2 * i + 1] as number]
    context.beginPath()
    context.arc(
      ((a - x[0]) / (x[1] - x[0])) * size,
      (1 - (b - y[0]) / (y[1] - y[0])) * size,
      radius,
      0,
      2 * Math.PI,
    )
    const colour = colours[(classes?.[i] ?? 0) % colours.length] as (typeof colours)[number]
    context.fillStyle = `rgb(${colour.join(' ')})`
    context.strokeStyle = `rgb(${ground.join(' ')})`
    context.fill()
    context.stroke()
  }
}
