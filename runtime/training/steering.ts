/** Controls a run: commands, hyper-parameters, the speed limit. */
import {
  asRecords,
  type Config,
  check,
  checkedAt,
  didYouMean,
  GradstreamError,
  listOf,
  show,
} from '../../core/index.ts'
import type { LiveOptimizer } from '../engine/live-optimizer.ts'
import { type Command, commandOf } from './commands.ts'
import type { Publisher } from './publisher.ts'
import type { Run } from './run.ts'
import type { RunState, RunStatus } from './run-state.ts'

export class Steering {
  private readonly run: Run<RunState>
  private readonly publisher: Publisher
  private readonly optimizers: readonly LiveOptimizer[]
  /** The revision in which a hyper-parameter last changed, by `node.name`. */
  private readonly changed = new Map<string, number>()

  constructor(run: Run<RunState>, publisher: Publisher, optimizers: readonly LiveOptimizer[]) {
    this.run = run
    this.publisher = publisher
    this.optimizers = optimizers
  }

  /** Changes hyper-parameters of an optimizer, in the queue of requests. */
  async set(node: string, values: Config, revision?: number): Promise<RunState> {
    // Check now, so that the caller gets the error, and again when the request's turn comes.
    checkedAt('trainer.set', 'INVALID_OPTION', () => {
      check.byName({ values })
      if (revision !== undefined) check.nonNegativeInteger({ revision })
    })
    this.optimizer(node).configWith(values)
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
      if (command.type === 'set') this.optimizer(command.node).configWith(command.values)
    } catch (thrown) {
      throw this.refused(isCommand(given) ? given : undefined, author, thrown)
    }
    return this.run.ask(() => {
      try {
        this.perform(command)
      } catch (thrown) {
        throw this.refused(command, author, thrown)
      }
      this.report(command, author)
      return this.publisher.state
    })
  }

  /** Reports a command that was refused before it came here; undefined if it was not a command. */
  refuse(command: Command | undefined, author: string, error: GradstreamError): void {
    this.report(command, author, error)
  }

  private refused(command: Command | undefined, author: string, thrown: unknown): GradstreamError {
    const error = errorOf(thrown)
    this.report(command, author, error)
    return error
  }

  private report(command: Command | undefined, author: string, error?: GradstreamError): void {
    const { publisher } = this
    const event = {
      type: 'command',
      ...publisher.at(),
      command: command ?? { type: 'invalid' },
      author,
    } as const
    publisher.event(error ? { ...event, error: error.toJSON() } : event)
  }

  private perform(command: Command): void {
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
        throw new GradstreamError('NOT_AVAILABLE', {
          place: 'command "checkpoint"',
          expected: 'a trainer that keeps checkpoints',
          got: 'one that does not',
          hint: 'There are no checkpoints yet.',
        })
      default:
        command satisfies never
    }
  }

  private setNow(node: string, values: Config, revision = Number.POSITIVE_INFINITY): void {
    const { publisher, changed } = this
    if (Object.keys(values).length === 0) return
    const optimizer = this.optimizer(node)
    const stale = Object.keys(values).find(name => (changed.get(`${node}.${name}`) ?? 0) > revision)
    if (stale !== undefined) {
      throw new GradstreamError('REVISION_CONFLICT', {
        place: `trainer.set: ${node}`,
        expected: `${stale} as it was in revision ${revision}`,
        got: `${show(optimizer.config[stale])}, set in revision ${changed.get(`${node}.${stale}`)}`,
      })
    }
    optimizer.config = optimizer.configWith(values)
    const next = publisher.state.revision + 1
    for (const name of Object.keys(values)) changed.set(`${node}.${name}`, next)
    publisher.change(state => {
      state.revision = next
      state.hyperparameters[node] = asRecords(optimizer.config)
    })
  }

  private setPaceNow(stepsPerSecond: number | null): void {
    this.run.setStepsPerSecond(stepsPerSecond)
    this.publisher.change(state => {
      state.stepsPerSecond = stepsPerSecond
    })
  }

  private optimizer(node: string): LiveOptimizer {
    const found = this.optimizers.find(({ id }) => id === node)
    if (found) return found
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'trainer.set',
      expected: `an optimizer: ${listOf(this.optimizers.map(({ id }) => id))}`,
      got: show(node),
      ...didYouMean(
        node,
        this.optimizers.map(({ id }) => id),
      ),
    })
  }
}

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
