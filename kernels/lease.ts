/** Leases: memory that results are lent from, one block for each loan in turn. */
import { type Lease, type Shape, sameShape, sizeOf, type Tensor } from '../core/index.ts'

/** Where a lease takes its blocks from. */
export interface BlockSource<Block, T extends Tensor = Tensor> {
  readonly name: string
  /** A block with room for `size` numbers. */
  allocate(size: number): Block
  capacity(block: Block): number
  release(block: Block): void
  /** Is told when a lease lends from another place than before. */
  moved?(): void
  /** The beginning of a block as a tensor. */
  view(shape: Shape, block: Block): T
}

/** One loan: a block, and a tensor over it for each shape that it was lent in. */
interface Slot<Block, T extends Tensor> {
  readonly block: Block
  readonly tensors: T[]
  /** The one that is lent at present. */
  present: T
}

/** How many shapes a slot remembers: the full batch, the short last one, validation, and some more. */
const REMEMBERED_SHAPES = 8

/** Lends in the same order each step, so each slot fits soon, and nothing is allocated any more. */
export class SlotLease<Block, T extends Tensor = Tensor> implements Lease {
  readonly kernels: string
  readonly owner: string | undefined
  private readonly source: BlockSource<Block, T>
  private readonly slots: Slot<Block, T>[] = []
  private lent = 0
  /** How often it was opened. */
  openings = 0
  /** The last program that something of it was written down in. */
  turn = 0

  constructor(source: BlockSource<Block, T>, owner?: string) {
    this.owner = owner
    this.kernels = source.name
    this.source = source
  }

  /** Gives up what was lent before. */
  open(): void {
    this.lent = 0
    this.openings++
  }

  /** The next slot as a tensor of that shape. */
  take(shape: Shape): T {
    const slot = this.slots[this.lent]
    if (slot === undefined || !sameShape(slot.present.shape, shape)) return this.fitted(shape)
    this.lent++
    return slot.present
  }

  private fitted(shape: Shape): T {
    const { source, slots } = this
    const slot = slots[this.lent]
    const known = slot?.tensors.find(tensor => sameShape(tensor.shape, shape))
    if (slot && known) {
      this.lent++
      slot.present = known
      return known
    }
    const size = sizeOf(shape)
    if (slot && source.capacity(slot.block) >= size) {
      const { tensors, block } = slot
      slot.present = source.view(shape, block)
      if (tensors.length === REMEMBERED_SHAPES) tensors.shift()
      tensors.push(slot.present)
      this.lent++
      return slot.present
    }
    if (slot) {
      // Out of the list before it is given back: there may be no memory for a larger one.
      slots.splice(this.lent, 1)
      source.release(slot.block)
      source.moved?.()
    }
    const block = source.allocate(size)
    const present = source.view(shape, block)
    slots.splice(this.lent++, 0, { block, tensors: [present], present })
    return present
  }

  /** Whether a tensor is lent at present, and not only a view of one. */
  holds(tensor: Tensor): boolean {
    for (let i = 0; i < this.lent; i++) if (this.slots[i]?.present === tensor) return true
    return false
  }

  free(): void {
    for (const { block } of this.slots) this.source.release(block)
    this.slots.length = 0
    this.open()
  }
}
