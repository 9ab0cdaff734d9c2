/** A node while a model lives: it fires once in each direction in a training step. */
import {
  type Kernels,
  type Mode,
  type NodeContext,
  type NodeDefinition,
  type PortShape,
  type RandomKey,
  type ResolvedNode,
  recordOf,
  type Tensor,
  type Tensors,
  Wire,
} from '../../core/index.ts'
import { Backward } from './backward.ts'
import { Forward } from './forward.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { LiveOutput, NodeParts } from './node-parts.ts'
import type { Stage } from './stage.ts'
import { StepKey } from './step-key.ts'
import type { Versioned } from './versioned.ts'

/** What forward and backward are told. */
class Context implements NodeContext {
  readonly kernels: Kernels
  readonly needs: Record<string, boolean> = recordOf()
  private readonly stage: Stage
  private readonly id: string
  private key: StepKey | undefined

  constructor(stage: Stage, id: string) {
    this.kernels = stage.kernels
    this.stage = stage
    this.id = id
  }

  get mode(): Mode {
    return this.stage.mode
  }

  get step(): number {
    this.stage.varies()
    return this.stage.step
  }

  get random(): RandomKey {
    this.key ??= new StepKey(this.stage.keyOf(this.id), this.stage)
    return this.key
  }

  get iteration(): Tensor {
    return this.stage.iteration
  }
}

export class LiveNode implements NodeParts {
  readonly id: string
  readonly resolved: ResolvedNode
  readonly definition: NodeDefinition
  readonly outputs: readonly LiveOutput[]
  readonly parameters: readonly (readonly [name: string, parameter: LiveParameter])[]
  readonly state: Versioned | undefined
  readonly context: Context
  /** What backward is given: inputs, parameters and state, outputs and saved values. */
  readonly values: Tensors = recordOf()
  readonly forward: Forward
  readonly backward: Backward
  /** Whether its values are checked for NaN and infinities in each step. */
  readonly watched: boolean

  constructor(
    stage: Stage,
    resolved: ResolvedNode,
    parameters: readonly (readonly [name: string, parameter: LiveParameter])[],
    state: Versioned | undefined,
  ) {
    const { id, definition, shapes } = resolved
    this.id = id
    this.resolved = resolved
    this.definition = definition as NodeDefinition
    this.outputs = definition.outputs.map(name => {
      const place = definition.outputs.length > 1 ? `${id}.${name}` : id
      return {
        name,
        shape: shapes[name] as PortShape,
        forward: new Wire(stage, `${place}.forward$`),
        backward: new Wire(stage, `${place}.backward$`),
      }
    })
    this.parameters = parameters
    this.state = state
    this.watched = stage.watches(this.definition, id)
    this.context = new Context(stage, id)
    this.forward = new Forward(stage, this)
    this.backward = new Backward(stage, this)
  }

  /** Says that its outputs can be asked for by names of the graph. */
  name(): void {
    for (const { forward } of this.outputs) forward.isNamed = true
  }

  output(name: string): LiveOutput {
    return this.outputs.find(output => output.name === name) as LiveOutput
  }

  get wires(): Wire[] {
    const own = this.outputs.flatMap(({ forward, backward }) => [forward, backward])
    return [...own, ...this.backward.gradients.map(({ wire }) => wire)]
  }
}
