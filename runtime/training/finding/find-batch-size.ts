/** `findBatchSize`: how many samples a step should have. */
import { CheckFailed, check, checkedAt, GradstreamError } from '../../../core/index.ts'
import { twinOf } from '../../engine/compile.ts'
import { demandModel, type Model } from '../../engine/model.ts'
import { createTrainer, type TrainerOptions } from '../create-trainer.ts'

export interface FindBatchSizeOptions
  extends Pick<TrainerOptions, 'data' | 'shuffle' | 'seed' | 'scheduler'> {
  /**
   * The first batch size. Each one that follows is twice as large.
   *
   * @default 8
   */
  readonly minimum?: number
  /**
   * The largest; no larger than the data in any case.
   *
   * @default 4096
   */
  readonly maximum?: number
  /**
   * How long to train with each, in seconds of the scheduler's clock; ten steps at least. All are tried twice, and the faster time counts.
   *
   * @default 0.1
   */
  readonly seconds?: number
}

export interface BatchSizes {
  /** The smallest with which training is almost as fast as with any. */
  readonly batchSize: number
  /** What was tried, in order. The list ends before the maximum where a size needs more memory than there is. */
  readonly tried: readonly { readonly batchSize: number; readonly samplesPerSecond: number }[]
}

const OPTIONS = ['data', 'shuffle', 'seed', 'scheduler', 'minimum', 'maximum', 'seconds']
/** As good as the best: larger batches learn less from each sample, so a little more speed is not worth it. */
const ALMOST = 0.9
const FEWEST_STEPS = 10
const ENDLESS = 1e9

/**
 * Trains for a moment with each batch size, and finds the smallest with which a second takes in almost as many samples as with the best. It
 * knows nothing of how well a model learns with it: with a larger batch, raise the learning rate or train for more epochs. A copy of the model does
 * it, so that the model, its optimizers and its states stay as they are. Of the data, passes are begun.
 *
 * @throws GradstreamError `INVALID_OPTION`, `OUT_OF_MEMORY` where even the smallest needs more than there is, and what `createTrainer` and `run` throw
 * @example const { batchSize } = await findBatchSize(model, { data: train })
 */
export async function findBatchSize(model: Model, options: FindBatchSizeOptions): Promise<BatchSizes> {
  const place = 'findBatchSize'
  demandModel(place, model)
  const { minimum, maximum, seconds, ...own } = checkedAt(place, 'INVALID_OPTION', () => {
    const { minimum = 8, maximum = 4096, seconds = 0.1, ...own } = check.options(options, OPTIONS)
    check.positiveInteger({ minimum })
    check.positiveInteger({ maximum })
    check.positiveNumber({ seconds })
    if (maximum < minimum)
      throw new CheckFailed(`maximum to be at least the minimum, ${minimum}`, String(maximum), {
        option: 'maximum',
      })
    return { ...own, minimum, maximum, seconds }
  })
  const speeds = new Map<number, number>()
  let largest = maximum
  // In the first round, the machine still compiles what it does.
  for (let round = 0; round < 2; round++) {
    for (let batchSize = minimum; batchSize <= largest; batchSize *= 2) {
      const isFirst = batchSize === minimum
      // The first batch size always counts; a larger one only where the data fill it.
      if (!isFirst && batchSize > (own.data.size ?? maximum)) break
      const speed = await speedOf(model, { ...own, batchSize, epochs: ENDLESS }, seconds, isFirst)
      if (speed === undefined) {
        largest = batchSize / 2
        speeds.delete(batchSize)
      } else speeds.set(batchSize, Math.max(speed, speeds.get(batchSize) ?? 0))
    }
  }
  const tried = [...speeds].map(([batchSize, samplesPerSecond]) => ({ batchSize, samplesPerSecond }))
  const best = Math.max(...tried.map(({ samplesPerSecond }) => samplesPerSecond))
  const found = tried.find(({ samplesPerSecond }) => samplesPerSecond >= ALMOST * best)
  return { batchSize: found?.batchSize ?? minimum, tried }
}

/** Samples per second; undefined where the memory does not suffice, unless that `isRequired`. */
async function speedOf(
  model: Model,
  options: TrainerOptions,
  seconds: number,
  isRequired: boolean,
): Promise<number | undefined> {
  const twin = twinOf(model)
  try {
    const trainer = createTrainer(twin, options)
    try {
      let samples = 0
      trainer.events$.subscribe(event => {
        if (event.type === 'step') samples += event.samples
      })
      // The first steps are slower, until they are replayed.
      await trainer.step(FEWEST_STEPS)
      samples = 0
      const start = trainer.workTime
      do await trainer.step(FEWEST_STEPS)
      while (isShort(trainer.workTime - start, seconds))
      return (1000 * samples) / Math.max(trainer.workTime - start, 1e-3)
    } finally {
      trainer.dispose()
    }
  } catch (error) {
    if (!isRequired && error instanceof GradstreamError && error.code === 'OUT_OF_MEMORY') return undefined
    throw error
  } finally {
    twin.dispose()
  }
}

/** A clock that stands still shows nothing, however long one waits. */
const isShort = (time: number, seconds: number) => time > 0 && time < 1000 * seconds
