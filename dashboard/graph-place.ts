/**
 * What the user looks at in the graph, as the address has it: `0.8~-40~12~dense1` is a zoom, and where the middle of the pane is from the middle of
 * a node. The layout depends on the window, so plain coordinates would mean something else to a colleague.
 */
import { type Placed, SIZE } from './layout.ts'
import type { Point } from './point.ts'
import type { Size, View } from './view.ts'

/** The zoom that a link may ask for. */
const [LEAST, MOST] = [0.02, 2]
/** A longer name stays out of the address; in characters. */
const LONGEST = 300

const PLACE = /^(\d{1,2}(?:\.\d{1,4})?)~(-?\d{1,5})~(-?\d{1,5})~(.+)$/s

type Items = Pick<Placed, 'items'>

/** By the item that is nearest to the middle of the pane; an empty text for none. */
export function textOfPlace({ x, y, zoom }: View, { items }: Items, { width, height }: Size): string {
  const [middleX, middleY] = [(width / 2 - x) / zoom, (height / 2 - y) / zoom]
  const away = (item: Point) => ({
    x: Math.round(middleX - item.x - SIZE.width / 2),
    y: Math.round(middleY - item.y - SIZE.height / 2),
  })
  const distance = (item: Point) => Math.hypot(away(item).x, away(item).y)
  const [first, ...others] = items
  if (!first) return ''
  const nearest = others.reduce((best, item) => (distance(item) < distance(best) ? item : best), first)
  const by = away(nearest)
  const text = `${Number(zoom.toFixed(4))}~${by.x}~${by.y}~${nearest.id}`
  return nearest.id.length <= LONGEST && PLACE.test(text) ? text : ''
}

/** The view for a pane of any size; undefined for a text that is no place, and where its node is not to be seen. */
export function viewAt(text: string, { items }: Items, { width, height }: Size): View | undefined {
  const [, scale, byX, byY, id] = PLACE.exec(text) ?? []
  const item = items.find(candidate => candidate.id === id)
  if (!item) return undefined
  const zoom = Math.min(Math.max(Number(scale), LEAST), MOST)
  const x = item.x + SIZE.width / 2 + Number(byX)
  const y = item.y + SIZE.height / 2 + Number(byY)
  return { x: width / 2 - x * zoom, y: height / 2 - y * zoom, zoom }
}
