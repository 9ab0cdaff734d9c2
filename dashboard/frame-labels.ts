/** Chooses which frames of opened scopes and groups are named from afar. */
import { isNameless } from './distance.ts'
import { isScope, nameWithin, titleOfGroup } from './groups.ts'
import { type Box, FRAME, type Placed } from './layout.ts'

/** The size of a label on the screen, in pixels: a letter, its height, and its ends. */
const [LETTER, HEIGHT, ENDS] = [7.6, 18, 14]

interface Label {
  readonly key: string
  readonly text: string
  readonly x: number
  readonly y: number
}

/**
 * Scopes before groups, and outer frames first; a label lies on no other. While nodes have names, which it must not
 * cover, it takes the place of the title, at the left or the right end.
 */
export function labelsOf(frames: Placed['frames'], zoom: number): Label[] {
  const taken: Box[] = []
  return frames.toSorted(byDepth).flatMap(({ group, outer, x, y, width, height }, i) => {
    const text = nameWithin(titleOfGroup(group), outer)
    const size = { width: (LETTER * text.length + ENDS) / zoom, height: HEIGHT / zoom }
    if (size.width > width) return []
    const title = y + FRAME.title - size.height
    const places = isNameless(zoom)
      ? [{ x: x + (width - size.width) / 2, y: y + (height - size.height) / 2 }]
      : [x, x + width - size.width].map(left => ({ x: left, y: title }))
    const box = places
      .map(place => ({ ...place, ...size }))
      .find(place => !taken.some(other => overlap(other, place)))
    if (!box) return []
    taken.push(box)
    return [{ key: `${i} ${group}`, text, x: box.x + box.width / 2, y: box.y + box.height / 2 }]
  })
}

type Frame = Placed['frames'][number]

const byDepth = (a: Frame, b: Frame) =>
  Number(isScope(b.group)) - Number(isScope(a.group)) || a.outer.length - b.outer.length

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
