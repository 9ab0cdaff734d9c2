/** What is tried out before a run leaves the model and the data as they are, byte for byte. */
import {
  batchNormalization,
  compile,
  createTrainer,
  dense,
  dropout,
  dryRun,
  findBatchSize,
  findLearningRate,
  fromArrays,
  fromIterable,
  graph,
  input,
  type Model,
  meanSquaredError,
  type Sample,
  schedule,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { twinOf } from '../../../runtime/engine/compile.ts'
import { bytesOf, errorOf, finish, regression, rejectionOf, rows, samples, trial } from '../support.ts'

/** With everything that a model remembers: slots, states, a schedule, a frozen layer. */
function rich(): Model {
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(
    dense({ units: 6 }),
    batchNormalization(),
    dropout({ rate: 0.2 }),
    dense({ units: 1 }),
  )
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const learningRate = schedule.exponential({ initial: 0.05, rate: 0.5, steps: 30 })
  return compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate, momentum: 0.9 })) }), {
    seed: 3,
  })
}

const stateOf = (model: Model) =>
  Object.entries(model.state()).map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ])

const trials: Record<string, (model: Model, data: ReturnType<typeof samples>) => Promise<unknown>> = {
  dryRun: (model, data) => dryRun(model, { data, validation: samples(7, 2), batchSize: 4, metrics: ['r2'] }),
  findLearningRate: (model, data) => findLearningRate(model, { data, batchSize: 4 }),
  findBatchSize: (model, data) => findBatchSize(model, { data, minimum: 2, seconds: 1e-3 }),
}

