/** Numbers as colours on a canvas. */
import type { Histogram, Tensor } from '../client.ts'

type Colour = readonly [number, number, number]

/** A colour of the style sheet. A canvas says any of them as `#rrggbb`. */
export function colourOf(context: CanvasRenderingContext2D, name: string): Colour {
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const text = String(context.fillStyle)
  return [1, 3, 5].map(place => Number.parseInt(text.slice(place, place + 2), 16)) as unknown as Colour
}

export const mixed = (a: Colour, b: Colour, share: number) =>
  a.map((from, i) => Math.round(from + ((b[i] as number) - from) * share)) as unknown as Colour

/** Histograms over time: one row each, the newest at the bottom, all on the same axis. */
export function drawRidges(canvas: HTMLCanvasElement, histograms: readonly Histogram[]): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const ratio = devicePixelRatio
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
  canvas.width = width
  canvas.height = height
  if (histograms.length === 0) return
  const minimum = Math.min(...histograms.map(histogram => histogram.minimum))
  const maximum = Math.max(...histograms.map(histogram => histogram.maximum))
  const span = maximum - minimum || 1
  const [low, high] = [colourOf(context, '--ridge-old'), colourOf(context, '--ridge-new')]
  const edge = `rgb(${colourOf(context, '--panel').join(' ')})`
  const step = (height * 0.62) / Math.max(histograms.length, 12)
  histograms.forEach(({ minimum: least, maximum: most, counts }, row) => {
    const base = height - 4 - (histograms.length - 1 - row) * step
    const largest = Math.max(...counts, 1)
    const x = (bin: number) => ((least + ((most - least) * bin) / counts.length - minimum) / span) * width
    context.beginPath()
    context.moveTo(x(0), base)
    counts.forEach((count, bin) => {
      context.lineTo(x(bin + 0.5), base - (count / largest) * height * 0.34)
    })
    context.lineTo(x(counts.length), base)
    const [r, g, b] = mixed(low, high, (row + 1) / histograms.length)
    context.fillStyle = `rgb(${r} ${g} ${b})`
    context.fill()
    context.strokeStyle = edge
    context.lineWidth = ratio * 0.8
    context.stroke()
  })
}

/** A matrix, or as many of its rows and columns as there are pixels for. */
export function drawMatrix(canvas: HTMLCanvasElement, { shape, data }: Tensor): void {
  const [rows = 1, columns = 1] = shape
  const [height, width] = [Math.min(rows, 512), Math.min(columns, 512)]
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const image = context.createImageData(width, height)
  let largest = 0
  for (const value of data) largest = Math.max(largest, Math.abs(value))
  const [zero, above, below] = ['--panel', '--series-2', '--series-1'].map(name =>
    colourOf(context, name),
  ) as [Colour, Colour, Colour]
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const row = Math.floor((i * rows) / height)
      const value = data[row * columns + Math.floor((j * columns) / width)] as number
      const colour = mixed(zero, value > 0 ? above : below, largest === 0 ? 0 : Math.abs(value) / largest)
      image.data.set([...colour, 255], 4 * (i * width + j))
    }
  }
  context.putImageData(image, 0, 0)
}
