/** The epochs of the past, thinned evenly, so that they tell of the whole run however long it is. */
import type { Patch } from 'immer'

/** A list with entries more, and how it came about. */
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

  /** The list with further entries, in their order. */
  take(list: readonly Entry[], entries: readonly Entry[]): Growth<Entry> {
    // Of a frozen list, spreading makes a copy a hundred times as fast as slice(), and ten times as fast as concat().
    const grown = [...list]
    const patches: Patch[] = []
    const inversePatches: Patch[] = []
    const change = (patch: Patch, inverse: Patch) => {
      patches.push(patch)
      inversePatches.unshift(inverse)
    }
    for (const entry of entries) {
      const { latestPasses } = this
      const last = grown.length - 1
      const place = !latestPasses && grown.length === this.bound ? this.displace() : undefined
      this.latestPasses = this.taken++ % this.stride !== 0
      if (latestPasses) {
        change(
          { op: 'replace', path: [last], value: entry },
          { op: 'replace', path: [last], value: grown[last] },
        )
        grown[last] = entry
        continue
      }
      if (place !== undefined) {
        change({ op: 'remove', path: [place] }, { op: 'add', path: [place], value: grown[place] })
        grown.splice(place, 1)
      }
      const end = grown.length
      change({ op: 'add', path: [end], value: entry }, { op: 'replace', path: ['length'], value: end })
      grown.push(entry)
    }
    return { list: grown, patches, inversePatches }
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
