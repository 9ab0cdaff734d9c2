/** The trainer: runs the training of a model, takes commands and reports what happens. */
import type { Observable, SchedulerLike } from 'rxjs'
import {
  attempt,
  CheckFailed,
  type Config,
  check,
  checkedAt,
  EmissionOrder,
  ERRORS,
  GradstreamError,
  show,
  THING,
  type Thing,
  type Warning,
  Warnings,
} from '../../core/index.ts'
import type { DataSource } from '../data/source.ts'
import { demandSameMeaning } from '../data/tables/encoder.ts'
import type { Engine } from '../engine/engine.ts'
import { engineOf, type Model } from '../engine/model.ts'
import { demandBest } from './checkpoint-options.ts'
import { Checkpoints } from './checkpoints.ts'
import type { Command } from './commands.ts'
import { type Done, EpochLoop } from './epoch-loop.ts'
import type { Alarm, TrainerEvent } from './events.ts'
import { Recovery } from './on-non-finite.ts'
import { type LossListener, Publisher } from './publisher.ts'
import { recorded, restore } from './recorded.ts'
import { type Piece, Run } from './run.ts'
import type { Note, RunState } from './run-state.ts'
import type { TrainerSettings } from './settings.ts'
import { Steering } from './steering.ts'
import type { StatePatch } from './store.ts'

/** When a run waits for its data. */
interface Waits {
  /** Since when it has been waiting; undefined while it works or rests. */
  readonly since: number | undefined
  /** Calls `take` whenever it begins to wait, until the returned function is called. */
  listen(take: () => void): () => void
}

const waits = new WeakMap<Trainer, Waits>()

const settled = new WeakMap<Trainer, TrainerSettings>()

/** What a trainer was made with, for the runtime itself. */
export const settingsOf = (trainer: Trainer): TrainerSettings => settled.get(trainer) as TrainerSettings

/** When a run waits for its data, for the runtime itself. */
export const waitsOf = (trainer: Trainer): Waits => waits.get(trainer) as Waits

/** How the bridge replaces a run by another one. */
interface Handover {
  readonly isDisposed: boolean
  /** Reports a command that was carried out elsewhere. */
  tellOf(command: Command, author: string): void
}

const handovers = new WeakMap<Trainer, Handover>()

/** How a run is replaced by another one, for the runtime itself. */
export const handoverOf = (trainer: Trainer): Handover => handovers.get(trainer) as Handover

/** Trains a model. Made by `createTrainer`. */
export class Trainer {
  readonly model: Model
  /** The training data, and the validation data if any. */
  readonly data: DataSource
  readonly validation: DataSource | undefined
  /** The clock of the run. */
  readonly scheduler: SchedulerLike
  /** Everything that happens, as plain events. */
  readonly events$: Observable<TrainerEvent>
  /** The same without single steps, so that subscribing costs nothing while steps run. */
  readonly milestones$: Observable<TrainerEvent>
  /** The current state on subscription, then each new one, at most every `publishTime` while steps run. */
  readonly state$: Observable<RunState>
  /** How each state differs from the previous one: patches, inverse patches, version. */
  readonly patches$: Observable<StatePatch>
  /** Possible mistakes in the graph, the data or the metrics, once each. A late subscriber receives all of them. */
  readonly warnings$: Observable<Warning>
  /** Errors thrown by subscribers of this trainer's and the model's streams. */
  readonly errors$: Observable<GradstreamError>

  /** For error texts. */
  get [THING](): Thing {
    return { kind: 'trainer', words: 'a trainer' }
  }

  private readonly loop: EpochLoop
  private readonly machine: Run<RunState>
  private readonly publisher: Publisher
  private readonly steering: Steering
  private readonly checkpoints: Checkpoints
  /** A run that was over when it was resumed is not run again. */
  private wasOver = false
  private readonly recovery: Recovery

