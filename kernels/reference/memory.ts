/** Memory of the reference kernels: leases whose buffers are used again, one buffer for each loan in turn. */
import {
  allocate,
  type Lease,
  type Numbers,
  type Precision,
  type Shape,
  sameShape,
  sizeOf,
  Tensor,
} from '../../core/index.ts'

/** One loan of a lease: a buffer, and a tensor over it for each shape that it was lent in. */
interface Slot {
  buffer: Numbers
  tensors: Tensor[]
  /** The one that is lent at present. */
  present?: Tensor
}

/** How many shapes a slot remembers: the full batch, the short last one, validation, and some more. */
const REMEMBERED_SHAPES = 8

export class ReferenceLease implements Lease {
  readonly kernels = 'reference'
  readonly slots: Slot[] = []
  /** How many slots are lent at present. */
  lent = 0

  /** The next slot as a tensor of that shape. A lease lends in the same order each step, so each slot fits soon. */
  take(shape: Shape, precision: Precision): Tensor {
    const size = sizeOf(shape)
    let slot = this.slots[this.lent]
    if (slot === undefined || slot.buffer.length < size) {
      slot = { buffer: allocate(precision, size), tensors: [] }
      this.slots[this.lent] = slot
    }
    this.lent++
    const { tensors } = slot
    for (let i = 0; i < tensors.length; i++) {
      const known = tensors[i] as Tensor
      if (!sameShape(known.shape, shape)) continue
      slot.present = known
      return known
    }
    if (tensors.length === REMEMBERED_SHAPES) tensors.shift()
    const made = new Tensor(shape, slot.buffer.subarray(0, size))
    tensors.push(made)
    slot.present = made
    return made
  }

  holds(tensor: Tensor): boolean {
    for (let i = 0; i < this.lent; i++) if (this.slots[i]?.present === tensor) return true
    return false
  }
}