describe.each(Object.entries(trials))('%s', (_, attempt) => {
  test('leaves a model in the middle of its training as it is, and it goes on as if nothing had happened', async () => {
    const data = samples(40)
    const courses: unknown[] = []
    for (const isTried of [false, true]) {
      const model = rich()
      const { trainer, scheduler } = trial({ data, epochs: 3 }, model as never)
      const half = trainer.step(13)
      scheduler.flush()
      await half
      model.freeze(['dense1'])
      const before = stateOf(model)
      let frames = 0
      model.node('dense1').forward$.subscribe(() => frames++)
      if (isTried) await attempt(model, data)
      expect(frames).toBe(0)
      expect(stateOf(model)).toEqual(before)
      const { metrics, hyperparameters } = await finish(trainer, scheduler)
      courses.push([stateOf(model), metrics, hyperparameters])
    }
    expect(courses[1]).toEqual(courses[0])
  })

  test('leaves a new model new: it takes the standardization of whatever it is trained on', async () => {
    const model = rich()
    const data = samples(40).standardize()
    await attempt(model, data)
    expect(model.scalings).toEqual({})
    const other = fromArrays(rows(20, 9)).standardize()
    await createTrainer(model, { data: other, epochs: 1 }).run()
    expect(model.scalings).toEqual(other.scalings)
  })

  test('leaves data as they are', async () => {
    const data = samples(40).standardize()
    const before = [...data.column('x').data, ...data.column('target').data]
    await attempt(rich(), data)
    expect([...data.column('x').data, ...data.column('target').data]).toEqual(before)
  })

  test('gives the error of a run, and tidies up', async () => {
    const model = rich()
    const failing = fromIterable(function* (): Generator<Sample> {
      yield { x: [0, 1], target: [1] }
      throw new Error('the disk is gone')
    })
    expect(await rejectionOf(attempt(model, failing as never))).toMatchObject({ code: 'DATA_FAILED' })
    expect(await rejectionOf(attempt(undefined as never, failing as never))).toMatchObject({
      code: 'INVALID_OPTION',
    })
    expect(await rejectionOf(attempt(model, undefined as never))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

test('the copy that is tried learns what the model would have learned, byte for byte', async () => {
  const model = rich()
  const data = samples(40)
  const { trainer, scheduler } = trial({ data, epochs: 3 }, model as never)
  const half = trainer.step(13)
  scheduler.flush()
  await half
  await trainer.set('sgd1', { momentum: 0.8 })
  model.freeze(['dense2'])
  const twin = twinOf(model)
  const ends = [model, twin].map(async each => {
    const other = trial({ data, epochs: 2, seed: 5 }, each as never)
    await finish(other.trainer, other.scheduler)
    return stateOf(each)
  })
  const [of, ofTwin] = await Promise.all(ends)
  expect(ofTwin).toEqual(of)
  twin.dispose()
})

describe('dryRun', () => {
  test('gives the figures of one batch of each, and shows what does not fit', async () => {
    const metrics = await dryRun(rich(), { data: samples(40), validation: samples(7, 2), metrics: ['r2'] })
    expect(Object.keys(metrics)).toEqual(['loss', 'r2', 'validationLoss', 'validationR2'])
    expect(Object.values(metrics).every(Number.isFinite)).toBe(true)
  })
})

describe('findLearningRate', () => {
  test('finds a rate with which the model learns, where a hundredth learns little and a hundred times as much diverges', async () => {
    const data = samples(200)
    const make = () => compile(regression({ momentum: 0 }), { seed: 3 })
    const { learningRate, rates, losses } = await findLearningRate(make(), { data, seed: 1 })
    expect(losses).toHaveLength(rates.length)
    expect(rates).toEqual([...rates].sort((a, b) => a - b))
    const lossWith = async (rate: number) => {
      const model = compile(regression({ learningRate: rate, momentum: 0 }), { seed: 3 })
      try {
        return (await createTrainer(model, { data, epochs: 5 }).run()).metrics.loss as number
      } catch {
        return Number.POSITIVE_INFINITY
      }
    }
    const [little, good, much] = await Promise.all([0.01, 1, 100].map(part => lossWith(part * learningRate)))
    expect(good).toBeLessThan((little as number) / 2)
    expect(good).toBeLessThan((much as number) / 2)
  })

  test('gives the same numbers for the same seed, and stops where the loss diverges', async () => {
    const find = () =>
      findLearningRate(compile(regression(), { seed: 3 }), {
        data: samples(64),
        maximum: 1e6,
        steps: 200,
        seed: 1,
      })
    const found = await find()
    expect(found).toEqual(await find())
    expect(found.rates.length).toBeLessThan(200)
    expect(found.rates[0]).toBe(1e-6)
    expect(found.losses.at(-1)).toBeLessThanOrEqual(4 * Math.min(...found.losses))
  })

  test('says so where nothing is learned at any rate', async () => {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ prediction, loss, update: loss.pipe(sgd()) }), { seed: 3 })
    const data = fromArrays({ x: Array(8).fill([0, 0]), target: Array(8).fill([0]) })
    expect(await rejectionOf(findLearningRate(model, { data }))).toMatchObject({ code: 'NOT_AVAILABLE' })
    for (const options of [{ minimum: 1, maximum: 0.1 }, { steps: 3 }, { epochs: 1 }])
      expect(await rejectionOf(findLearningRate(model, { data, ...options }))).toMatchObject({
        code: 'INVALID_OPTION',
      })
  })
})

describe('findBatchSize', () => {
  test('tries sizes that double, up to what the data fill or the maximum, and gives one of them', async () => {
    const model = compile(regression(), { seed: 3 })
    const sizesOf = async (options: object) => {
      const { batchSize, tried } = await findBatchSize(model, {
        data: samples(100),
        seconds: 1e-3,
        ...options,
      })
      expect(tried.map(each => each.batchSize)).toContain(batchSize)
      expect(tried.every(({ samplesPerSecond }) => samplesPerSecond > 0)).toBe(true)
      return tried.map(each => each.batchSize)
    }
    expect(await sizesOf({})).toEqual([8, 16, 32, 64])
    expect(await sizesOf({ minimum: 3, maximum: 24 })).toEqual([3, 6, 12, 24])
    expect(await sizesOf({ minimum: 500 })).toEqual([500])
    expect(await rejectionOf(sizesOf({ minimum: 64, maximum: 8 }))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('a trainer of few batches', () => {
  test('limitBatches ends epochs and validations early, in the order that the seed gives', async () => {
    const validated: number[] = []
    const { model, trainer, scheduler } = trial({
      data: samples(40),
      validation: samples(21, 2),
      limitBatches: 3,
      epochs: 2,
    })
    model
      .node('x')
      .forward$.subscribe(({ mode, tensor }) => mode === 'infer' && validated.push(tensor.shape[0] ?? 0))
    const { step, stepsPerEpoch } = await finish(trainer, scheduler)
    expect([step, stepsPerEpoch]).toEqual([6, 3])
    // One that is tried before the first epoch, and three after each.
    expect(validated).toEqual(Array(7).fill(4))
    const whole = trial({ data: samples(10), limitBatches: 100, epochs: 2 })
    expect((await finish(whole.trainer, whole.scheduler)).step).toBe(6)
  })

  test('overfitBatches repeats the first batches in their order, and learns them by heart', async () => {
    const { x, target } = rows(40)
    const seen: number[][] = []
    const { model, trainer, scheduler } = trial({
      data: fromArrays({ x, target }),
      overfitBatches: 2,
      shuffle: true,
      epochs: 300,
    })
    model.node('x').forward$.subscribe(({ tensor }) => seen.push([...tensor.data]))
    const { metrics } = await finish(trainer, scheduler)
    for (const [i, batch] of seen.entries())
      expect(batch).toEqual([...Float32Array.from(x.slice(4 * (i % 2), 4 * (i % 2) + 4).flat())])
    expect(seen).toHaveLength(600)
    expect(metrics.loss).toBeLessThan(0.01)
  })

  test('reads no more of a generator than that, and closes it', async () => {
    let [read, closed] = [0, 0]
    const { x, target } = rows(40)
    const data = fromIterable(function* (): Generator<Sample> {
      try {
        for (const [i, row] of x.entries()) {
          read++
          yield { x: row, target: target[i] as number[] }
        }
      } finally {
        closed++
      }
    })
    const { trainer, scheduler } = trial({ data, limitBatches: 2, epochs: 3 })
    await finish(trainer, scheduler)
    expect([read, closed]).toEqual([24, 3])
  })

  test('refuses what is no number of batches', () => {
    const both = { limitBatches: 1, overfitBatches: 1 }
    for (const options of [{ limitBatches: 0 }, { overfitBatches: 1.5 }, { limitBatches: '3' }, both])
      expect(errorOf(() => trial(options as never))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('the validation before the first epoch', () => {
  test('fails the run before a step is done, where its data are faulty', async () => {
    const validation = fromIterable([{ x: [1, 'two'], target: [1] } as never])
    const { model, trainer, scheduler } = trial({ validation })
    const before = bytesOf(model)
    expect(await rejectionOf(finish(trainer, scheduler))).toMatchObject({
      code: 'DATA_NOT_FINITE',
      place: expect.stringContaining('validation'),
    })
    expect(trainer.state).toMatchObject({ step: 0, epoch: 0, status: 'failed' })
    expect(bytesOf(model)).toEqual(before)
  })

  test('reads nothing twice: a source that can be read once serves the first validation as well', async () => {
    const { x, target } = rows(9, 2)
    let read = 0
    const validation = fromIterable(function* (): Generator<Sample> {
      for (const [i, row] of x.entries()) {
        read++
        yield { x: row, target: target[i] as number[] }
      }
    })
    const streamed = trial({ validation, epochs: 1 })
    const { metrics } = await finish(streamed.trainer, streamed.scheduler)
    expect(read).toBe(9)
    const stored = trial({ validation: fromArrays({ x, target }), epochs: 1 })
    expect(metrics).toEqual((await finish(stored.trainer, stored.scheduler)).metrics)
  })

  test('closes its source when the run is stopped before it comes to that', async () => {
    let open = 0
    const validation = fromIterable(function* (): Generator<Sample> {
      open++
      try {
        for (;;) yield { x: [0, 1], target: [1] }
      } finally {
        open--
      }
    })
    const { trainer, scheduler } = trial({ validation })
    const done = trainer.step(1)
    scheduler.flush()
    await done
    expect(open).toBe(1)
    await trainer.stop()
    expect(open).toBe(0)
  })
})
