/** `onNonFinite`: what a trainer does about a step whose numbers are not finite. */
import { CheckFailed, check, GradstreamError, Tensor } from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { Model } from '../engine/model.ts'
import { type Origin, originOf } from '../engine/non-finite.ts'
import type { Alarm } from './events.ts'
import { short } from './short.ts'

/** `'stop'` fails the run, `'skip'` leaves the batch out, `'rollback'` goes back to earlier parameters, with a smaller learning rate. */
export type NonFinitePolicy = 'stop' | 'skip' | 'rollback'

export interface NonFiniteOptions {
  /** What to do about a training step whose numbers are not finite. Required. */
  readonly policy: NonFinitePolicy
  /**
   * How often in a row it may happen; the next time, the run fails. Of batches that are skipped, a step that goes well ends the row; of
   * rollbacks, `everySteps` steps do.
   *
   * @default 10
   */
  readonly limit?: number
  /**
   * What a rollback leaves of the learning rates.
   *
   * @default 0.5
   */
  readonly factor?: number
  /**
   * After how many steps `'rollback'` keeps a copy of what the model has learned, in memory. A rollback loses so many steps at most; the second
   * one in a row goes back to the copy before.
   *
   * @default 1000
   */
  readonly everySteps?: number
}

export type RecoverySettings = Required<NonFiniteOptions>

/** @throws CheckFailed */
export function recoverySettings(given: NonFinitePolicy | NonFiniteOptions): RecoverySettings {
  const own = typeof given === 'string' ? { policy: given } : given
  const known = ['policy', 'limit', 'factor', 'everySteps']
  const { policy, limit = 10, factor = 0.5, everySteps = 1000 } = check.options(own, known)
  check.oneOf({ [typeof given === 'string' ? 'onNonFinite' : 'policy']: policy }, [
    'stop',
    'skip',
    'rollback',
  ])
  check.positiveInteger({ limit })
  if (check.positiveNumber({ factor }) > 1)
    throw new CheckFailed('factor to be at most 1', String(factor), { option: 'factor' })
  check.positiveInteger({ everySteps })
  return { policy, limit, factor, everySteps }
}

interface RecoveryParts {
  readonly model: Model
  readonly engine: Engine
  readonly alarm: (alarm: Alarm) => void
  /** Multiplies the learning rates, and tells in words what they are now. */
  readonly scaleLearningRates: (factor: number) => readonly string[]
}

interface Kept {
  readonly step: number
  readonly state: Record<string, Tensor>
}

/** What has gone well for so long may be kept; what has not is lost with the step. */
export class Recovery {
  /** How many batches were left out in all. */
  skipped = 0
  private row = 0
  /** The last two copies of what the model has learned, the older one first. */
  private kept: Kept[] = []
  /** The copy that the last rollback went back to. */
  private wentTo: Kept | undefined
  /** The step from which on another copy is due, and what says that somebody else has changed the parameters. */
  private due = 0
  private assignments = -1
  private readonly settings: RecoverySettings
  private readonly parts: RecoveryParts

  constructor(settings: RecoverySettings, parts: RecoveryParts) {
    this.settings = settings
    this.parts = parts
  }

  /** Before a training step. */
  stepBegins(): void {
    const { settings, parts } = this
    if (settings.policy !== 'rollback') return
    const { step, assignments } = parts.engine
    if (step < this.due && assignments === this.assignments) return
    this.kept = [...this.kept.slice(-1), { step, state: parts.model.state() }]
    this.plan()
    this.row = 0
  }

  /** After one that went well. */
  stepDone(): void {
    if (this.settings.policy === 'skip') this.row = 0
  }

  /**
   * Takes what a step threw. True where the run goes on, with the next batch.
   *
   * @throws GradstreamError where it has happened too often
   */
  takes(thrown: unknown, isTraining: boolean): boolean {
    if (!(thrown instanceof GradstreamError) || thrown.code !== 'NOT_FINITE') return false
    const { policy, limit } = this.settings
    const origin = originOf(thrown)
    if (policy === 'stop' || !isTraining) {
      this.alarm('NOT_FINITE', wordsOf(thrown, origin), origin)
      return false
    }
    if (this.row === limit) {
      this.row = 0
      throw this.exhausted(thrown)
    }
    this.row++
    if (policy === 'skip') this.skip(thrown, origin)
    else this.rollBack(thrown, origin)
    return true
  }

  private skip(thrown: GradstreamError, origin: Origin | undefined): void {
    const count = ++this.skipped
    // The first, the second, the fourth, ...: a log has room for as many.
    if ((count & (count - 1)) !== 0) return
    const many = count === 1 ? '' : `, number ${count} in all`
    this.alarm('BATCH_SKIPPED', `a batch is skipped${many}: ${wordsOf(thrown, origin)}`, origin)
  }

  private rollBack(thrown: GradstreamError, origin: Origin | undefined): void {
    const { model, engine, scaleLearningRates } = this.parts
    if (this.kept.length > 1 && this.kept.at(-1) === this.wentTo) this.kept.pop()
    const to = this.kept.at(-1) as Kept
    this.wentTo = to
    const failed = engine.step + 1
    model.load({ ...to.state, step: new Tensor([], Float64Array.of(engine.step)) })
    const rates = scaleLearningRates(this.settings.factor)
    this.plan()
    const now = rates.length > 0 ? `, with ${rates.join(' and ')}` : ''
    const text = `step ${failed} goes back to the parameters after step ${to.step}${now}: ${wordsOf(thrown, origin)}`
    this.alarm('ROLLED_BACK', text, origin)
  }

  private plan(): void {
    const { step, assignments } = this.parts.engine
    this.due = step + this.settings.everySteps
    this.assignments = assignments
  }

  private alarm(code: string, message: string, origin: Origin | undefined): void {
    if (origin === undefined) this.parts.alarm({ code, message })
    else {
      const { node, direction, inputs } = origin
      this.parts.alarm({ code, message, node, ...(direction && { direction }), inputs: Object.keys(inputs) })
    }
  }

  private exhausted({ place, expected, got, hint, cause }: GradstreamError): GradstreamError {
    const { policy, limit } = this.settings
    const often = `${limit} ${policy === 'skip' ? 'batches that were skipped' : 'rollbacks'} in a row`
    return new GradstreamError('NOT_FINITE', { place, expected, got: `${got}, after ${often}`, hint, cause })
  }
}

/** @example the output of exp1 is not finite, computed from dense1 (-3 to 120) */
function wordsOf({ place, got }: GradstreamError, origin: Origin | undefined): string {
  if (origin === undefined) return `${place}: ${got}`
  const inputs = Object.entries(origin.inputs).map(([name, range]) =>
    range === null ? name : `${name} (${range.map(short).join(' to ')})`,
  )
  const from = inputs.length > 0 ? `, computed from ${inputs.join(', ')}` : ''
  return `${origin.place} is not finite${from}`
}
