/** The hyper-parameters of an optimizer, or of a link before or behind it, while a model lives. */
import {
  type Config,
  check,
  checkedAt,
  checkedConfig,
  configAt,
  type Followed,
  GradstreamError,
  isPlateau,
  isSchedule,
  type NodeDefinition,
  type Plateau,
  plateauAfter,
  plateauOf,
  type ResolvedNode,
  recordOf,
  type Schedule,
  show,
} from '../../core/index.ts'
import type { Stage } from './stage.ts'

/** A number that changed this many steps ago or fewer changes often: not worth recording steps in between. */
const OFTEN = 16

/** Where hyper-parameters stand, as plain data. */
export interface SavedSettings {
  readonly present: Config
  /** Where the schedules stand that watch figures of the epochs. */
  readonly plateaus: Readonly<Record<string, Plateau>>
}

/** Hyper-parameters: numbers that may be set between two steps, or follow schedules and streams. */
export class LiveSettings {
  readonly id: string
  readonly resolved: ResolvedNode
  protected readonly stage: Stage
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

  constructor(stage: Stage, resolved: ResolvedNode) {
    this.id = resolved.id
    this.resolved = resolved
    this.stage = stage
    this.written = resolved.config
    this.present = this.begun(1)
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
    this.stage.finish()
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
    this.stage.finish()
    const next = this.stage.step + 1
    this.written = this.configWith({ [name]: value })
    this.present = this.numbersAt(next)
    if (!this.isGivenOften) this.stage.changed()
    this.isGivenOften ||= this.given < next && next - this.given <= OFTEN
    this.given = next
  }

  save(): SavedSettings {
    return { present: this.present, plateaus: recordOf(this.plateaus) }
  }

  load({ present, plateaus }: SavedSettings): void {
    this.stage.finish()
    for (const [name, plateau] of Object.entries(plateaus)) this.plateaus.set(name, plateau)
    // Between two steps, they are the numbers of the last one.
    this.present = { ...this.numbersAt(this.stage.step + 1), ...present }
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
    const { written: config, id } = this
    const { definition } = this.resolved
    const own = checkedAt(id, 'INVALID_CONFIG', () => check.options(values))
    const changed = checkedConfig(definition, { ...config, ...own }, id)
    if (this.keeps(config, changed)) return changed
    throw new GradstreamError('INVALID_CONFIG', {
      place: id,
      expected: 'values that keep the slots of each parameter, and the steps of an update',
      got: show(values),
      hint: 'Compile the graph with these values from the start.',
    })
  }

  /** Whether other values leave alone what cannot change while a model lives: how many steps an update is made of. */
  protected keeps(before: Config, after: Config): boolean {
    return stepsOf(this.resolved, before) === stepsOf(this.resolved, after)
  }
}

/** How many steps of one update a link makes. */
export const stepsOf = ({ definition }: ResolvedNode, config: Config): number =>
  (definition as NodeDefinition).every?.(config) ?? 1
