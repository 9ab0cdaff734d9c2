/** Numbers of links follow schedules and streams, as those of optimizers do. */
import {
  accumulate,
  adam,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  compile,
  createTrainer,
  dense,
  evaluate,
  exponentialMovingAverage,
  fromArrays,
  gradientNoise,
  graph,
  graphFromJson,
  graphToJson,
  input,
  loadModel,
  maxNorm,
  meanSquaredError,
  minMaxNorm,
  type Port,
  RandomKey,
  relu,
  type Schedule,
  saveModel,
  schedule,
  sgd,
} from 'gradstream'
import { Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { isFull } from '../../support/counts.ts'
import { bytesOf, errorOf, rejectionOf } from '../support.ts'

const key = RandomKey.of(5)
const rows = Array.from({ length: 24 }, (_, i) => [...key.child(i).normal(3)])
const data = fromArrays({ x: rows, target: rows.map(([a = 0, b = 0]) => [3 * a - b * b]) })

type Number = number | Schedule
/** A link with a number, before the optimizer or behind it, and numbers that it can have. */
interface Linked {
  readonly option: string
  readonly from: number
  readonly to: number
  update(loss: Port<'loss'>, value: Number): Port
}

const before: Record<string, Linked> = {
  clipByNorm: {
    option: 'norm',
    from: 1,
    to: 0.01,
    update: (loss, norm) => loss.pipe(clipByNorm({ norm }), sgd()),
  },
  clipByGlobalNorm: {
    option: 'norm',
    from: 1,
    to: 0.01,
    update: (loss, norm) => loss.pipe(clipByGlobalNorm({ norm }), adam()),
  },
  clipByValue: {
    option: 'limit',
    from: 1,
    to: 0.01,
    update: (loss, limit) => loss.pipe(accumulate({ steps: 2 }), clipByValue({ limit }), sgd()),
  },
  gradientNoise: {
    option: 'stddev',
    from: 0.5,
    to: 0.01,
    update: (loss, stddev) => loss.pipe(gradientNoise({ stddev }), sgd()),
  },
}
const behind: Record<string, Linked> = {
  exponentialMovingAverage: {
    option: 'decay',
    from: 0.5,
    to: 0.9,
    update: (loss, decay) => loss.pipe(adam(), exponentialMovingAverage({ decay })),
  },
  maxNorm: {
    option: 'maxValue',
    from: 2,
    to: 0.5,
    update: (loss, maxValue) => loss.pipe(adam(), maxNorm({ maxValue })),
  },
  minMaxNorm: {
    option: 'rate',
    from: 0.1,
    to: 0.9,
    update: (loss, rate) => loss.pipe(adam(), minMaxNorm({ minValue: 0.2, maxValue: 0.5, rate })),
  },
}
const links = Object.entries({ ...before, ...behind })

function modelOf({ update }: Linked, value: Number, kernels: 'reference' | 'wasm') {
  const output = input({ name: 'x', shape: [3] }).pipe(dense({ units: 4 }), relu(), dense({ units: 1 }))
  const loss = meanSquaredError()(output, input({ name: 'target', shape: [1] }))
  return compile(graph({ output, update: update(loss as never, value) }), { seed: 2, kernels, threads: 1 })
}
const trainerOf = (model: ReturnType<typeof modelOf>) =>
  createTrainer(model, { data, batchSize: 8, epochs: 40, shuffle: false })

describe.each(isFull ? (['wasm', 'reference'] as const) : (['wasm'] as const))('on kernels %s', kernels => {
  test.each(links)(
    'a schedule gives %s the same bytes as trainer.set does at each step',
    async (type, link) => {
      const { option, from, to } = link
      const falling = schedule.polynomial({ initial: from, end: to, steps: 30 })
      const [scheduled, set] = [modelOf(link, falling, kernels), modelOf(link, from, kernels)]
      const [own, steered] = [trainerOf(scheduled), trainerOf(set)]
      for (let step = 0; step < 40; step++) {
        await own.step()
        const { [option]: value } = Object(own.state.hyperparameters[`${type}1`])
        expect(value).toBeCloseTo(from + (to - from) * Math.min(step / 30, 1), 12)
        await steered.set(`${type}1`, { [option]: value })
        await steered.step()
      }
      expect(bytesOf(scheduled)).toEqual(bytesOf(set))
      expect((await evaluate(scheduled, data)).loss).toBe((await evaluate(set, data)).loss)
      expect(own.state.follows[`${type}1`]).toEqual({ [option]: falling })
      const constant = modelOf(link, from, kernels)
      await trainerOf(constant).step(40)
      expect((await evaluate(constant, data)).loss).not.toBe((await evaluate(set, data)).loss)
    },
  )

  test.each(links)('a stream gives %s the same bytes as trainer.set does', async (type, link) => {
    const { option, from, to } = link
    const [streamed, set] = [modelOf(link, from, kernels), modelOf(link, from, kernels)]
    const [own, steered] = [trainerOf(streamed), trainerOf(set)]
    const values$ = new Subject<number>()
    await own.set(`${type}1`, { [option]: values$ })
    for (let step = 0; step < 60; step++) {
      if (step % 20 < 3) {
        const value = from + ((to - from) * step) / 60
        values$.next(value)
        await steered.set(`${type}1`, { [option]: value })
      }
      await own.step()
      await steered.step()
    }
    expect(bytesOf(streamed)).toEqual(bytesOf(set))
    expect(own.state.follows[`${type}1`]).toEqual({ [option]: 'stream' })
  })
})

test('a link follows a figure of the epochs', async () => {
  const watching = schedule.reduceOnPlateau({ initial: 1, factor: 0.5, patience: 0, threshold: 0.9 })
  const model = modelOf(before.clipByNorm as Linked, watching, 'wasm')
  const trainer = createTrainer(model, { data, batchSize: 8, epochs: 4 })
  await trainer.run()
  expect(Object(trainer.state.hyperparameters.clipByNorm1).norm).toBeLessThan(1)
})

test('schedules of links are data: of a graph, and of a saved model with what was set since', async () => {
  const falling = schedule.exponential({ initial: 1, rate: 0.5, steps: 10 })
  for (const link of [before.clipByNorm, behind.maxNorm] as Linked[]) {
    const model = modelOf(link, falling, 'wasm')
    const again = compile(graphFromJson(graphToJson(model.graph)), { seed: 2 })
    expect(graphToJson(again.graph)).toBe(graphToJson(model.graph))
    const trainer = trainerOf(model)
    const slower = schedule.exponential({ initial: 1, rate: 0.9, steps: 10 })
    const [type] = links.find(([, each]) => each === link) as [string, Linked]
    await trainer.set(`${type}1`, { [link.option]: slower })
    await trainer.step(3)
    const loaded = await loadModel((await saveModel(model)) as Blob)
    expect(trainerOf(loaded as never).state.follows[`${type}1`]).toEqual({ [link.option]: slower })
  }
})

describe('what does not fit is refused', () => {
  test('a schedule that comes to an impossible number', () => {
    const wrong = schedule.polynomial({ initial: 1, end: -1, steps: 10 })
    for (const make of [() => clipByNorm({ norm: wrong }), () => maxNorm({ maxValue: wrong })])
      expect(errorOf(make)).toMatchObject({
        code: 'INVALID_CONFIG',
        got: expect.stringContaining('in step 11'),
      })
  })

  test('an observable in a graph, with the way out', () => {
    expect(errorOf(() => clipByNorm({ norm: new Subject() as never }))).toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining("trainer.set('clipByNorm1', { norm: norm$ })"),
    })
  })

  test('other steps of an update, once there is a model', async () => {
    const falling = schedule.polynomial({ initial: 4, end: 1, steps: 10 })
    expect(errorOf(() => accumulate({ steps: falling as never })).code).toBe('INVALID_CONFIG')
    const trainer = trainerOf(modelOf(before.clipByValue as Linked, 1, 'wasm'))
    expect(await rejectionOf(trainer.set('accumulate1', { steps: 3 }))).toMatchObject({
      code: 'INVALID_CONFIG',
    })
    expect(await rejectionOf(trainer.set('clipByValue1', { limit: -1 }))).toMatchObject({
      code: 'INVALID_CONFIG',
    })
    expect(await rejectionOf(trainer.set('clipByValu1', { limit: 1 }))).toMatchObject({
      code: 'UNKNOWN_NAME',
    })
  })
})
