/** The forward half of a live node. */
import {
  type Config,
  fitsShape,
  GradstreamError,
  type Kernels,
  type Lease,
  type NodeContext,
  type NodeDefinition,
  recordOf,
  show,
  Tensor,
  type Tensors,
} from '../../core/index.ts'
import { mismatch } from './mismatch.ts'
import type { LiveOutput, NodeParts } from './node-parts.ts'
import type { Stage } from './stage.ts'
import { type Slot, Unit } from './unit.ts'
import type { Versioned } from './versioned.ts'

/**
 * Waits for the inputs, and computes the outputs. Both halves of a node hold what firing touches themselves: in a deep
 * graph, each object on the way is one more that the processor's cache does not have.
 */
export class Forward extends Unit {
  /** Where the outputs live; an input's batch, too. */
  readonly lease: Lease
  private readonly stage: Stage
  private readonly kernels: Kernels
  private readonly definition: NodeDefinition
  private readonly config: Config
  private readonly context: NodeContext
  private readonly names: readonly string[]
  private readonly saved: readonly string[]
  /** The inputs that came last. */
  private readonly last: Tensor[] = []
  /** What forward is given: inputs, parameters and state. */
  private readonly given: Tensors = recordOf()
  private readonly values: Tensors
  private readonly parameters: NodeParts['parameters']
  private readonly state: Versioned | undefined
  private readonly outputs: readonly LiveOutput[]
  private readonly watched: boolean
  private readonly id: string

  constructor(stage: Stage, node: NodeParts) {
    super(stage.queue)
    this.lease = stage.kernels.lease(`${node.id} forward`)
    this.stage = stage
    this.kernels = stage.kernels
    this.definition = node.definition
    this.config = node.resolved.config
    this.context = node.context
    this.names = node.resolved.inputs.map(({ name }) => name)
    this.saved = node.definition.saved
    this.expect(this.names.length)
    this.values = node.values
    this.parameters = node.parameters
    this.state = node.state
    this.outputs = node.outputs
    this.watched = node.watched
    this.id = node.id
  }

  get place(): string {
    return `${this.id} forward`
  }

  get readable() {
    return { tensors: Object.keys(this.given), config: Object.keys(this.config) }
  }

  fire(pass: number): void {
    const { definition, names, given, values, parameters, state, outputs, slots } = this
    const { last } = this
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      const { tensor } = slots[i] as Slot
      // Lent again from step to step, it is mostly the same one.
      if (last[i] === tensor) continue
      last[i] = tensor
      given[name] = tensor
      values[name] = tensor
    }
    for (let i = 0; i < parameters.length; i++) {
      // Taken apart by hand: the pattern of an array is read through its iterator, which takes longer.
      const entry = parameters[i] as (typeof parameters)[number]
      const name = entry[0]
      const { used } = entry[1]
      given[name] = used
      values[name] = used
    }
    if (state) {
      Object.assign(given, state.latest)
      Object.assign(values, state.latest)
    }
    this.kernels.lend(this.lease)
    const made = definition.forward(given, this.config, this.context)
    this.kernels.close()
    if (!isByName(made)) throw this.noResult(made)
    const { saved } = this
    for (let i = 0; i < saved.length; i++) this.keep(saved[i] as string, made, true)
    if (state && (this.stage.mode === 'train' || definition.remembers)) {
      state.lend()
      state.stage({ ...state.latest, ...pick(made, state.latest) })
    }
    // All of them, before anybody looks at the first.
    for (let i = 0; i < outputs.length; i++) {
      const { name, shape, forward } = outputs[i] as LiveOutput
      const tensor = this.keep(name, made, forward.isPassing)
      if (!fitsShape(tensor.shape, shape)) throw mismatch(this.place, `output "${name}"`, shape, tensor.shape)
    }
    for (let i = 0; i < outputs.length; i++) {
      const { name, forward } = outputs[i] as LiveOutput
      const tensor = made[name] as Tensor
      if (this.watched) this.stage.demandFinite(tensor, this, 'output', name)
      forward.emit(pass, tensor)
    }
  }

  /** The error for a tensor, a promise or nothing, where tensors by name are expected. */
  private noResult(made: unknown): GradstreamError {
    const [name = 'y'] = this.definition.outputs
    return new GradstreamError('MISSING_OUTPUT', {
      place: this.place,
      expected: `an object with a tensor under "${name}"`,
      got: made instanceof Tensor ? `a tensor of shape ${JSON.stringify(made.shape)}` : show(made),
      hint:
        made instanceof Promise
          ? 'Write forward without async: it says what is to be computed, and waits for nothing.'
          : `Return it under its name: forward: ({ x }, config, { kernels: k }) => ({ ${name}: k.relu(x) }).`,
    })
  }

  /** Keeps a result for backward. */
  private keep(name: string, made: Tensors, isPassing: boolean): Tensor {
    const tensor = made[name]
    if (!(tensor instanceof Tensor)) {
      throw new GradstreamError('MISSING_OUTPUT', {
        place: this.place,
        expected: `a tensor under "${name}"`,
        got: String(tensor),
      })
    }
    this.values[name] = tensor
    this.kernels.keep(tensor, isPassing)
    return tensor
  }
}

const isByName = (made: unknown): made is Tensors =>
  typeof made === 'object' && made !== null && !(made instanceof Tensor) && !(made instanceof Promise)

/** Those of `made` that have a name in `names`. */
function pick(made: Tensors, names: Tensors): Tensors {
  return recordOf(Object.entries(made).filter(([name]) => name in names))
}
