/** `findLearningRate`: how large a learning rate a model bears. */
import { CheckFailed, check, checkedAt, GradstreamError } from '../../../core/index.ts'
import { twinOf } from '../../engine/compile.ts'
import { demandModel, engineOf, type Model } from '../../engine/model.ts'
import { createTrainer, type TrainerOptions } from '../create-trainer.ts'

export interface FindLearningRateOptions
  extends Pick<TrainerOptions, 'data' | 'batchSize' | 'shuffle' | 'seed' | 'scheduler'> {
  /**
   * The first learning rate.
   *
   * @default 1e-6
   */
  readonly minimum?: number
  /**
   * The last one; it ends earlier where the loss has become four times as large as its lowest.
   *
   * @default 10
   */
  readonly maximum?: number
  /**
   * How many steps it takes, each with a larger rate by the same factor.
   *
   * @default 100
   */
  readonly steps?: number
}

export interface LearningRateRange {
  /** The rate at which the loss falls fastest: a good one to begin with, or the largest one of a schedule. */
  readonly learningRate: number
  /** The rates that were tried, one each step. */
  readonly rates: readonly number[]
  /** The loss at each of them, smoothed. */
  readonly losses: readonly number[]
}

const OPTIONS = ['data', 'batchSize', 'shuffle', 'seed', 'scheduler', 'minimum', 'maximum', 'steps']
/** What is left of the mean of earlier losses in each step. */
const SMOOTHING = 0.9
/** So many times its lowest, a loss has diverged. */
const DIVERGED = 4
/** So many steps at the beginning show the noise of single batches more than the rate, as in fastai and Lightning. */
const UNSTEADY = 10
const ENDLESS = 1e9

/**
 * Trains for some steps with a learning rate that grows from step to step, and finds the one at which the loss falls fastest: the learning
 * rate range test of Smith (2017), with rates that grow by a factor, on the loss. A copy of the model does it, so that the model, its
 * optimizers and its states stay as they are. Of the data, passes are begun.
 *
 * @throws GradstreamError `NO_OPTIMIZER`, `INVALID_OPTION`, `NOT_AVAILABLE` where no optimizer has a learning rate or the loss never falls, and what
 *   `createTrainer` and `run` throw
 * @example
 *   const { learningRate } = await findLearningRate(model, { data: train })
 *   await trainer.set('adam1', { learningRate })
 */
export async function findLearningRate(
  model: Model,
  options: FindLearningRateOptions,
): Promise<LearningRateRange> {
  const place = 'findLearningRate'
  demandModel(place, model)
  const { minimum, maximum, steps, ...own } = checkedAt(place, 'INVALID_OPTION', () => {
    const { minimum = 1e-6, maximum = 10, steps = 100, ...own } = check.options(options, OPTIONS)
    check.positiveNumber({ minimum })
    if (check.positiveNumber({ maximum }) <= minimum)
      throw new CheckFailed('maximum to be more than minimum', String(maximum), { option: 'maximum' })
    if (check.positiveInteger({ steps }) < 2 * UNSTEADY)
      throw new CheckFailed(`steps to be at least ${2 * UNSTEADY}`, String(steps), { option: 'steps' })
    return { ...own, minimum, maximum, steps }
  })
  const twin = twinOf(model)
  const trainer = trainerOf()
  try {
    const optimizers = engineOf(twin).optimizers.filter(({ config }) => 'learningRate' in config)
    if (optimizers.length === 0) throw unavailable('an optimizer with a learningRate', 'none')
    const rates: number[] = []
    const losses: number[] = []
    let [mean, lowest] = [0, Number.POSITIVE_INFINITY]
    for (let i = 0; i < steps; i++) {
      const learningRate = minimum * (maximum / minimum) ** (i / (steps - 1))
      for (const optimizer of optimizers) optimizer.set({ learningRate })
      if (!(await stepped())) break
      mean = SMOOTHING * mean + (1 - SMOOTHING) * trainer.lastLoss
      const smooth = mean / (1 - SMOOTHING ** (i + 1))
      if (!Number.isFinite(smooth)) break
      if (i > UNSTEADY && smooth - lowest > (DIVERGED - 1) * Math.abs(lowest)) break
      if (i >= UNSTEADY) lowest = Math.min(lowest, smooth)
      rates.push(learningRate)
      losses.push(smooth)
    }
    return { learningRate: steepest(rates, losses), rates, losses }
  } finally {
    trainer.dispose()
    twin.dispose()
  }

  function trainerOf() {
    try {
      return createTrainer(twin, { ...own, epochs: ENDLESS })
    } catch (error) {
      twin.dispose()
      throw error
    }
  }

  /** False where the numbers are no longer finite. */
  async function stepped(): Promise<boolean> {
    try {
      await trainer.step()
      return true
    } catch (error) {
      if (error instanceof GradstreamError && error.code === 'NOT_FINITE') return false
      throw error
    }
  }
}

/** The rate at which the loss falls most from one to the next but one. */
function steepest(rates: readonly number[], losses: readonly number[]): number {
  let best = { fall: 0, rate: Number.NaN }
  for (let i = UNSTEADY; i + 1 < losses.length; i++) {
    const fall = (losses[i - 1] as number) - (losses[i + 1] as number)
    if (fall > best.fall) best = { fall, rate: rates[i] as number }
  }
  if (best.fall > 0) return best.rate
  throw unavailable(
    'a loss that falls at one of the rates',
    `${rates.length} steps in which it does not fall`,
  )
}

const unavailable = (expected: string, got: string) =>
  new GradstreamError('NOT_AVAILABLE', {
    place: 'findLearningRate',
    expected,
    got,
    hint: 'Begin with a smaller minimum, and see whether the model learns at all: createTrainer(model, { data, overfitBatches: 1 }).',
  })
