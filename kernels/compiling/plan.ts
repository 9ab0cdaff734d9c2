/** Memory for what loops leave for one another: a place is given again when nobody will read what is there. */
import { sizeOf, type Value } from '../../core/index.ts'
import type { Fused } from './fuse.ts'
import type { CompiledLoop, CompiledPart } from './part.ts'

/** Bytes of a number, and of a cache line, where each value begins. */
const [NUMBER, LINE] = [4, 64]

export interface Plan {
  /** Where each value begins, in bytes, that is neither input nor output nor in the place of one. */
  readonly places: ReadonlyMap<number, number>
  /** Values that are in the place of an output, which is written over them when they are read for the last time. */
  readonly onto: ReadonlyMap<number, number>
  /** How many bytes the places take together. */
  readonly bytes: number
}

interface Block {
  readonly start: number
  readonly bytes: number
}

/** @param given Values that have memory elsewhere: inputs and outputs. */
export function planned({ parts }: Pick<Fused, 'parts'>, given: ReadonlySet<number>): Plan {
  const [first, last] = [new Map<number, number>(), new Map<number, number>()]
  for (const [i, { tensors }] of parts.entries()) {
    for (const { base } of tensors) {
      if (!first.has(base.id)) first.set(base.id, i)
      last.set(base.id, i)
    }
  }
  const onto = new Map<number, number>()
  for (const [i, part] of parts.entries()) {
    if (!mayOverwrite(part)) continue
    const dying = basesOf(part).filter(
      ({ id }) => !given.has(id) && last.get(id) === i && first.get(id) !== i,
    )
    for (const output of dying.length > 0 ? writtenBy(part) : []) {
      // What is written by several parts is begun before.
      if (!given.has(output.id) || first.get(output.id) !== i) continue
      const found = dying.find(value => !onto.has(value.id) && overwrites(part, value, output))
      if (found) onto.set(found.id, output.id)
    }
  }
  const memory = new PlannedMemory()
  const places = new Map<number, Block>()
  for (const [i, part] of parts.entries()) {
    const bases = basesOf(part)
    const dying = mayOverwrite(part) ? bases.filter(({ id }) => places.has(id) && last.get(id) === i) : []
    const taken = new Set<number>()
    for (const base of bases) {
      const { id } = base
      if (given.has(id) || onto.has(id) || places.has(id)) continue
      const found = dying.find(other => !taken.has(other.id) && overwrites(part as CompiledLoop, other, base))
      if (found) taken.add(found.id)
      places.set(id, found ? (places.get(found.id) as Block) : memory.take(sizeOf(base.shape) * NUMBER))
    }
    for (const { id } of bases) {
      const place = places.get(id)
      if (place && last.get(id) === i && !taken.has(id)) memory.give(place)
    }
  }
  const starts = new Map([...places].map(([id, { start }]) => [id, start]))
  return { places: starts, onto, bytes: memory.bytes }
}

function writtenBy(part: CompiledPart): Value[] {
  const at = 'loop' in part ? part.loop.stores.map(({ access }) => access.tensor) : [0]
  return at.map(tensor => (part.tensors[tensor] as CompiledPart['tensors'][number]).base)
}

const basesOf = ({ tensors }: CompiledPart): Value[] => [
  ...new Map(tensors.map(({ base }) => [base.id, base] as const)).values(),
]

/** A fold along a row needs all of it before anything behind the fold is known. */
const mayOverwrite = (part: CompiledPart): part is CompiledLoop =>
  'loop' in part && part.loop.terms.every(term => term.kind !== 'fold' || term.over === 'rows')

/** Whether a loop reads each number of one value just where it writes the same one of another, which may take its place. */
function overwrites({ loop, tensors }: CompiledLoop, read: Value, written: Value): boolean {
  if (read.id === written.id || sizeOf(read.shape) !== sizeOf(written.shape)) return false
  const isOf =
    (value: Value) =>
    ({ tensor }: { readonly tensor: number }) =>
      tensors[tensor]?.base.id === value.id
  const [store, ...others] = loop.stores.filter(({ access }) => isOf(written)(access))
  if (store === undefined || others.length > 0 || loop.terms[store.term]?.kind === 'fold') return false
  if (tensors[store.access.tensor]?.offset !== 0) return false
  if (loop.stores.some(({ access }) => isOf(read)(access))) return false
  return loop.terms.every(term => {
    if (term.kind !== 'read' || !isOf(read)(term.access)) return true
    const { tensor, strides } = term.access
    return tensors[tensor]?.offset === 0 && strides.every((by, axis) => by === store.access.strides[axis])
  })
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
