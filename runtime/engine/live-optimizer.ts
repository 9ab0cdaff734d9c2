/** An optimizer while a model lives: it starts the backward pass, and turns gradients into updates. */
import {
  type Config,
  check,
  checkedAt,
  checkedConfig,
  configAt,
  type Followed,
  GradstreamError,
  isPlateau,
  isSameJson,
  isSchedule,
  type NodeDefinition,
  type OptimizerDefinition,
  type Plateau,
  plateauAfter,
  plateauOf,
  type ResolvedNode,
  recordOf,
  type Schedule,
  show,
  sizeOf,
  slotsFor,
  type Tensor,
  type Tensors,
  type UpdateContext,
  type WeightLink,
  type Wire,
} from '../../core/index.ts'
import { BackwardStart } from './backward-start.ts'
import { Gathering, type LiveLink } from './gathering.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { Stage } from './stage.ts'
import { type Slot, Unit } from './unit.ts'

/** A number that changed this many steps ago or fewer changes often: not worth recording steps in between. */
const OFTEN = 16

/** Starts the backward pass, and stages the next value of each of its parameters as soon as the gradient is there. */
export class LiveOptimizer {
  readonly id: string
  readonly resolved: ResolvedNode
  readonly parameters: readonly LiveParameter[]
  readonly start: BackwardStart
  /** Changes the gradients of all parameters, where there are links. */
  readonly gathering: Gathering | undefined
  readonly updates: readonly Update[]
  /** The links behind it. */
  readonly behind: readonly WeightLink[]
  private readonly definition: OptimizerDefinition
  private readonly stage: Stage
  /** Its hyper-parameters as they were written, schedules among them, and as numbers of the present step. */
  private written: Config
  private present: Config
  /** Whether one of the schedules counts steps. */
  private isStepwise = false
  /** Where the schedules stand that watch figures of the epochs. */
  private readonly plateaus = new Map<string, Plateau>()
  /** What ends the streams that some of the numbers follow. */
  private readonly streams = new Map<string, () => void>()
  /** The step for which a stream last gave a number, and whether such numbers come often. */
  private given = Number.NEGATIVE_INFINITY
  private isGivenOften = false

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
    behind: readonly WeightLink[],
  ) {
    this.behind = behind
    this.id = resolved.id
    this.resolved = resolved
    this.definition = resolved.definition as OptimizerDefinition
    this.stage = stage
    this.written = resolved.config
    this.present = this.begun(1)
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
    const every = links.reduce((steps, { link }) => steps * stepsOf(link), 1)
    this.gathering = links.length > 0 ? new Gathering(stage, resolved.id, parameters, links) : undefined
    this.updates = parameters.map((parameter, i) => {
      const gradient = this.gathering?.wires[i] ?? parameter.gradient
      return new Update(stage, this, parameter, context, gradient, every)
    })
    for (const parameter of parameters) {
      parameter.claimed = true
      const taking = behind.filter(({ takes }) => takes.has(parameter.key))
      for (const { name, shape, value } of slotsFor(this.definition, this.config, parameter.shape))
        parameter.version.add(name, shape, new Float64Array(sizeOf(shape)).fill(value))
      if (every > 1)
        parameter.version.add(ACCUMULATED, parameter.shape, new Float64Array(sizeOf(parameter.shape)))
      for (const { node, definition } of taking)
        for (const copy of definition.copies) parameter.keepCopy(copyName(node, copy))
      const average = taking.find(({ definition }) => definition.evaluated !== undefined)
      if (average) parameter.average = copyName(average.node, average.definition.evaluated as string)
    }
  }

  /** Its hyper-parameters, which may change between two steps. */
  get config(): Config {
    return this.present
  }

  /** The same as they were written, schedules among them. */
  get settings(): Config {
    return this.written
  }

  /** What some of them follow, by name. */
  get follows(): Readonly<Record<string, Followed>> {
    const schedules = Object.entries(this.written).filter((entry): entry is [string, Schedule] =>
      isSchedule(entry[1]),
    )
    return recordOf<Followed>([
      ...schedules,
      ...[...this.streams.keys()].map(name => [name, 'stream'] as const),
    ])
  }

  /** Whether they are other numbers in almost every step, as most schedules give. */
  get varies(): boolean {
    return this.isGivenOften || this.isStepwise
  }

  /**
   * Takes other values for some of them, schedules among them, for the next step. Streams that gave these end.
   *
   * @throws GradstreamError as `configWith` does
   */
  set(values: Config): void {
    this.written = this.configWith(values)
    for (const name of Object.keys(values)) {
      this.plateaus.delete(name)
      this.release(name)
    }
    this.present = this.begun(this.stage.step + 1)
    this.stage.changed()
  }

  /** Lets a number follow a stream, which calls `take`; `end` is called when something else takes its place. */
  follow(name: string, end: () => void): void {
    this.set({ [name]: this.present[name] })
    this.streams.set(name, end)
  }

  /** A number no longer follows its stream. */
  release(name: string): void {
    const end = this.streams.get(name)
    this.streams.delete(name)
    end?.()
  }

  /** Takes the number that a stream gives, for the next step. */
  take(name: string, value: number): void {
    const next = this.stage.step + 1
    this.written = this.configWith({ [name]: value })
    this.present = this.numbersAt(next)
    if (!this.isGivenOften) this.stage.changed()
    this.isGivenOften ||= this.given < next && next - this.given <= OFTEN
    this.given = next
  }

  /** Where the schedules stand that watch figures of the epochs. */
  save(): Readonly<Record<string, Plateau>> {
    return recordOf(this.plateaus)
  }

  load(plateaus: Readonly<Record<string, Plateau>>): void {
    for (const [name, plateau] of Object.entries(plateaus)) this.plateaus.set(name, plateau)
    this.present = this.numbersAt(this.stage.step + 1)
    this.stage.changed()
  }

  /** Takes the figures of an epoch, which some schedules watch. */
  tell(figures: Readonly<Record<string, number>>): void {
    for (const [name, plateau] of this.plateaus) {
      const schedule = this.written[name]
      if (!isPlateau(schedule)) continue
      const { validationLoss, loss = Number.NaN } = figures
      const figure = schedule.monitor === null ? (validationLoss ?? loss) : figures[schedule.monitor]
      const next = plateauAfter(schedule, plateau, figure ?? Number.NaN)
      this.plateaus.set(name, next)
      if (next.value === plateau.value) continue
      this.present = this.numbersAt(this.stage.step + 1)
      this.stage.changed()
    }
  }

  /** Takes the numbers that its schedules have in a step. */
  enter(step: number): void {
    if (this.isGivenOften && step - this.given > OFTEN) {
      this.isGivenOften = false
      this.stage.changed()
    }
    if (this.isStepwise) this.present = this.numbersAt(step)
  }

  /** The numbers of a step, after schedules may have come or gone. */
  private begun(step: number): Config {
    const { written, plateaus } = this
    for (const [name, value] of Object.entries(written))
      if (isPlateau(value) && !plateaus.has(name)) plateaus.set(name, plateauOf(value))
    this.isStepwise = Object.values(written).some(value => isSchedule(value) && !isPlateau(value))
    return this.numbersAt(step)
  }

  private numbersAt(step: number): Config {
    const numbers = configAt(this.written, step)
    if (this.plateaus.size === 0) return numbers
    return { ...numbers, ...recordOf([...this.plateaus].map(([name, { value }]) => [name, value])) }
  }

  /**
   * Its config with other values for some options, checked by its own rules.
   *
   * @throws GradstreamError `INVALID_CONFIG`, also where it would have to remember something else for its parameters.
   */
  configWith(values: Config): Config {
    const { definition, written: config, id } = this
    const own = checkedAt(id, 'INVALID_CONFIG', () => check.options(values))
    const changed = checkedConfig(definition, { ...config, ...own }, id)
    const slotsWith = (own: Config) => this.parameters.map(({ shape }) => slotsFor(definition, own, shape))
    if (isSameJson(slotsWith(config), slotsWith(changed))) return changed
    throw new GradstreamError('INVALID_CONFIG', {
      place: id,
      expected: 'values that keep the slots of each parameter',
      got: show(values),
      hint: 'Compile the graph with these values from the start.',
    })
  }
}

