/** Past epochs, thinned evenly so that they cover a run of any length. */
import type { Patch } from 'immer'

/** A changed list and its changes. */
export interface Growth<Entry> {
  readonly list: readonly Entry[]
  /** Relative to the list. */
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

/** Past entries and how they are thinned, as plain data. */
export interface SavedHistory<Entry> {
  readonly entries: readonly Entry[]
  readonly stride: number
  readonly taken: number
  readonly latestPasses: boolean
  readonly displaced: number
}

/**
 * Keeps at most `bound` entries: all at first, then every second one, then every fourth, and always the
 * latest. When the list is full, each entry that stays displaces one, so all changes are equally small.
 */
export class History<Entry> {
  private readonly bound: number
  private readonly entries: Entry[] = []
  /** One in this many entries stays. */
  private stride = 1
  private taken = 0
  /** Whether the next entry replaces the latest one. */
  private latestPasses = false
  /** How many entries were displaced since the stride doubled; the same number precedes the next to go. */
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

  save(): SavedHistory<Entry> {
    const { entries, stride, taken, latestPasses, displaced } = this
    return { entries: [...entries], stride, taken, latestPasses, displaced }
  }

  load({ entries, ...counts }: SavedHistory<Entry>): void {
    this.entries.splice(0, this.entries.length, ...entries)
    Object.assign(this, counts)
  }

  /** The changes since an earlier list; undefined if there are none. */
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
      // From the back, so that earlier indices stay valid.
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

  /** The index of the next entry to remove: every second one in turn, from the front. */
  private displace(): number {
    const { bound } = this
    if (this.stride === 1 || this.displaced === Math.floor(bound / 2)) {
      this.stride *= 2
      this.displaced = 0
    }
    return Math.min(++this.displaced, bound - 1)
  }
}
