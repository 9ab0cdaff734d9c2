/** Controls a run: commands, hyper-parameters, the speed limit. */
import { isObservable, type Observable, Subscription } from 'rxjs'
import {
  asRecords,
  attempt,
  CheckFailed,
  type Config,
  check,
  checkedAt,
  didYouMeanName,
  entriesOf,
  GradstreamError,
  isPlateau,
  listOf,
  recordOf,
  type Scheduled,
  scaled,
  show,
} from '../../core/index.ts'
import type { LiveSettings } from '../engine/live-settings.ts'
import { type Command, commandOf } from './commands.ts'
import type { Metrics, TrainerEvent } from './events.ts'
import { Following } from './following.ts'
import { demandFigure } from './monitor.ts'
import { Notes } from './notes.ts'
import type { Publisher } from './publisher.ts'
import type { Run } from './run.ts'
import type { RunState, RunStatus } from './run-state.ts'

/** How a graph may be edited. */
export const EDITABLE =
  'Say so when you open the bridge: openBridge(trainer, { edit: graph => createTrainer(compile(graph), { data }) }).'

type CommandEvent = Extract<TrainerEvent, { type: 'command' }>

export class Steering {
  private readonly run: Run<RunState>
  private readonly publisher: Publisher
  private readonly tuned: readonly LiveSettings[]
  /** The revision in which a hyper-parameter last changed, by `node.name`. */
  private readonly changed = new Map<string, number>()
  private readonly figures: readonly string[]
  private readonly warn: (error: GradstreamError) => void
  private readonly checkpoint: () => void
  private readonly notes: Notes
  /** To the streams that hyper-parameters follow. */
  private readonly subscriptions = new Subscription()

  /** `figures` are the names of the figures of an epoch; `warn` reports what does not end the run. */
  constructor(
    run: Run<RunState>,
    publisher: Publisher,
    tuned: readonly LiveSettings[],
    figures: readonly string[],
    warn: (error: GradstreamError) => void,
    checkpoint: () => void,
  ) {
    this.checkpoint = checkpoint
    this.notes = new Notes(publisher)
    this.run = run
    this.publisher = publisher
    this.tuned = tuned
    this.figures = figures
    this.warn = warn
    for (const { id, follows } of tuned) this.demandMonitors(`createTrainer: ${id}`, follows)
  }

  /** Changes hyper-parameters of an optimizer or a link, in the queue of requests. */
  async set(node: string, values: Config, revision?: number): Promise<RunState> {
    // Check now, so that the caller gets the error, and again when the request's turn comes.
    checkedAt('trainer.set', 'INVALID_OPTION', () => {
      if (entriesOf(values) === undefined)
        throw new CheckFailed('values to be an object with a value for each name', show(values), {
          option: 'values',
          hint: `Write trainer.set('${this.tuned[0]?.id ?? 'sgd1'}', { learningRate: 0.1 }).`,
        })
      if (revision !== undefined) check.nonNegativeInteger({ revision })
    })
    this.parted(node, values)
    return this.run.ask(() => {
      this.setNow(node, values, revision)
      return this.publisher.state
    })
  }

  setStepsPerSecond(stepsPerSecond: number | null): void {
    if (stepsPerSecond !== null)
      checkedAt('trainer.setStepsPerSecond', 'INVALID_OPTION', () => check.positiveNumber({ stepsPerSecond }))
    void this.run.ask(() => this.setPaceNow(stepsPerSecond))
  }

  /** Carries out a command in the queue of requests, and reports the outcome as an event. */
  async send(given: unknown, author: string): Promise<RunState> {
    let command: Command
    try {
      command = commandOf(given)
      if (command.type === 'set') this.tunedAt(command.node).configWith(command.values)
      if (command.type === 'setAll')
        for (const [node, values] of Object.entries(command.values)) this.tunedAt(node).configWith(values)
    } catch (thrown) {
      throw this.refused(isCommand(given) ? given : undefined, author, thrown)
    }
    return this.run.ask(() => {
      const before = command.type === 'set' ? this.presentOf(command) : undefined
      try {
        this.perform(command, author)
      } catch (thrown) {
        throw this.refused(command, author, thrown)
      }
      this.report(command, author, { ...(before && { before }) })
      return this.publisher.state
    })
  }

  /** Reports a command that was refused before it came here; undefined if it was not a command. */
  refuse(command: Command | undefined, author: string, error: GradstreamError): void {
    this.report(command, author, { error: error.toJSON() })
  }