/** The slot that sums gradients where an update is made of several steps; no optimizer can have one of this name. */
const ACCUMULATED = 'gradient sum'

/** What a link keeps of a parameter, beside the slots of the optimizer: no slot has a dot in its name. */
const copyName = ({ id }: ResolvedNode, copy: string) => `${id}.${copy}`

const stepsOf = ({ definition, config }: ResolvedNode): number =>
  (definition as NodeDefinition).every?.(config) ?? 1

/** Waits for the gradient of one parameter, and stages its next value while the gradient is still in the cache. */
class Update extends Unit {
  readonly place: string
  private readonly stage: Stage
  private readonly optimizer: LiveOptimizer
  private readonly definition: OptimizerDefinition
  private readonly parameter: LiveParameter
  private readonly context: UpdateContext
  private readonly every: number
  private readonly links: readonly WeightLink[]

  constructor(
    stage: Stage,
    optimizer: LiveOptimizer,
    parameter: LiveParameter,
    context: UpdateContext,
    gradient: Wire,
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
    this.expect(1)
    this.connect(gradient)
  }

  fire(): void {
    if (this.parameter.frozen) return
    const gradient = (this.slots[0] as Slot).tensor
    const work = () => this.update(gradient)
    // A recorded step keeps the numbers that it was recorded with, and a schedule has others in each step.
    if (this.optimizer.varies) this.stage.unrecorded(work)
    else work()
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
    for (const { node, definition } of this.links) {
      const { copies } = definition
      const value = made.value as Tensor
      const weights: Tensors = { value }
      for (const copy of copies) weights[copy] = latest[copyName(node, copy)] as Tensor
      const next = definition.update(weights, node.config, context)
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
    const updates = k.floor(count)
    const isDue = k.equal(count, updates)
    const sum = k.add(latest[ACCUMULATED] as Tensor, latest.gradient as Tensor)
    const own = {
      kernels: k,
      // Only looked at when it is due.
      iteration: k.maximum(updates, 1),
      get step() {
        return Math.max(Math.floor(context.step / every), 1)
      },
    }
    const made = this.updated({ ...latest, gradient: k.scale(sum, 1 / every) }, config, own)
    const next = Object.entries(made).map(([name, tensor]) => [
      name,
      tensor && k.where(isDue, tensor, latest[name] as Tensor),
    ])
    return { ...Object.fromEntries(next), [ACCUMULATED]: k.where(isDue, 0, sum) }
  }
}
