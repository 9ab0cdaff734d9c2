/** Arrow keys in the graph: they follow edges, and move between neighbouring nodes. */
import type { Placed, PlacedItem } from './layout.ts'

const ALONG = { forth: ['ArrowRight', 'ArrowDown'], back: ['ArrowLeft', 'ArrowUp'] } as const

/** The node that a key leads to, if any. */
export function stepTo(plan: Placed, here: string, key: string): string | undefined {
  const { items, edges, isNarrow } = plan
  if (key === 'Home') return items[0]?.id
  if (key === 'End') return items.at(-1)?.id
  const item = items.find(({ id }) => id === here)
  if (!item) return undefined
  const itemOf = (id: string) => items.find(other => other.id === id)
  const way = isNarrow ? 1 : 0
  if (key === ALONG.forth[way])
    return nearest(
      item,
      edges.filter(({ source }) => source === here).map(({ target }) => itemOf(target)),
    )
  if (key === ALONG.back[way])
    return nearest(
      item,
      edges.filter(({ target }) => target === here).map(({ source }) => itemOf(source)),
    )
  const [axis, forth, back] = isNarrow
    ? (['x', 'ArrowRight', 'ArrowLeft'] as const)
    : (['y', 'ArrowDown', 'ArrowUp'] as const)
  if (key === forth)
    return nearest(
      item,
      items.filter(other => other[axis] > item[axis]),
    )
  if (key === back)
    return nearest(
      item,
      items.filter(other => other[axis] < item[axis]),
    )
  return undefined
}

function nearest(from: PlacedItem, among: readonly (PlacedItem | undefined)[]): string | undefined {
  const far = (item: PlacedItem) => Math.hypot(item.x - from.x, item.y - from.y)
  return among
    .filter(item => item !== undefined)
    .toSorted((a, b) => far(a) - far(b))
    .at(0)?.id
}
