/** Blocks of a memory that were given back: joined with their neighbours, and parted for those who need less. */

/** A part of a memory: where it begins, and how many bytes it has. */
export interface Block {
  readonly pointer: number
  readonly bytes: number
}

/** How many blocks of the size that is asked for are looked at, before one of a larger size is parted. */
const LOOKS = 8

/** Blocks are kept by the power of two that they reach, so that one that fits is found at once. */
export class SpareBlocks {
  private readonly sizes: Set<Block>[] = []
  private readonly byStart = new Map<number, Block>()
  private readonly byEnd = new Map<number, Block>()

  /** The bytes of all of them. */
  get bytes(): number {
    let bytes = 0
    for (const block of this.byStart.values()) bytes += block.bytes
    return bytes
  }

  /** Takes a block of so many bytes out; what it has beyond them stays. */
  take(bytes: number): Block | undefined {
    const found = this.find(bytes)
    if (found === undefined) return undefined
    this.remove(found)
    const { pointer } = found
    if (found.bytes > bytes) this.add({ pointer: pointer + bytes, bytes: found.bytes - bytes })
    return { pointer, bytes }
  }

  /** Takes a block in, and gives the whole that it now belongs to. */
  give({ pointer, bytes }: Block): Block {
    const before = this.byEnd.get(pointer)
    const after = this.byStart.get(pointer + bytes)
    for (const neighbour of [before, after]) if (neighbour) this.remove(neighbour)
    const whole = {
      pointer: before?.pointer ?? pointer,
      bytes: bytes + (before?.bytes ?? 0) + (after?.bytes ?? 0),
    }
    this.add(whole)
    return whole
  }

  remove(block: Block): void {
    this.sizes[sizeOf(block.bytes)]?.delete(block)
    this.byStart.delete(block.pointer)
    this.byEnd.delete(block.pointer + block.bytes)
  }

  private find(bytes: number): Block | undefined {
    const { sizes } = this
    const own = sizeOf(bytes)
    let looks = 0
    for (const block of sizes[own] ?? []) {
      if (block.bytes >= bytes) return block
      if (++looks === LOOKS) break
    }
    for (let size = own + 1; size < sizes.length; size++) for (const block of sizes[size] ?? []) return block
    return undefined
  }

  private add(block: Block): void {
    const size = sizeOf(block.bytes)
    while (this.sizes.length <= size) this.sizes.push(new Set())
    this.sizes[size]?.add(block)
    this.byStart.set(block.pointer, block)
    this.byEnd.set(block.pointer + block.bytes, block)
  }
}

const sizeOf = (bytes: number): number => Math.floor(Math.log2(bytes))
