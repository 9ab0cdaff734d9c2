/** Gathers marks that are too close to tell apart. */

/** Marks at about the same place. */
export interface Gathered<Mark> {
  /** The place of the first of them, in pixels. */
  readonly at: number
  readonly marks: readonly Mark[]
}

/** `marks` are in the order of their places. The first of a group decides what is close to it, so that groups stay small. */
export function gathered<Mark>(
  marks: readonly Mark[],
  placeOf: (mark: Mark) => number,
  distance: number,
): Gathered<Mark>[] {
  const groups: { at: number; marks: Mark[] }[] = []
  for (const mark of marks) {
    const at = placeOf(mark)
    const group = groups.at(-1)
    if (group && at - group.at < distance) group.marks.push(mark)
    else groups.push({ at, marks: [mark] })
  }
  return groups
}

/** Where the words of a mark go, and how much room they have, in pixels. */
export interface Label {
  readonly isBefore: boolean
  readonly room: number
}

/** The least room for words, the width of an icon with its margins, and the share of a gap that words before a mark take. */
const LEAST = 48
const ICON = 30
const SHARE = 0.6

/** Words follow their mark as far as the next one. Those of the last one go before it where there is more room. */
export function labelsOf(groups: readonly Gathered<unknown>[], start: number, end: number): readonly Label[] {
  const last = groups.length - 1
  const before = (groups[last]?.at ?? end) - (groups[last - 1]?.at ?? start)
  const isBefore = end - (groups[last]?.at ?? end) - ICON < Math.max(LEAST, SHARE * before - ICON)
  return groups.map(({ at }, i) => {
    if (i === last && isBefore) return { isBefore, room: fitting((last > 0 ? SHARE : 1) * before - ICON) }
    const gap = (groups[i + 1]?.at ?? end) - at
    return { isBefore: false, room: fitting((i === last - 1 && isBefore ? 1 - SHARE : 1) * gap - ICON) }
  })
}

/** The words of a mark for its room: fewer, if it has such; otherwise they are cut off at its end. */
export const worded = (
  { text, briefly = [] }: { readonly text: string; readonly briefly?: readonly string[] },
  room: number,
  measure: (text: string) => number,
): string => [text, ...briefly].find(words => measure(words) <= room) ?? briefly.at(-1) ?? text

const fitting = (room: number) => (room < LEAST ? 0 : room)
