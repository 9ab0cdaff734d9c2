/** The changes that turn one state into another, as few as their shared parts allow. */
import type { Change } from '../protocol.ts'

type Path = Change['path']
type Fields = Readonly<Record<string, unknown>>

/**
 * States are immutable, so a shared object is unchanged. Only parts that differ are compared, however far
 * apart the states are.
 */
export function difference(before: unknown, after: unknown): Change[] {
  const changes: Change[] = []
  compare(before, after, [], changes)
  return changes
}

/** Appends to the changes rather than joining lists, and makes no path to what has not changed: most of a state has not. */
function compare(before: unknown, after: unknown, path: Path, changes: Change[]): void {
  if (Object.is(before, after)) return
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, changes)
  else if (isRecord(before) && isRecord(after)) compareRecords(before, after, path, changes)
  else changes.push({ op: 'replace', path, value: after })
}

function compareRecords(before: Fields, after: Fields, path: Path, changes: Change[]): void {
  for (const name of Object.keys(before))
    if (!Object.hasOwn(after, name)) changes.push({ op: 'remove', path: [...path, name] })
  for (const name of Object.keys(after)) {
    const [own, value] = [before[name], after[name]]
    if (!Object.hasOwn(before, name)) changes.push({ op: 'add', path: [...path, name], value })
    else if (!Object.is(own, value)) compare(own, value, [...path, name], changes)
  }
}

/** Entries are removed anywhere and added at the end. */
function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: Path,
  changes: Change[],
): void {
  let kept = 0
  const gone: number[] = []
  for (let i = 0; i < before.length; i++) {
    if (kept < after.length && Object.is(before[i], after[kept])) kept++
    else gone.push(i)
  }
  // If little stays, replacing the whole list is shorter.
  if (2 * kept < after.length) {
    changes.push({ op: 'replace', path, value: after })
    return
  }
  // From the back, so that earlier indices stay valid.
  for (const i of gone.reverse()) changes.push({ op: 'remove', path: [...path, i] })
  for (let i = kept; i < after.length; i++) changes.push({ op: 'add', path: [...path, i], value: after[i] })
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
