/** An optimizer while a model lives: it starts the backward pass, and turns gradients into updates. */
import {
  type Config,
  isSameJson,
  type OptimizerDefinition,
  type ResolvedNode,
  type Shape,
  sizeOf,
  slotsFor,
  type Tensor,
  type Tensors,
  type UpdateContext,
  type WeightLink,
  type Wire,
} from '../../core/index.ts'
import { BackwardStart } from './backward-start.ts'
import { ACCUMULATED, Gathering, type LiveLink, updatesOf } from './gathering.ts'
import type { LiveParameter } from './live-parameter.ts'
import { LiveSettings } from './live-settings.ts'
import type { Stage } from './stage.ts'
import { type Slot, Unit } from './unit.ts'

/** A link behind it, with its hyper-parameters. */
export interface LiveWeightLink extends WeightLink {
  readonly settings: LiveSettings
}

/** Starts the backward pass, and stages the next value of each of its parameters as soon as the gradient is there. */
export class LiveOptimizer extends LiveSettings {
  readonly parameters: readonly LiveParameter[]
  readonly start: BackwardStart
  /** Changes the gradients of all parameters, where there are links. */
  readonly gathering: Gathering | undefined
  readonly updates: readonly Update[]
  /** The links behind it. */
  readonly behind: readonly LiveWeightLink[]

  /**
   * `starts` is false for a second optimizer of the same loss, since the backward pass begins once; `links` change the gradients before
   * it gets them, those `behind` the values that it makes.
   */
  constructor(
    stage: Stage,
    resolved: ResolvedNode,
    parameters: readonly LiveParameter[],
    starts: boolean,
    links: readonly LiveLink[],
    behind: readonly LiveWeightLink[],
  ) {
    super(stage, resolved)
    this.behind = behind
    this.parameters = parameters
    const context: UpdateContext = {
      kernels: stage.kernels,
      get step() {
        stage.varies()
        return stage.step
      },
      get iteration() {
        return stage.iteration
      },
    }
    this.start = new BackwardStart(stage, resolved.id, starts)
    this.gathering = links.length > 0 ? new Gathering(stage, resolved.id, parameters, links) : undefined
    const every = this.gathering?.every ?? 1
    this.updates = parameters.map((parameter, i) => {
      const { wires = [], sums = [] } = this.gathering ?? {}
      const gradients = [wires[i] ?? parameter.gradient, sums[i]].filter(wire => wire !== undefined)
      return new Update(stage, this, parameter, context, gradients, every)
    })
    for (const parameter of parameters) {
      parameter.claimed = true
      const taking = behind.filter(({ takes }) => takes.has(parameter.key))
      for (const { name, shape, value } of this.slotsOf(this.config, parameter.shape))
        parameter.version.add(name, shape, new Float64Array(sizeOf(shape)).fill(value))
      if (every > 1)
        parameter.version.add(ACCUMULATED, parameter.shape, new Float64Array(sizeOf(parameter.shape)))
      for (const { node, definition } of taking)
        for (const copy of definition.copies) parameter.keepCopy(copyName(node, copy))
      const average = taking.find(({ definition }) => definition.evaluated !== undefined)
      if (average) parameter.average = copyName(average.node, average.definition.evaluated as string)
    }
  }

  /** It remembers the same for its parameters. */
  protected override keeps(before: Config, after: Config): boolean {
    const slotsWith = (config: Config) => this.parameters.map(({ shape }) => this.slotsOf(config, shape))
    return isSameJson(slotsWith(before), slotsWith(after))
  }

  private slotsOf(config: Config, shape: Shape) {
    return slotsFor(this.resolved.definition as OptimizerDefinition, config, shape)
  }
}

/** What a link keeps of a parameter, beside the slots of the optimizer: no slot has a dot in its name. */
const copyName = ({ id }: ResolvedNode, copy: string) => `${id}.${copy}`

/** Waits for the gradient of one parameter, and stages its next value while the gradient is still in the cache. */
class Update extends Unit {
  readonly place: string
  private readonly stage: Stage
  private readonly optimizer: LiveOptimizer
  private readonly definition: OptimizerDefinition
  private readonly parameter: LiveParameter
  private readonly context: UpdateContext
  private readonly every: number
  private readonly links: readonly LiveWeightLink[]

  constructor(
    stage: Stage,
    optimizer: LiveOptimizer,
    parameter: LiveParameter,
    context: UpdateContext,
    gradients: readonly Wire[],
    every: number,
  ) {
    super(stage.queue)
    this.every = every
    this.links = optimizer.behind.filter(({ takes }) => takes.has(parameter.key))
    this.place = `${optimizer.id} update`
    this.stage = stage
    this.optimizer = optimizer
    this.definition = optimizer.resolved.definition as OptimizerDefinition
    this.parameter = parameter
    this.context = context
    this.expect(gradients.length)
    for (const wire of gradients) this.connect(wire)
  }

  fire(): void {
    if (this.parameter.frozen) return
    const gradient = (this.slots[0] as Slot).tensor
    const work = () => this.update(gradient)
    // A recorded step keeps the numbers that it was recorded with, and a schedule has others in each step.
    if (this.varies) this.stage.unrecorded(work)
    else work()
  }

  private get varies(): boolean {
    return this.optimizer.varies || this.links.some(({ settings }) => settings.varies)
  }

  private update(gradient: Tensor): void {
    const { version } = this.parameter
    const { latest } = version
    // Beside the value and the slots, in their own record: to copy them into another takes as long as a small update.
    latest.gradient = gradient
    version.lend()
    const { config } = this.optimizer
    const made =
      this.every === 1 ? this.updated(latest, config, this.context) : this.accumulated(latest, config)
    this.stage.kernels.close()
    version.stage(made)
  }

  /** What the optimizer makes of the value and its slots, and then each link of that value and its copies. */
  private updated(latest: Tensors, config: Config, context: UpdateContext): Tensors {
    let made = this.definition.update(latest, config, context)
    for (const { node, definition, settings } of this.links) {
      const { copies } = definition
      const value = made.value as Tensor
      const weights: Tensors = { value }
      for (const copy of copies) weights[copy] = latest[copyName(node, copy)] as Tensor
      const next = definition.update(weights, settings.config, context)
      made = { ...made, value: next.value as Tensor }
      for (const copy of copies) made[copyName(node, copy)] = next[copy] as Tensor
    }
    return made
  }

  /** The next value and slots where an update is made of several steps: in all but the last of them, the sum of gradients alone grows. */
  private accumulated(latest: Tensors, config: Config): Tensors {
    const { every, context } = this
    const { kernels: k, iteration } = context
    const count = k.div(iteration, every)
    const isDue = k.equal(count, k.floor(count))
    const { tensor: sum } = this.slots[1] as Slot
    const made = this.updated(latest, config, updatesOf(context, every))
    const next = Object.entries(made).map(([name, tensor]) => [
      name,
      tensor && k.where(isDue, tensor, latest[name] as Tensor),
    ])
    return { ...Object.fromEntries(next), [ACCUMULATED]: k.where(isDue, 0, sum) }
  }
}
