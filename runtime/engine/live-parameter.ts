/** A parameter while a model lives. */
import { type Kernels, type Lease, LentTensor, type Shape, type Tensor, Wire } from '../../core/index.ts'
import type { Stage } from './stage.ts'
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
  /** Whether that optimizer leaves it as it is for now. */
  frozen = false
  /** The copy of it that predictions and evaluation use, where a link keeps one. */
  average: string | undefined
  /** The names of all copies that links keep. */
  private readonly copies: string[] = []
  private senders: readonly Slot[] = []
  private difference: Tensor | undefined
  private readonly stage: Stage
  private readonly kernels: Kernels
  private readonly lease: Lease

  constructor(stage: Stage, key: string, shape: Shape, values: ArrayLike<number>, trainable: boolean) {
    super(stage.queue)
    this.key = key
    this.shape = shape
    this.trainable = trainable
    this.stage = stage
    this.kernels = stage.kernels
    this.version = new Versioned(key, stage.kernels, [{ name: 'value', shape, values }])
    this.gradient = new Wire(stage, `${key}.gradient$`)
    this.update = new Wire(stage, `${key}.update$`)
    this.lease = stage.kernels.lease(`${key} gradient`)
  }

  get place(): string {
    return `${this.key} gradient`
  }

  get value(): Tensor {
    return this.version.present.value as Tensor
  }

  /** What nodes compute with: outside of training the average, where there is one. */
  get used(): Tensor {
    const { average, version, stage } = this
    return version.present[average !== undefined && stage.averages ? average : 'value'] as Tensor
  }

  /** The value for those who look at it from outside. */
  get shown(): Tensor {
    return this.lent(this.value, 'value')
  }

  /** The average, likewise. */
  get shownAverage(): Tensor | undefined {
    const { average, version } = this
    return average === undefined ? undefined : this.lent(version.present[average] as Tensor, 'average')
  }

  private lent(tensor: Tensor, name: 'value' | 'average'): Tensor {
    const { version, stage, key } = this
    if (!stage.debug) return tensor
    const { turns } = version
    return new LentTensor(tensor, {
      place: `${key} ${name}`,
      time: 'before it changes',
      hint: `Read parameter.${name} again, or keep a copy: parameter.${name}.clone().`,
      isOver: () => version.turns !== turns,
    })
  }

  /** Keeps a copy of the value, which a link changes. */
  keepCopy(name: string): void {
    // A copy, since memory may move while room is made for it.
    this.version.add(name, this.shape, Float64Array.from(this.value.data))
    this.copies.push(name)
  }

  /** Whether anybody asks for its gradient. */
  get needed(): boolean {
    return (this.claimed && !this.frozen) || this.gradient.taps > 0
  }

  updateDemand(): void {
    this.senders = this.slots.filter(slot => slot.needed())
    this.expect(this.senders.length)
  }

  fire(pass: number): void {
    this.kernels.lend(this.lease)
    const gradient = summed(this.kernels, this.senders)
    this.kernels.keep(gradient, this.gradient.isPassing)
    this.gradient.emit(pass, gradient)
  }

  /** Computes by how much the value is about to change, where somebody wants to know. */
  prepare(): void {
    const { version, kernels, update } = this
    const { present, staged } = version
    this.difference = undefined
    if (staged === undefined || update.taps === 0) return
    kernels.lend(this.lease)
    this.difference = kernels.sub(staged.value as Tensor, present.value as Tensor)
  }

  /** Tells it, now that it has changed. */
  tell(pass: number): void {
    if (this.difference) this.update.emit(pass, this.difference)
  }

  assign(values: ArrayLike<number>): void {
    this.stage.begin()
    this.stage.assigned()
    this.version.assign(new Map(['value', ...this.copies].map(name => [name, values])))
  }
}
