/** The epochs of the past, thinned evenly, so that they tell of the whole run however long it is. */
import type { Patch } from 'immer'

/** A list as it has become, and how. */
export interface Growth<Entry> {
  readonly list: readonly Entry[]
  /** Within the list. */
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

/**
 * Keeps at most `bound` entries: all at first, then every second one, then every fourth, and always the latest. Where
 * the list is full, each entry that comes to stay displaces one, so that no change is larger than another.
 */
export class History<Entry> {
  private readonly bound: number
  private readonly entries: Entry[] = []
  /** Every so many entries, one stays. */
  private stride = 1
  private taken = 0
  /** Whether the latest entry gives its place to the next one. */
  private latestPasses = false
  /** How many entries were displaced since the stride doubled; as many stand in front of the next one. */
  private displaced = 0

  constructor(bound: number) {
    this.bound = bound
  }

  add(entry: Entry): void {
    const { entries, latestPasses } = this
    if (latestPasses) entries.pop()
    else if (entries.length === this.bound) entries.splice(this.displace(), 1)
    this.latestPasses = this.taken++ % this.stride !== 0
    entries.push(entry)
  }

  /** What has become of a list of before; undefined where nothing has. */
  since(before: readonly Entry[]): Growth<Entry> | undefined {
    const { entries } = this
    let kept = 0
    const gone: number[] = []
    for (const [i, entry] of before.entries()) {
      if (kept < entries.length && Object.is(entry, entries[kept])) kept++
      else gone.push(i)
    }
    if (gone.length === 0 && kept === entries.length) return undefined
    const added = entries.slice(kept)
    return {
      list: [...entries],
      // From the back, so that those in front stay where they are.
      patches: [
        ...gone.toReversed().map((i): Patch => ({ op: 'remove', path: [i] })),
        ...added.map((value, i): Patch => ({ op: 'add', path: [kept + i], value })),
      ],
      inversePatches: [
        ...(added.length > 0 ? [{ op: 'replace', path: ['length'], value: kept } satisfies Patch] : []),
        ...gone.map((i): Patch => ({ op: 'add', path: [i], value: before[i] })),
      ],
    }
  }

  /** The place of the entry that has to go: every second one in turn, from the front. */
  private displace(): number {
    const { bound } = this
    if (this.stride === 1 || this.displaced === Math.floor(bound / 2)) {
      this.stride *= 2
      this.displaced = 0
    }
    return Math.min(++this.displaced, bound - 1)
  }
}
