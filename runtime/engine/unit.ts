/** Units: what fires once a pass, when all that it waits for has arrived. */
import { Subscriber } from 'rxjs'
import type { Kernels, Tensor, Wire, WireFrame } from '../../core/index.ts'
import type { Queue } from './queue.ts'

/** Latches what a wire carries. It never throws, so it may do without the guards of an ordinary subscriber. */
export class Slot extends Subscriber<WireFrame> {
  /** What arrived last. */
  tensor: Tensor = undefined as never
  /** Whether anything will come on the wire in the next pass. */
  readonly needed: () => boolean
  private readonly unit: Unit

  constructor(unit: Unit, needed: () => boolean) {
    super()
    this.unit = unit
    this.needed = needed
  }

  override next(frame: WireFrame): void {
    this.tensor = frame.tensor
    this.unit.arrive(frame.pass)
  }
}

/**
 * Joins frames by their pass: it is queued when as many as it expects of one pass have arrived. A pass that never
 * completes, such as a loss without a target in `predict`, leaves nothing behind.
 */
export abstract class Unit {
  /** How many frames make it complete. */
  expected = 0
  private missing = 0
  private pass = 0
  readonly slots: Slot[] = []
  private readonly queue: Queue

  constructor(queue: Queue) {
    this.queue = queue
  }

  /** What errors call it: `dense1 forward`. */
  abstract readonly place: string

  abstract fire(pass: number): void

  /** Subscribes to a wire. */
  connect(wire: Wire, needed: () => boolean = always): Slot {
    const slot = new Slot(this, needed)
    this.slots.push(slot)
    wire.latches$.subscribe(slot)
    return slot
  }

  arrive(pass: number): void {
    if (pass !== this.pass) {
      this.pass = pass
      this.missing = this.expected
    }
    if (--this.missing === 0) this.queue.push(this)
  }

  dispose(): void {
    for (const slot of this.slots) slot.unsubscribe()
  }
}

const always = () => true

/** What arrived in some slots, added in their order; that of a single one as it is. */
export function summed(kernels: Kernels, slots: readonly Slot[]): Tensor {
  return slots.length === 1 ? (slots[0] as Slot).tensor : kernels.addAll(slots.map(({ tensor }) => tensor))
}
