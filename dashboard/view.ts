/** Computes the visible part of the graph: all of it if readable, and never half a node. */
import type { Box } from './layout.ts'
import type { Point } from './point.ts'

/** The position of the graph's origin on the pane in pixels, and the scale. */
export interface View extends Point {
  readonly zoom: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const PADDING = 18

/** The largest zoom of a whole graph: more on a wide pane, which is seen from further away. */
const largest = ({ width }: Size) => Math.min(Math.max(1.1, width / 750), 1.5)

/** The whole graph, centred; or its beginning, if the whole would be smaller than `least`. */
export function fitted(bounds: Box, pane: Size, least: number): View {
  const room = { width: pane.width - 2 * PADDING, height: pane.height - 2 * PADDING }
  const whole = Math.min(room.width / bounds.width, room.height / bounds.height)
  const zoom = Math.min(Math.max(whole, least), largest(pane))
  const place = (start: number, length: number, space: number) =>
    length * zoom > space ? PADDING - start * zoom : PADDING + (space - length * zoom) / 2 - start * zoom
  return {
    x: place(bounds.x, bounds.width, room.width),
    y: place(bounds.y, bounds.height, room.height),
    zoom,
  }
}

/** A box in the middle of the pane. */
export const centred = ({ x, y, width, height }: Box, pane: Size, zoom: number): View => ({
  x: pane.width / 2 - (x + width / 2) * zoom,
  y: pane.height / 2 - (y + height / 2) * zoom,
  zoom,
})

/** A box in the middle, as far as that shows no empty space while a part of the whole is out of sight. */
export function centredIn(bounds: Box, box: Box, pane: Size, zoom: number): View {
  const { x, y } = centred(box, pane, zoom)
  const within = (from: number, start: number, length: number, space: number) => {
    const [first, last] = [PADDING - start * zoom, space - PADDING - (start + length) * zoom]
    return last > first ? (first + last) / 2 : Math.min(Math.max(from, last), first)
  }
  return {
    x: within(x, bounds.x, bounds.width, pane.width),
    y: within(y, bounds.y, bounds.height, pane.height),
    zoom,
  }
}

/** Whether all of it is on the pane. */
export function isAll(bounds: Box, { x, y, zoom }: View, pane: Size): boolean {
  const [left, top] = [x + bounds.x * zoom, y + bounds.y * zoom]
  const [right, bottom] = [left + bounds.width * zoom, top + bounds.height * zoom]
  // Half a pixel of rounding hides nothing.
  return left >= -0.5 && top >= -0.5 && right <= pane.width + 0.5 && bottom <= pane.height + 0.5
}

/** Moves the view just far enough to show the whole box. */
export function showing(box: Box, view: View, pane: Size): View {
  const moved = (start: number, length: number, from: number, space: number) => {
    const [first, last] = [from + start * view.zoom, from + (start + length) * view.zoom]
    if (first < PADDING || length * view.zoom > space - 2 * PADDING) return from + PADDING - first
    return last > space - PADDING ? from + space - PADDING - last : from
  }
  const [x, y] = [moved(box.x, box.width, view.x, pane.width), moved(box.y, box.height, view.y, pane.height)]
  return x === view.x && y === view.y ? view : { x, y, zoom: view.zoom }
}

/** Moves the view so that something that moved in the graph stays in place on the pane. */
export function anchored(before: Point, after: Point, { x, y, zoom }: View): View {
  return { x: x + (before.x - after.x) * zoom, y: y + (before.y - after.y) * zoom, zoom }
}
