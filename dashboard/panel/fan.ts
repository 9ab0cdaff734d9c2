/** Quantiles over steps: a band for all values, one for 90 %, one for the middle half, and the median as a line. */
import { area, line } from 'd3-shape'
import { count } from '../format.ts'
import { styled } from '../palette.ts'
import { drawAcross, drawUp, framed, scaleOver } from './frame.ts'
import type { Seen } from './history.ts'

/** Which of the quantiles 0, 5, 25, 50, 75, 95 and 100 % bound each band, from the widest to the narrowest. */
const BANDS = [
  { from: 0, to: 6, alpha: 0.16 },
  { from: 1, to: 5, alpha: 0.26 },
  { from: 2, to: 4, alpha: 0.42 },
] as const
const MEDIAN = 3

export function drawFan(canvas: HTMLCanvasElement, seen: readonly Seen<readonly number[]>[]): void {
  const frame = framed(canvas)
  const { context, left, right, top, bottom } = frame
  const [first] = seen
  if (!first) return
  const x = scaleOver(
    seen.map(({ step }) => step),
    left,
    right,
  )
  const y = scaleOver(
    seen.flatMap(({ value }) => value),
    bottom,
    top,
  )
  drawAcross(frame, x, places =>
    places.map(place => (place !== null && Number.isInteger(place) ? count(place) : '')),
  )
  drawUp(frame, y)
  // A single point takes the full width.
  const [from, to] = x.domain() as [number, number]
  const shown = seen.length > 1 ? seen : [from, to].map(step => ({ ...first, step }))
  context.fillStyle = styled('--ridge-new')
  for (const { from, to, alpha } of BANDS) {
    context.globalAlpha = alpha
    context.beginPath()
    area<Seen<readonly number[]>>(
      ({ step }) => x(step),
      ({ value }) => y(value[from] as number),
      ({ value }) => y(value[to] as number),
    ).context(context)([...shown])
    context.fill()
  }
  context.globalAlpha = 1
  context.strokeStyle = styled('--ridge-new')
  context.lineWidth = 2
  context.beginPath()
  line<Seen<readonly number[]>>(
    ({ step }) => x(step),
    ({ value }) => y(value[MEDIAN] as number),
  ).context(context)([...shown])
  context.stroke()
}
