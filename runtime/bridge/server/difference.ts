/** The changes that turn one state into another, as few as their shared parts allow. */
import type { Change } from '../protocol.ts'

type Path = Change['path']
type Fields = Readonly<Record<string, unknown>>

/**
 * States are immutable, so a shared object is unchanged. Only parts that differ are compared, however far
 * apart the states are.
 */
export function difference(before: unknown, after: unknown, path: Path = []): Change[] {
  if (Object.is(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before, after, path)
  if (isRecord(before) && isRecord(after)) return ofRecords(before, after, path)
  return [{ op: 'replace', path, value: after }]
}

function ofRecords(before: Fields, after: Fields, path: Path): Change[] {
  const gone = Object.keys(before).filter(name => !Object.hasOwn(after, name))
  return [
    ...gone.map((name): Change => ({ op: 'remove', path: [...path, name] })),
    ...Object.entries(after).flatMap(([name, value]): Change[] => {
      const place = [...path, name]
      if (!Object.hasOwn(before, name)) return [{ op: 'add', path: place, value }]
      return difference(before[name], value, place)
    }),
  ]
}

/** Entries are removed anywhere and added at the end. */
function ofLists(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] {
  let kept = 0
  const gone: number[] = []
  for (const [i, entry] of before.entries()) {
    if (kept < after.length && Object.is(entry, after[kept])) kept++
    else gone.push(i)
  }
  // If little stays, replacing the whole list is shorter.
  if (2 * kept < after.length) return [{ op: 'replace', path, value: after }]
  return [
    // From the back, so that earlier indices stay valid.
    ...gone.reverse().map((i): Change => ({ op: 'remove', path: [...path, i] })),
    ...after.slice(kept).map((value, i): Change => ({ op: 'add', path: [...path, kept + i], value })),
  ]
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
