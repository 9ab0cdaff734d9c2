/** Memory for what loops leave for one another: a place is given again when nobody will read what is there. */
import { sizeOf, type Value } from '../../core/index.ts'
import type { Fused } from './fuse.ts'

/** Bytes of a number, and of a cache line, where each value begins. */
const [NUMBER, LINE] = [4, 64]

export interface Plan {
  /** Where each value begins, in bytes, that is neither input nor output. */
  readonly places: ReadonlyMap<number, number>
  /** How many bytes they take together. */
  readonly bytes: number
}

interface Block {
  readonly start: number
  readonly bytes: number
}

/** @param given Values that have memory elsewhere: inputs and outputs. */
export function planned({ parts }: Fused, given: ReadonlySet<number>): Plan {
  const last = new Map<number, number>()
  for (const [i, { tensors }] of parts.entries()) for (const { base } of tensors) last.set(base.id, i)
  const memory = new PlannedMemory()
  const places = new Map<number, Block>()
  for (const [i, { tensors }] of parts.entries()) {
    const bases = new Map<number, Value>(tensors.map(({ base }) => [base.id, base]))
    for (const [id, base] of bases) {
      if (!given.has(id) && !places.has(id)) places.set(id, memory.take(sizeOf(base.shape) * NUMBER))
    }
    for (const id of bases.keys()) {
      const place = places.get(id)
      if (place && last.get(id) === i) memory.give(place)
    }
  }
  const starts = new Map([...places].map(([id, { start }]) => [id, start]))
  return { places: starts, bytes: memory.bytes }
}

/** First fit, with neighbours put together. */
class PlannedMemory {
  bytes = 0
  private free: Block[] = []

  take(bytes: number): Block {
    const rounded = Math.max(Math.ceil(bytes / LINE), 1) * LINE
    const place = this.free.findIndex(block => block.bytes >= rounded)
    const found = this.free[place]
    if (!found) {
      // What is free at the end is the beginning of it.
      const end = this.free.find(({ start, bytes }) => start + bytes === this.bytes)
      if (end) this.free.splice(this.free.indexOf(end), 1)
      const start = end?.start ?? this.bytes
      this.bytes = start + rounded
      return { start, bytes: rounded }
    }
    const rest = { start: found.start + rounded, bytes: found.bytes - rounded }
    this.free.splice(place, 1, ...(rest.bytes > 0 ? [rest] : []))
    return { start: found.start, bytes: rounded }
  }

  give(block: Block): void {
    const next = this.free.findIndex(({ start }) => start > block.start)
    this.free.splice(next < 0 ? this.free.length : next, 0, block)
    this.free = this.free.reduce<Block[]>((blocks, each) => {
      const before = blocks.at(-1)
      if (before && before.start + before.bytes === each.start) {
        blocks.splice(-1, 1, { start: before.start, bytes: before.bytes + each.bytes })
      } else blocks.push(each)
      return blocks
    }, [])
  }
}