  /** @throws GradstreamError `DATA_MISMATCH`, `TARGET_MISMATCH`, `METRIC_MISMATCH`, `UNKNOWN_NAME`, `INVALID_OPTION` */
  constructor(model: Model, settings: TrainerSettings) {
    const engine = engineOf(model)
    const { data, validation, scheduler, sliceTime, stepsPerSecond, epochs } = settings
    settled.set(this, settings)
    this.model = model
    this.data = data
    this.validation = validation
    this.scheduler = scheduler
    const order = new EmissionOrder()
    const warnings = new Warnings(thrown => engine.report('trainer.warnings$', thrown), order)
    let publisher: Publisher | undefined
    for (const fault of engine.faults) warnings.add(fault)
    this.loop = new EpochLoop(engine, settings, warning => {
      warnings.add(warning)
      publisher?.publishWarnings()
    })
    if (data.encoder && validation?.encoder) {
      demandSameMeaning(data.encoder, validation.encoder, 'createTrainer: validation')
    }
    model.offer(data)
    publisher = new Publisher(engine, model.graph, this.loop, settings, warnings, order)
    this.publisher = publisher
    this.warnings$ = warnings.stream$
    const { events$, milestones$, state$, patches$ } = this.publisher
    this.events$ = events$
    this.milestones$ = milestones$
    this.state$ = state$
    this.patches$ = patches$
    this.errors$ = model.errors$
    const { loop } = this
    const plan = { epochs }
    const waiting = new Set<() => void>()
    this.machine = new Run<RunState>({
      work: {
        get isOver() {
          return loop.epoch >= plan.epochs && !loop.inEpoch
        },
        plan() {
          plan.epochs += epochs
          publisher.change(state => {
            state.epochs = plan.epochs
          })
        },
        advance: () => this.advance(),
        abandon: () => loop.abandon(),
        endSlice: goesOn => {
          // Read the loss before anything else runs through the graph.
          void loop.lastLoss
          if (goesOn) publisher.tick()
          else if (this.machine.status === 'running') publisher.tickInTime()
        },
        failure(thrown) {
          loop.release()
          return advised(failureOf(thrown), engine, model)
        },
      },
      scheduler,
      sliceTime,
      stepsPerSecond,
      onTransition: (transition, { error, reason } = {}) => {
        publisher.transition(transition, error?.toJSON(), reason)
        this.checkpoints.runIs(transition, this.machine.isDisposed)
      },
      answer: () => publisher.state,
      onWait: () => {
        for (const take of waiting) take()
      },
    })
    const { machine } = this
    waits.set(this, {
      get since() {
        return machine.waitingSince
      },
      listen(take) {
        waiting.add(take)
        return () => waiting.delete(take)
      },
    })
    // A warning is reported once, and what ended may begin again.
    const warn = (error: GradstreamError) => {
      const { code, message } = error
      if (warnings.add(error.toJSON())) publisher.publishWarnings()
      else publisher.event({ type: 'alarm', ...publisher.at(), code, message })
    }
    this.steering = new Steering(this.machine, publisher, engine.tuned, loop.figureNames, warn, () =>
      this.checkpoints.writeSoon('command "checkpoint"'),
    )
    const { steering } = this
    handovers.set(this, {
      get isDisposed() {
        return machine.isDisposed
      },
      tellOf: (command, author) => steering.tellOf(command, author),
    })
    const { checkpoints, resumed } = settings
    if (checkpoints) demandBest(checkpoints, this.figures)
    const parts = { engine, settings, loop, publisher, steering: this.steering, plan }
    this.checkpoints = new Checkpoints(checkpoints, {
      model,
      publisher,
      record: best => recorded(parts, best),
      warn,
      isOver: () => loop.epoch >= plan.epochs,
      lastly: () => this.pause().then(() => this.checkpoint()),
      best: resumed?.best,
    })
    this.recovery = new Recovery(settings.onNonFinite, {
      model,
      engine,
      alarm: alarm => this.alarm(alarm),
      scaleLearningRates: factor => this.steering.scaleLearningRates(factor),
    })
    if (!resumed) return
    loop.scalings = model.scalingsFor(data, 'resume')
    restore(parts, resumed.record)
    for (const warning of resumed.warnings) warnings.add(warning)
    this.wasOver = loop.epoch >= plan.epochs && !loop.inEpoch
  }

  private advance(): Piece | Promise<void> {
    const { loop, publisher, model } = this
    if (!loop.inEpoch && !loop.isInStep) {
      // Another trainer may have trained the model meanwhile.
      model.offer(this.data)
      loop.scalings = model.scalingsFor(this.data, 'trainer.run')
      publisher.epochBegins()
    }
    const done = this.attempt()
    if (done === 'step') {
      this.recovery.stepDone()
      publisher.stepDone()
      this.checkpoints.stepDone()
    } else if (done === 'epoch') {
      this.steering.tell(loop.figures)
      publisher.epochDone()
      this.checkpoints.epochDone(loop.epoch, loop.figures)
    }
    return done === 'validation' || done === 'phase' || done === 'skipped' ? 'other' : done
  }

  private attempt(): Done | Promise<void> | 'skipped' {
    const { loop, recovery } = this
    if (!loop.isInStep) recovery.stepBegins()
    try {
      return loop.advance()
    } catch (thrown) {
      if (!recovery.takes(thrown, loop.isTraining)) throw thrown
      loop.skipBatch()
      return 'skipped'
    }
  }

  /** The current state. */
  get state(): RunState {
    return this.publisher.state
  }

  /** The version of the current state: how many changes there were. */
  get version(): number {
    return this.publisher.version
  }

