/** Units: what fires once a pass, when all that it waits for has arrived. */
import { Subscriber } from 'rxjs'
import type { Kernels, Tensor, Wire, WireFrame } from '../../core/index.ts'
import type { Fireable, Queue } from './queue.ts'

/**
 * Joins frames by their pass: it queues its unit when as many as it expects of one pass have arrived. A pass that never
 * completes, such as a loss without a target in `predict`, leaves nothing behind.
 *
 * It stands apart from the unit, since units are of several kinds: what is of one kind the compiler finds at once.
 */
class Gate {
  expected = 0
  private missing = 0
  private pass = 0
  private readonly unit: Fireable
  private readonly queue: Queue

  constructor(unit: Fireable, queue: Queue) {
    this.unit = unit
    this.queue = queue
  }

  arrive(pass: number): void {
    if (pass !== this.pass) {
      this.pass = pass
      this.missing = this.expected
    }
    if (--this.missing === 0) this.queue.push(this.unit)
  }
}

/** Latches what a wire carries. It never throws, so it may do without the guards of an ordinary subscriber. */
export class Slot extends Subscriber<WireFrame> {
  /** What arrived last. */
  tensor: Tensor = undefined as never
  /** Whether anything will come on the wire in the next pass. */
  readonly needed: () => boolean
  private readonly gate: Gate

  constructor(gate: Gate, needed: () => boolean) {
    super()
    this.gate = gate
    this.needed = needed
  }

  override next(frame: WireFrame): void {
    this.tensor = frame.tensor
    this.gate.arrive(frame.pass)
  }
}

/** Is queued when all that it waits for has arrived, and then fires. */
export abstract class Unit implements Fireable {
  readonly slots: Slot[] = []
  private readonly gate: Gate

  constructor(queue: Queue) {
    this.gate = new Gate(this, queue)
  }

  /** Says how many frames make it complete. */
  protected expect(frames: number): void {
    this.gate.expected = frames
  }

  abstract readonly place: string

  abstract fire(pass: number): void

  /** Subscribes to a wire. */
  connect(wire: Wire, needed: () => boolean = always): Slot {
    const slot = new Slot(this.gate, needed)
    this.slots.push(slot)
    wire.latches$.subscribe(slot)
    return slot
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
