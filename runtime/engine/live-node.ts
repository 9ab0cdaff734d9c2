/** A node while a model lives: it fires once in each direction in a training step. */
import {
  type Activation,
  type Kernels,
  type Mode,
  type NodeContext,
  type NodeDefinition,
  type PortShape,
  type RandomKey,
  type ResolvedNode,
  type Tensors,
  Wire,
} from '../../core/index.ts'
import { Backward } from './backward.ts'
import type { Engine } from './engine.ts'
import { Forward } from './forward.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { Versioned } from './versioned.ts'

/** What forward and backward are told. */
class Context implements NodeContext {
  readonly kernels: Kernels
  readonly needs: Record<string, boolean> = {}
  activation: Activation | undefined
  private readonly engine: Engine
  private readonly id: string
  private key: RandomKey | undefined

  constructor(engine: Engine, id: string) {
    this.kernels = engine.kernels
    this.engine = engine
    this.id = id
  }

  get mode(): Mode {
    return this.engine.mode
  }

  get step(): number {
    this.engine.replay.forbid()
    return this.engine.step
  }

  get random(): RandomKey {
    this.key ??= this.engine.key.child('node').child(this.id)
    return this.key.child(this.step)
  }
}

/** An output of a live node: its values, and the gradient that its consumers send back. */
export interface LiveOutput {
  readonly name: string
  readonly shape: PortShape
  readonly forward: Wire
  readonly backward: Wire
}

export class LiveNode {
  readonly id: string
  readonly resolved: ResolvedNode
  readonly definition: NodeDefinition
  readonly outputs: readonly LiveOutput[]
  readonly parameters: readonly (readonly [name: string, parameter: LiveParameter])[]
  readonly state: Versioned | undefined
  readonly context: Context
  /** What backward is given: inputs, parameters and state, outputs and saved values. */
  readonly values: Tensors = {}
  readonly forward: Forward
  readonly backward: Backward
  /** Whether its values are checked for NaN and infinities in each step. */
  readonly watched: boolean

  constructor(
    engine: Engine,
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
        forward: new Wire(engine, `${place}.forward$`),
        backward: new Wire(engine, `${place}.backward$`),
      }
    })
    this.parameters = parameters
    this.state = state
    this.watched = engine.watches(this.definition, id)
    this.context = new Context(engine, id)
    this.forward = new Forward(engine, this)
    this.backward = new Backward(engine, this)
  }

  output(name: string): LiveOutput {
    return this.outputs.find(output => output.name === name) as LiveOutput
  }

  get wires(): Wire[] {
    const own = this.outputs.flatMap(({ forward, backward }) => [forward, backward])
    return [...own, ...this.backward.gradients.map(({ wire }) => wire)]
  }
}