  /** The time spent on steps and everything around them, in milliseconds of the scheduler's clock. */
  get workTime(): number {
    return this.machine.workTime
  }

  /** The time that the run has waited for batches, in milliseconds of the scheduler's clock. */
  get waitTime(): number {
    return this.machine.waitTime
  }

  /** The names of the figures of an epoch: `loss`, `validationLoss`, and so on. */
  get figures(): readonly string[] {
    return this.loop.figureNames
  }

  /** How many batches have been left out, with `onNonFinite: 'skip'`. */
  get skippedBatches(): number {
    return this.recovery.skipped
  }

  /**
   * The loss of the last training batch; NaN before the first. Reading it can cost a tensor read, so avoid it
   * in every step.
   */
  get lastLoss(): number {
    return this.loop.lastLoss
  }

  /**
   * Calls `take` with the number and the loss of each step, until the returned function is called. A plain
   * call, because an event on `events$` is too expensive next to a small step. `errors$` reports what it
   * throws.
   */
  eachLoss(take: LossListener): () => void {
    checkedAt('trainer.eachLoss', 'INVALID_OPTION', () => check.callable({ take }))
    const { publisher } = this
    const own: LossListener = (step, loss) => take(step, loss)
    publisher.lossListeners = [...publisher.lossListeners, own]
    return () => {
      publisher.lossListeners = publisher.lossListeners.filter(other => other !== own)
    }
  }

  /**
   * Trains all planned epochs. Resolves when they are done, or at `stop()`; stays pending while paused.
   * Another call continues: after a failure with the same batch, after `stop()` with the next epoch, and
   * after the end with the same number of epochs again.
   *
   * This method and the ones below can be called at any time, even by subscribers in the middle of a step:
   * requests wait in one queue, and each is handled as a whole between two steps, in order of arrival.
   *
   * @throws GradstreamError (as a rejection) what a node or the data threw; no parameter has changed in that step.
   */
  run(...misplaced: never[]): Promise<RunState>
  run(...misplaced: unknown[]): Promise<RunState> {
    if (misplaced.some(option => option !== undefined)) {
      const error = new GradstreamError('INVALID_OPTION', {
        place: 'trainer.run',
        expected: 'no arguments',
        got: misplaced.map(show).join(', '),
        hint: 'Options belong to the trainer: createTrainer(model, { data, epochs: 10 }); trainer.step(count) runs single steps.',
      })
      return Promise.reject(error)
    }
    const isOver = this.wasOver
    this.wasOver = false
    return this.checkpoints.after(isOver ? Promise.resolve(this.state) : this.machine.untilEnd())
  }

  /** Pauses the run. Resolves when it is paused, or at once if it is not running. */
  pause(): Promise<RunState> {
    return this.machine.ask(() => {
      this.machine.pause()
      return this.state
    })
  }

  /** Resumes a paused run. Resolves when it runs, or at once if it is not paused. */
  resume(): Promise<RunState> {
    return this.machine.ask(() => {
      this.machine.resume()
      return this.state
    })
  }

  /**
   * Runs `count` steps, then pauses; calls in the meantime add up. Resolves when they are done, or when the
   * run stops earlier.
   *
   * @throws GradstreamError `INVALID_OPTION`; as a rejection, what a step threw
   */
  step(count = 1): Promise<RunState> {
    checkedAt('trainer.step', 'INVALID_OPTION', () => check.positiveInteger({ count }))
    return this.machine.untilDone(count)
  }

  /**
   * Ends the run and skips the rest of its epoch. Resolves when it has ended, or at once if nothing is running.
   *
   * @param reason why, for the event `stopped`, the state and the log
   * @throws GradstreamError `INVALID_OPTION`
   */
  stop(reason?: string): Promise<RunState> {
    if (reason !== undefined) checkedAt('trainer.stop', 'INVALID_OPTION', () => check.text({ reason }))
    return this.machine.ask(() => {
      this.machine.stop(reason)
      return this.state
    })
  }

  /**
   * Writes a checkpoint of the run now, between two steps. Resolves with its folder when it is on the disk; where others are being written,
   * perhaps with that of a later one.
   *
   * @throws GradstreamError (as a rejection) `NOT_AVAILABLE` without the option `checkpoints`, `FILE_NOT_WRITTEN`, `ALREADY_DISPOSED`
   */
  async checkpoint(): Promise<string> {
    return this.machine.ask(() => {
      this.machine.demandUsable()
      return this.checkpoints.write('trainer.checkpoint')
    })
  }

