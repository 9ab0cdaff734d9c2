/** The latest changes of the state, for those who have an older one. */
import type { StatePatch } from '../../training/store.ts'
import type { Change } from '../protocol.ts'

/** How many versions back a client may be and still get only what it lacks. */
const VERSIONS = 1024

export class PatchLog {
  version: number
  private readonly log: StatePatch[] = []

  constructor(version: number) {
    this.version = version
  }

  add(patch: StatePatch): void {
    this.version = patch.version
    this.log.push(patch)
    if (this.log.length > VERSIONS) this.log.shift()
  }

  /** What has changed since a version; undefined where that is too long ago, or was never. */
  since(version: number): Change[] | undefined {
    const missing = this.version - version
    if (!Number.isInteger(missing) || missing < 0 || missing > this.log.length) return undefined
    return folded(this.log.slice(this.log.length - missing).flatMap(({ patches }) => patches))
  }
}

/**
 * The same changes without those that a later one overwrites: fifty steps are one new step count. Only `replace` is
 * taken to overwrite, what stands at its path and below. Of a list, entries are added at its end alone.
 */
export function folded(changes: readonly Change[]): Change[] {
  const overwritten = new Set<string>()
  const kept: Change[] = []
  for (const change of changes.toReversed()) {
    let place = ''
    let covered = overwritten.has(place)
    for (const part of change.path) {
      place += `/${typeof part}:${part}`
      covered ||= overwritten.has(place)
    }
    if (covered) continue
    if (change.op === 'replace') overwritten.add(place)
    kept.push(change)
  }
  return kept.reverse()
}
