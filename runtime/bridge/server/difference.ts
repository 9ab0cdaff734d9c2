/** What has to be changed in one state to come to another: as few changes as their shared parts allow. */
import type { Change } from '../protocol.ts'

type Path = Change['path']
type Fields = Readonly<Record<string, unknown>>

/**
 * States are immutable, so what is the same object on both sides is the same: however much lies between two states, only
 * the parts are looked at that differ.
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

/** Entries are taken away anywhere, and added at the end. */
function ofLists(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] {
  let kept = 0
  const gone: number[] = []
  for (const [i, entry] of before.entries()) {
    if (kept < after.length && Object.is(entry, after[kept])) kept++
    else gone.push(i)
  }
  // Where little stays, the whole is less to say.
  if (2 * kept < after.length) return [{ op: 'replace', path, value: after }]
  return [
    // From the back, so that those in front stay where they are.
    ...gone.reverse().map((i): Change => ({ op: 'remove', path: [...path, i] })),
    ...after.slice(kept).map((value, i): Change => ({ op: 'add', path: [...path, kept + i], value })),
  ]
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
