/** An optimizer while a model lives: it starts the backward pass, and turns gradients into updates. */
import {
  type Config,
  checkedConfig,
  GradstreamError,
  isSameJson,
  type OptimizerDefinition,
  type ResolvedNode,
  show,
  type Tensor,
  type UpdateContext,
  Wire,
} from '../../core/index.ts'
import type { Engine } from './engine.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { Replay } from './replay.ts'
import { type Slot, Unit } from './unit.ts'

/** Waits for the gradients of its parameters, and stages their next values. */
export class LiveOptimizer extends Unit {
  readonly id: string
  readonly resolved: ResolvedNode
  readonly parameters: readonly LiveParameter[]
  readonly start: BackwardStart
  private readonly definition: OptimizerDefinition
  private readonly context: UpdateContext
  private readonly replay: Replay
  private present: Config

  /** `starts` is false for a second optimizer of the same loss, since the backward pass begins once. */
  constructor(engine: Engine, resolved: ResolvedNode, parameters: readonly LiveParameter[], starts: boolean) {
    super(engine.queue)
    this.id = resolved.id
    this.resolved = resolved
    this.definition = resolved.definition as OptimizerDefinition
    this.present = resolved.config
    this.replay = engine.replay
    this.parameters = parameters
    this.context = {
      kernels: engine.kernels,
      get step() {
        engine.replay.forbid()
        return engine.step
      },
    }
    this.start = new BackwardStart(engine, resolved.id, starts)
    this.expect(parameters.length)
    for (const parameter of parameters) {
      this.connect(parameter.gradient)
      parameter.claimed = true
      for (const [name, filling] of Object.entries(this.definition.slots(this.config))) {
        if (filling === undefined) continue
        const { shape, value, version } = parameter
        version.add(name, shape, new Float64Array(value.size).fill(filling))
      }
    }
  }

  get place(): string {
    return `${this.id} update`
  }

  /** Its hyper-parameters, which may change between two steps. */
  get config(): Config {
    return this.present
  }

  set config(config: Config) {
    this.present = config
    this.replay.reset()
  }

  /**
   * Its config with other values for some options, checked by its own rules.
   *
   * @throws GradstreamError `INVALID_CONFIG`, also where it would have to remember something else for its parameters.
   */
  configWith(values: Config): Config {
    const { definition, config, id } = this
    const changed = checkedConfig(definition, { ...config, ...values }, id)
    const [before, after] = [definition.slots(config), definition.slots(changed)]
    if (isSameJson(before, after)) return changed
    throw new GradstreamError('INVALID_CONFIG', {
      place: id,
      expected: 'values with which it remembers the same for each parameter as now',
      got: show(values),
      wayOut: 'Compile the graph with these values from the start.',
    })
  }

  fire(): void {
    const { definition, present: config, context, parameters, slots } = this
    for (let i = 0; i < parameters.length; i++) {
      const { version } = parameters[i] as LiveParameter
      const { latest } = version
      // Beside the value and the slots, in their own record: to copy them into another takes as long as a small update.
      latest.gradient = (slots[i] as Slot).tensor
      version.lend()
      version.stage(definition.update(latest, config, context))
    }
  }
}

/** Waits for the loss, and in training sends back the gradient of the loss by itself: 1. */
class BackwardStart extends Unit {
  readonly place: string
  readonly gradient: Wire
  private readonly engine: Engine
  private readonly starts: boolean
  private readonly one: Tensor

  constructor(engine: Engine, id: string, starts: boolean) {
    super(engine.queue)
    this.place = `${id} start of backward`
    this.gradient = new Wire(engine, `${id}.backward$`)
    this.engine = engine
    this.starts = starts
    this.one = engine.kernels.tensor([], [1])
    this.expect(1)
  }

  fire(pass: number): void {
    if (this.starts && this.engine.mode === 'train') this.gradient.emit(pass, this.one)
  }
}
