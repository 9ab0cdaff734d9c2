/** Which part of the graph is looked at: all of it where that can be read, and never a node half outside. */
import type { Box } from './layout.ts'
import type { Point } from './point.ts'

/** Where the origin of the graph is on the pane, in pixels, and how large a unit of it. */
export interface View extends Point {
  readonly zoom: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const PADDING = 18

/** All of it, in the middle; or the beginning of it, where it would have to be smaller than `least`. */
export function fitted(bounds: Box, pane: Size, least: number): View {
  const room = { width: pane.width - 2 * PADDING, height: pane.height - 2 * PADDING }
  const whole = Math.min(room.width / bounds.width, room.height / bounds.height)
  const zoom = Math.min(Math.max(whole, least), 1.1)
  const place = (start: number, length: number, space: number) =>
    length * zoom > space ? PADDING - start * zoom : PADDING + (space - length * zoom) / 2 - start * zoom
  return {
    x: place(bounds.x, bounds.width, room.width),
    y: place(bounds.y, bounds.height, room.height),
    zoom,
  }
}

/** Moved no further than needed to have all of the box on the pane. */
export function showing(box: Box, view: View, pane: Size): View {
  const moved = (start: number, length: number, from: number, space: number) => {
    const [first, last] = [from + start * view.zoom, from + (start + length) * view.zoom]
    if (first < PADDING || length * view.zoom > space - 2 * PADDING) return from + PADDING - first
    return last > space - PADDING ? from + space - PADDING - last : from
  }
  return {
    x: moved(box.x, box.width, view.x, pane.width),
    y: moved(box.y, box.height, view.y, pane.height),
    zoom: view.zoom,
  }
}

/** Moved so that what was at one place of the graph, and is now at another, stays where it is on the pane. */
export function anchored(before: Point, after: Point, { x, y, zoom }: View): View {
  return { x: x + (before.x - after.x) * zoom, y: y + (before.y - after.y) * zoom, zoom }
}
