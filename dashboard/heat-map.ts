/** A matrix of numbers as colours on a canvas. */
import type { Tensor } from '../client.ts'
import { type Colour, colourOf, mixed } from './palette.ts'

export { colourOf, mixed } from './palette.ts'

/** The colours of a matrix: below 0, 0, above. */
const COLOURS = ['--series-1', '--panel', '--series-2'] as const

/** The largest absolute value: the end of the scale on both sides of 0. */
export const extentOf = ({ data }: Pick<Tensor, 'data'>): number => {
  let largest = 0
  for (const value of data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
  return largest
}

/** The rows and columns of a tensor; one row if it has one axis. */
export const sizeOf = ({ shape }: Pick<Tensor, 'shape'>): readonly [number, number] => {
  const columns = shape.at(-1) ?? 1
  return [shape.slice(0, -1).reduce((product, axis) => product * axis, 1), columns]
}

/** One pixel per entry; the style sheet scales them to the available room. */
export function drawMatrix(canvas: HTMLCanvasElement, tensor: Tensor): void {
  const [rows, columns] = sizeOf(tensor)
  canvas.width = columns
  canvas.height = rows
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const image = context.createImageData(columns, rows)
  const largest = extentOf(tensor)
  const [below, zero, above] = COLOURS.map(name => colourOf(context, name)) as [Colour, Colour, Colour]
  const { data } = tensor
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    const [r, g, b] = mixed(zero, value > 0 ? above : below, largest === 0 ? 0 : Math.abs(value) / largest)
    image.data[4 * i] = r
    image.data[4 * i + 1] = g
    image.data[4 * i + 2] = b
    image.data[4 * i + 3] = 255
  }
  context.putImageData(image, 0, 0)
}
