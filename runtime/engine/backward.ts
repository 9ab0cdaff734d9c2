/** The backward half of a live node. */
import {
  type Config,
  GradstreamError,
  type Kernels,
  type Lease,
  type NodeContext,
  type NodeDefinition,
  recordOf,
  sameShape,
  showShape,
  Tensor,
  type Tensors,
  Wire,
} from '../../core/index.ts'
import { mismatch } from './mismatch.ts'
import type { LiveOutput, NodeParts } from './node-parts.ts'
import type { Stage } from './stage.ts'
import { type Slot, summed, Unit } from './unit.ts'

/** Something of a node that gets a gradient, the wire that carries it, and whether anybody needs it at present. */
interface GradientWire {
  readonly name: string
  readonly wire: Wire
  needed: boolean
}

/** Waits for the gradients of all consumers, and computes those of inputs and parameters. */
export class Backward extends Unit {
  /** The wires to those who wait for gradients: the producers of the inputs, then the parameters. */
  readonly gradients: readonly GradientWire[]
  /** For each output, the slots of its consumers; and of those, the ones that send a gradient at present. */
  private readonly consumers: readonly Slot[][]
  private senders: readonly (readonly Slot[])[] = []
  /** The sender, where there is one output with one sender, as mostly. */
  private sender: Slot | undefined
  /** Whether anybody looks at the gradient of an output. */
  private isLookedAt = false
  private readonly lease: Lease
  private readonly stage: Stage
  private readonly kernels: Kernels
  private readonly definition: NodeDefinition
  private readonly config: Config
  private readonly context: NodeContext
  private readonly values: Tensors
  private readonly outputs: readonly LiveOutput[]
  /** Those of the outputs. */
  private readonly names: readonly string[]
  private readonly isInput: boolean
  private readonly watched: boolean
  private readonly id: string
  /** The gradients of the outputs, by name and in their order. */
  private readonly arrived: Tensors = recordOf()
  private readonly last: Tensor[] = []
  /** The pass in which it fired last. */
  fired = 0

  constructor(stage: Stage, node: NodeParts) {
    super(stage.queue)
    const { id, resolved, parameters, outputs } = node
    const names = [...resolved.inputs.map(({ name }) => name), ...parameters.map(([name]) => name)]
    this.gradients = names.map(name => ({ name, wire: new Wire(stage, id), needed: false }))
    this.consumers = outputs.map(() => [])
    this.lease = stage.kernels.lease(`${id} backward`)
    this.stage = stage
    this.kernels = stage.kernels
    this.definition = node.definition
    this.config = resolved.config
    this.context = node.context
    this.values = node.values
    this.outputs = outputs
    this.names = node.definition.outputs
    this.isInput = node.definition.role === 'input'
    this.watched = node.watched
    this.id = id
  }

  get place(): string {
    return `${this.id} backward`
  }

  get readable() {
    return { tensors: Object.keys(this.values), config: Object.keys(this.config) }
  }

  /** The gradient that arrived last at an output. */
  gradientAt(output: string): Tensor | undefined {
    return this.arrived[output]
  }

  /** Subscribes to the gradient that a consumer of an output will send. */
  listen(output: string, wire: Wire, needed: () => boolean): void {
    const index = this.outputs.findIndex(({ name }) => name === output)
    this.consumers[index]?.push(this.connect(wire, needed))
  }

  updateDemand(): void {
    for (const gradient of this.gradients) gradient.needed = this.context.needs[gradient.name] === true
    this.senders = this.consumers.map(slots => slots.filter(slot => slot.needed()))
    const count = this.senders.reduce((sum, slots) => sum + slots.length, 0)
    this.expect(count)
    this.sender = this.senders.length === 1 && count === 1 ? this.senders[0]?.[0] : undefined
    this.isLookedAt = this.outputs.some(({ backward }) => !backward.isPassing)
  }

  fire(pass: number): void {
    const { arrived, gradients, values, names } = this
    this.fired = pass
    this.kernels.lend(this.lease)
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      const tensor = this.sender ? this.sender.tensor : this.gradientOf(i, name)
      if (this.watched) this.stage.demandFinite(tensor, this, 'gradient of', name)
      if (this.last[i] !== tensor) {
        this.last[i] = tensor
        arrived[name] = tensor
      }
      this.kernels.keep(tensor, this.outputs[i]?.backward.isPassing)
      if (this.isLookedAt) this.outputs[i]?.backward.emit(pass, tensor)
    }
    if (this.isInput) return
    const made = this.definition.backward(arrived, values, this.config, this.context)
    this.kernels.close()
    // All of them, before anybody looks at the first.
    for (let i = 0; i < gradients.length; i++) {
      const { name, needed } = gradients[i] as GradientWire
      if (needed) this.keep(name, made?.[name])
    }
    for (let i = 0; i < gradients.length; i++) {
      const { name, wire, needed } = gradients[i] as GradientWire
      if (!needed) continue
      const gradient = made[name] as Tensor
      if (this.watched) this.stage.demandFinite(gradient, this, 'gradient of', name)
      wire.emit(pass, gradient)
    }
  }

  /** The gradient of one output: the sum of what its consumers sent. */
  private gradientOf(output: number, name: string): Tensor {
    const { kernels } = this
    const senders = this.senders[output] as readonly Slot[]
    return senders.length > 0
      ? summed(kernels, senders)
      : kernels.fill((this.values[name] as Tensor).shape, 0)
  }

  private keep(name: string, gradient: Tensor | false | undefined): void {
    const { shape } = this.values[name] as Tensor
    if (!(gradient instanceof Tensor)) {
      throw new GradstreamError('MISSING_GRADIENT', {
        place: this.place,
        expected: `a gradient for "${name}" with the shape ${showShape(shape)}`,
        got: String(gradient),
      })
    }
    if (!sameShape(gradient.shape, shape))
      throw mismatch(this.place, `gradient of "${name}"`, shape, gradient.shape)
    this.kernels.keep(gradient, true)
  }
}
