/** Histograms over time, one row each, with the newest at the bottom and in front, on a common axis. */
import type { Histogram } from '../../client.ts'
import { count } from '../format.ts'
import { colourOf, css, mixed, styled } from '../palette.ts'
import { drawAcross, framed, type Scale, scaleOver } from './frame.ts'
import type { Seen } from './history.ts'

/** The height of the highest row, as a share of the total. */
const HEIGHT = 0.36
/** With fewer rows than this, they stay close together instead of filling the height. */
const FEW = 12

export function drawRidges(canvas: HTMLCanvasElement, rows: readonly Seen<Histogram>[]): void {
  const frame = framed(canvas)
  const { context, left, right, top, bottom } = frame
  if (rows.length === 0) return
  const x = scaleOver(
    rows.flatMap(({ value }) => [value.minimum, value.maximum]),
    left,
    right,
  )
  drawAcross(frame, x)
  const height = (bottom - top) * HEIGHT
  const apart = (bottom - top - height) / Math.max(rows.length - 1, FEW)
  const [old, fresh] = [colourOf(context, '--ridge-old'), colourOf(context, '--ridge-new')]
  context.strokeStyle = styled('--panel')
  context.lineWidth = 0.8
  const baseOf = (row: number) => bottom - (rows.length - 1 - row) * apart
  rows.forEach(({ value }, row) => {
    context.fillStyle = css(mixed(old, fresh, (row + 1) / rows.length))
    trace(context, value, x, baseOf(row), height)
    context.fill()
    context.stroke()
  })
  context.fillStyle = styled('--quiet')
  context.textAlign = 'right'
  const stepOf = (row: number) => `${count(rows[row]?.step ?? 0)}`
  if (baseOf(rows.length - 1) - baseOf(0) > 14) context.fillText(stepOf(0), left - 7, baseOf(0) + 3)
  context.fillText(stepOf(rows.length - 1), left - 7, bottom + 3)
}

/** All rows have the same height, since a narrow distribution would flatten the wide ones. */
function trace(
  context: CanvasRenderingContext2D,
  { minimum, maximum, counts }: Histogram,
  x: Scale,
  base: number,
  height: number,
): void {
  const largest = Math.max(...counts, 1)
  context.beginPath()
  if (minimum === maximum) {
    context.rect(x(minimum) - 1, base - height, 2, height)
    return
  }
  const place = (bin: number) => x(minimum + ((maximum - minimum) * bin) / counts.length)
  context.moveTo(place(0), base)
  counts.forEach((number, bin) => {
    context.lineTo(place(bin + 0.5), base - (number / largest) * height)
  })
  context.lineTo(place(counts.length), base)
}
