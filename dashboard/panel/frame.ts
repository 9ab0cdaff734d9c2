/** A canvas with axes: the drawing area in CSS pixels, and the scales. */
import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { ticks } from '../format.ts'
import { styled } from '../palette.ts'

export type Scale = ScaleLinear<number, number>

export interface Frame {
  readonly context: CanvasRenderingContext2D
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const FONT = '11px system-ui, sans-serif'
const MARGIN = { left: 58, right: 22, top: 8, bottom: 22 }

/** Resizes a canvas to its size on the page and clears it. */
export function framed(canvas: HTMLCanvasElement): Frame {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const { clientWidth, clientHeight } = canvas
  canvas.width = Math.round(clientWidth * devicePixelRatio)
  canvas.height = Math.round(clientHeight * devicePixelRatio)
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  context.font = FONT
  return {
    context,
    left: MARGIN.left,
    right: clientWidth - MARGIN.right,
    top: MARGIN.top,
    bottom: clientHeight - MARGIN.bottom,
  }
}

/** From the smallest to the largest number, with some margin if they are all equal. */
export function scaleOver(values: readonly number[], from: number, to: number): Scale {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const room = least < most ? 0 : Math.abs(least) / 2 || 1
  return scaleLinear([least - room, most + room], [from, to])
}

/** Draws the bottom axis with grid lines, as many as there is room for labels. */
export function drawAcross({ context, top, bottom }: Frame, x: Scale, textOf = ticks): void {
  const fits = (places: readonly number[]) => {
    const widest = Math.max(...textOf(places).map(text => context.measureText(text).width))
    return places.length < 2 || x(places[1] as number) - x(places[0] as number) > widest + 12
  }
  const places = [5, 4, 3, 2].map(count => x.ticks(count)).find(fits) ?? x.ticks(1)
  context.textAlign = 'center'
  textOf(places).forEach((text, i) => {
    const place = x(places[i] as number)
    context.fillStyle = styled('--line')
    context.fillRect(place, top, 1, bottom - top)
    context.fillStyle = styled('--quiet')
    context.fillText(text, place, bottom + 15)
  })
}

/** Draws the left axis. */
export function drawUp({ context, left, right }: Frame, y: Scale): void {
  const places = y.ticks(4)
  context.textAlign = 'right'
  ticks(places).forEach((text, i) => {
    const place = y(places[i] as number)
    context.fillStyle = styled('--line')
    context.fillRect(left, place, right - left, 1)
    context.fillStyle = styled('--quiet')
    context.fillText(text, left - 7, place + 4)
  })
}
