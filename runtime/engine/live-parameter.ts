/** A parameter while a model lives. */
import { type Kernels, type Lease, type Shape, type Tensor, Wire } from '../../core/index.ts'
import type { Engine } from './engine.ts'
import { type Slot, summed, Unit } from './unit.ts'
import { Versioned } from './versioned.ts'

/** Waits for the gradients of all nodes that use the parameter, and sends on their sum. */
export class LiveParameter extends Unit {
  readonly key: string
  readonly shape: Shape
  readonly trainable: boolean
  /** The `value`, and beside it the slots of the optimizer that trains it. */
  readonly version: Versioned
  /** The gradient, summed over all nodes that share the parameter. */
  readonly gradient: Wire
  /** What the optimizer added to the value. */
  readonly update: Wire
  /** Whether an optimizer trains it. */
  claimed = false
  private senders: readonly Slot[] = []
  private readonly engine: Engine
  private readonly kernels: Kernels
  private readonly lease: Lease

  constructor(engine: Engine, key: string, shape: Shape, values: ArrayLike<number>, trainable: boolean) {
    super(engine.queue)
    this.key = key
    this.shape = shape
    this.trainable = trainable
    this.engine = engine
    this.kernels = engine.kernels
    this.version = new Versioned(key, engine.kernels, [{ name: 'value', shape, values }])
    this.gradient = new Wire(engine, `${key}.gradient$`)
    this.update = new Wire(engine, `${key}.update$`)
    this.lease = engine.kernels.lease()
  }

  get place(): string {
    return `${this.key} gradient`
  }

  get value(): Tensor {
    return this.version.present.value as Tensor
  }

  /** Whether anybody asks for its gradient. */
  get needed(): boolean {
    return this.claimed || this.gradient.taps > 0
  }

  updateDemand(): void {
    this.senders = this.slots.filter(slot => slot.needed())
    this.expect(this.senders.length)
  }

  fire(pass: number): void {
    this.kernels.lend(this.lease)
    this.gradient.emit(pass, summed(this.kernels, this.senders))
  }

  /** Makes the next value the present one, and tells by how much it changed. */
  commit(pass: number): void {
    const { version, kernels } = this
    const { present, staged } = version
    version.commit()
    if (staged === undefined || this.update.taps === 0) return
    kernels.lend(this.lease)
    this.update.emit(pass, kernels.sub(staged.value as Tensor, present.value as Tensor))
  }

  assign(values: ArrayLike<number>): void {
    this.engine.begin()
    this.engine.assigned()
    const { version, kernels } = this
    version.lend()
    const value = kernels.empty(this.shape)
    value.data.set(values)
    version.stage({ ...version.present, value })
    version.commit()
  }
}