  /**
   * Changes hyper-parameters of an optimizer or a link, from the next step on: numbers, schedules, or an `Observable<number>` that a
   * number follows. Resolves when it is done.
   *
   * The trainer subscribes to an Observable until another value is set, it ends, or `dispose()`. Each number counts from the next step on.
   * What is not valid changes nothing, and is reported on `warnings$`; after an error or the end of the stream, the last number stays.
   *
   * @param revision a `state.revision`: refuses if one of these values has changed since
   * @throws GradstreamError (as a rejection) `UNKNOWN_NAME`, `INVALID_CONFIG`, `REVISION_CONFLICT`, `ALREADY_DISPOSED`.
   * @example await trainer.set('sgd1', { learningRate: 0.01 })
   */
  set(node: string, values: Config, revision?: number): Promise<RunState> {
    return this.steering.set(node, values, revision)
  }

  /**
   * Limits the steps per second from now on, to slow a run down for watching; `null` removes the limit.
   *
   * @throws GradstreamError `INVALID_OPTION`
   */
  setStepsPerSecond(stepsPerSecond: number | null): void {
    this.steering.setStepsPerSecond(stepsPerSecond)
  }

  /**
   * Carries out a command, and reports it as an event with its author, whether done or refused. Resolves when
   * it is done; for `start` and `step`, when they have begun.
   *
   * @throws GradstreamError (as a rejection) `INVALID_COMMAND`, `NOT_AVAILABLE`, and what `set` throws.
   * @example await trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } })
   */
  async send(command: Command, author = 'local'): Promise<RunState> {
    checkedAt('trainer.send', 'INVALID_OPTION', () => check.text({ author }))
    return this.steering.send(command, author)
  }

  /** Reports, as an event, a command that was refused before it came here; undefined if it was not a command. */
  refuse(command: Command | undefined, author: string, error: GradstreamError): void {
    checkedAt('trainer.refuse', 'INVALID_OPTION', () => {
      check.text({ author })
      if (!attempt(() => error instanceof GradstreamError))
        throw new CheckFailed('a GradstreamError', show(error))
    })
    this.steering.refuse(command, author, error)
  }

  /**
   * Reports something worth a look as an event, which the log of the page shows. The run goes on. Report it once, when it begins.
   *
   * @throws GradstreamError `INVALID_OPTION`
   * @example trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C' })
   */
  alarm(alarm: Alarm): void {
    const own = checkedAt('trainer.alarm', 'INVALID_OPTION', () => {
      const own = check.options(alarm, ['code', 'message', 'node', 'direction', 'inputs', 'figure'])
      check.text({ code: own.code })
      check.text({ message: own.message })
      if (own.node !== undefined) check.text({ node: own.node })
      if (own.direction !== undefined)
        check.oneOf({ direction: own.direction }, ['forward', 'backward', 'update'])
      if (own.inputs !== undefined) check.texts({ inputs: own.inputs })
      if (own.figure !== undefined) check.text({ figure: own.figure })
      return own
    })
    this.publisher.event({ type: 'alarm', ...this.publisher.at(), ...own })
  }

  /** Stores measurements of nodes in the state, by node id, in one change. */
  note(notes: ReadonlyMap<string, Note>): void {
    if (!attempt(() => notes instanceof Map))
      throw new GradstreamError('INVALID_OPTION', {
        place: 'trainer.note',
        expected: 'a Map of notes by node',
        got: show(notes),
      })
    this.publisher.note(notes)
  }

  /** Ends the run and completes all streams of the trainer. The model stays usable. */
  dispose(): void {
    void this.machine.ask(() => {
      if (this.machine.isDisposed) return
      this.machine.dispose()
      this.steering.dispose()
      this.loop.dispose()
      this.publisher.complete()
    })
  }
}

/** Advice for non-finite numbers, without the measures already taken. */
function advised(error: GradstreamError, engine: Engine, model: Model): GradstreamError {
  if (error.code !== 'NOT_FINITE' || error.hint !== ERRORS.NOT_FINITE.hint) return error
  const losses = [...engine.nodes.values()].filter(({ definition }) => definition.role === 'loss')
  const ways = [
    'lower the learning rate',
    ...(Object.keys(model.scalings).length > 0 ? [] : ['standardize the data']),
    ...(losses.some(({ resolved }) => resolved.config.fromLogits === false)
      ? ['compute the loss from logits']
      : []),
  ]
  const all = ways.length > 1 ? `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}` : ways[0]
  const { place, expected, got, cause } = error
  return new GradstreamError('NOT_FINITE', {
    place,
    expected,
    got,
    cause,
    hint: `${all?.[0]?.toUpperCase()}${all?.slice(1)}.`,
  })
}

/** Wraps what was thrown in a GradstreamError. */
function failureOf(thrown: unknown): GradstreamError {
  if (thrown instanceof GradstreamError) return thrown
  return new GradstreamError('NODE_FAILED', {
    place: 'trainer',
    expected: 'a step',
    got: `"${show(thrown)}"`,
    hint: 'See the cause.',
    cause: thrown,
  })
}