  /** Reports a command that was carried out elsewhere. */
  tellOf(command: Command, author: string): void {
    this.report(command, author, {})
  }

  private refused(command: Command | undefined, author: string, thrown: unknown): GradstreamError {
    const error = errorOf(thrown)
    this.report(command, author, { error: error.toJSON() })
    return error
  }

  private report(
    command: Command | undefined,
    author: string,
    outcome: Pick<CommandEvent, 'before' | 'error'>,
  ): void {
    const { publisher } = this
    publisher.event({
      type: 'command',
      ...publisher.at(),
      command: command ?? { type: 'invalid' },
      author,
      ...outcome,
    })
  }

  /** The present values of what a command sets. */
  private presentOf({ node, values }: Extract<Command, { type: 'set' }>): Config {
    const { config } = this.tunedAt(node)
    return recordOf(Object.keys(values).map(name => [name, config[name]] as const))
  }

  private perform(command: Command, author: string): void {
    const { run } = this
    const demand = (...statuses: RunStatus[]) => {
      if (statuses.includes(run.status)) return
      throw new GradstreamError('NOT_AVAILABLE', {
        place: `command "${command.type}"`,
        expected: `a run that is ${statuses.join(' or ')}`,
        got: `one that is ${run.status}`,
      })
    }
    switch (command.type) {
      case 'set':
        this.setNow(command.node, command.values, command.revision)
        break
      case 'setAll':
        this.setAllNow(Object.entries(command.values), command.revision)
        break
      case 'stepsPerSecond':
        this.setPaceNow(command.stepsPerSecond)
        break
      case 'start':
        demand('idle', 'stopped', 'finished', 'failed')
        run.start()
        break
      case 'step':
        run.addSteps(command.count ?? 1)
        break
      case 'resume':
        demand('paused')
        run.resume()
        break
      case 'pause':
        demand('running')
        run.pause()
        break
      case 'stop':
        demand('running', 'paused')
        run.stop()
        break
      case 'checkpoint':
        this.checkpoint()
        break
      case 'note':
        this.notes.add(command.text, author, command.step)
        break
      case 'deleteNote':
        this.notes.delete(command.id)
        break
      case 'edit':
        throw new GradstreamError('NOT_AVAILABLE', {
          place: 'command "edit"',
          expected: 'a bridge that knows how a trainer is made of a graph',
          got: 'a trainer alone',
          hint: EDITABLE,
        })
      default:
        command satisfies never
    }
  }

  private setNow(node: string, values: Config, revision?: number): void {
    this.setAllNow([[node, values]], revision)
  }

  /** All of it, or after a throw none. */
  private setAllNow(
    values: readonly (readonly [node: string, values: Config])[],
    revision = Number.POSITIVE_INFINITY,
  ): void {
    const { publisher, changed } = this
    const changes = values
      .filter(([, own]) => Object.keys(own).length > 0)
      .map(([node, own]) => ({ node, names: Object.keys(own), ...this.parted(node, own) }))
    if (changes.length === 0) return
    if (changes.some(({ streams }) => streams.length > 0)) this.run.demandUsable()
    for (const { node, names, settings } of changes) {
      const stale = names.find(name => (changed.get(`${node}.${name}`) ?? 0) > revision)
      if (stale === undefined) continue
      throw new GradstreamError('REVISION_CONFLICT', {
        place: `trainer.set: ${node}`,
        expected: `${stale} as it was in revision ${revision}`,
        got: `${show(settings.config[stale])}, set in revision ${changed.get(`${node}.${stale}`)}`,
      })
    }
    const next = publisher.state.revision + 1
    for (const { node, names, settings, plain, streams } of changes) {
      settings.set(plain)
      const started = streams.map(([name, stream$]) => [this.following(settings, name), stream$] as const)
      for (const name of names) changed.set(`${node}.${name}`, next)
      this.note(settings, next)
      for (const [following, stream$] of started) following.start(stream$)
    }
  }

  private following(settings: LiveSettings, name: string): Following {
    const { publisher, subscriptions } = this
    const following = new Following(settings, name, {
      ask: handle => void this.run.ask(handle),
      onTaken: () => publisher.touch(),
      onRefused: this.warn,
      onEnded: error => {
        if (error) this.warn(error)
        this.note(settings)
        publisher.event({ type: 'released', ...publisher.at(), node: settings.id, name })
      },
    })
    subscriptions.add(following.subscription)
    return following
  }

  /** Stores in the state the hyper-parameters of an optimizer or a link, and what they follow. */
  private note({ id, config, follows }: LiveSettings, revision = this.publisher.state.revision): void {
    this.publisher.change(state => {
      state.revision = revision
      state.hyperparameters[id] = asRecords(config)
      state.follows[id] = asRecords(follows)
    })
  }

  /** Tells optimizers and links the figures of an epoch, which some schedules watch. */
  tell(figures: Metrics): void {
    for (const settings of this.tuned) settings.tell(figures)
  }

  /** The revision in which each hyper-parameter last changed. */
  save(): readonly (readonly [name: string, revision: number])[] {
    return [...this.changed]
  }

  load(changed: readonly (readonly [name: string, revision: number])[]): void {
    for (const [name, revision] of changed) this.changed.set(name, revision)
  }

  /** Multiplies all learning rates, except those that a stream gives. Tells in words what they are now. */
  scaleLearningRates(factor: number): string[] {
    return this.tuned.flatMap(optimizer => {
      const { id, settings, config, follows } = optimizer
      const { learningRate } = config
      if (typeof learningRate !== 'number' || follows.learningRate === 'stream') return []
      optimizer.set({ learningRate: scaled(settings.learningRate as Scheduled, factor, learningRate) })
      this.note(optimizer, this.publisher.state.revision + 1)
      this.changed.set(`${id}.learningRate`, this.publisher.state.revision)
      return [`${id}.learningRate ${Number((optimizer.config.learningRate as number).toPrecision(4))}`]
    })
  }

  /** Ends the subscriptions to streams. */
  dispose(): void {
    const released = this.tuned.filter(({ follows }) => Object.values(follows).includes('stream'))
    this.subscriptions.unsubscribe()
    for (const settings of released) this.note(settings)
  }

  /**
   * Values with the streams among them apart.
   *
   * @throws GradstreamError `UNKNOWN_NAME`, `INVALID_CONFIG`
   */
  private parted(node: string, values: Config) {
    const settings = this.tunedAt(node)
    const entries = entriesOf<unknown>(values) ?? []
    const streams = entries.filter(isStreamEntry)
    const plain = streams.length === 0 ? values : recordOf(entries.filter(entry => !isStreamEntry(entry)))
    const config = settings.configWith(plain)
    this.demandMonitors(`trainer.set: ${node}`, config)
    for (const [name] of streams) {
      if (!Object.hasOwn(config, name)) settings.configWith({ [name]: 0 })
      if (typeof settings.config[name] === 'number') continue
      throw new GradstreamError('INVALID_CONFIG', {
        place: node,
        expected: `${name} to be a number, since only numbers can follow a stream`,
        got: show(settings.config[name]),
        hint: `Subscribe to the stream, and call trainer.set('${node}', { ${name} }).`,
      })
    }
    return { settings, plain, streams }
  }

  /** Checks that there are the figures that schedules watch. */
  private demandMonitors(place: string, config: Config): void {
    for (const [name, value] of Object.entries(config))
      if (isPlateau(value) && value.monitor !== null)
        demandFigure(`${place}, ${name}: monitor`, value.monitor, this.figures)
  }

  private setPaceNow(stepsPerSecond: number | null): void {
    this.run.setStepsPerSecond(stepsPerSecond)
    this.publisher.change(state => {
      state.stepsPerSecond = stepsPerSecond
    })
  }

  private tunedAt(node: string): LiveSettings {
    const found = this.tuned.find(({ id }) => id === node)
    if (found) return found
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'trainer.set',
      expected: `an optimizer or a link: ${listOf(this.tuned.map(({ id }) => id))}`,
      got: show(node),
      ...didYouMeanName(
        node,
        this.tuned.map(({ id }) => id),
      ),
    })
  }
}

const isStreamEntry = (entry: readonly [string, unknown]): entry is [string, Observable<unknown>] =>
  attempt(() => isObservable(entry[1])) === true

/** Whether it is a command, even if it cannot be carried out. */
function isCommand(given: unknown): given is Command {
  try {
    commandOf(given)
    return true
  } catch {
    return false
  }
}

function errorOf(thrown: unknown): GradstreamError {
  if (thrown instanceof GradstreamError) return thrown
  return new GradstreamError('NODE_FAILED', {
    place: 'trainer.send',
    expected: 'a command that can be carried out',
    got: `"${show(thrown)}"`,
    hint: 'See the cause.',
    cause: thrown,
  })
}
