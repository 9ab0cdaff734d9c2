/** Ways to end a run early: when a figure no longer improves, and after so much time. */
import {
  batchNormalization,
  compile,
  createTrainer,
  defineMetric,
  dense,
  type EarlyStoppingOptions,
  earlyStopping,
  exponentialMovingAverage,
  fromIterable,
  graph,
  input,
  meanSquaredError,
  sgd,
  type TrainerEvent,
  timeLimit,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Dice } from '../../support/dice.ts'
import { errorOf, finish, rows, samples, trial } from '../support.ts'

const EPOCHS = 40

/** Data, and a metric `script` of them whose figures are the given ones, epoch after epoch. */
function scripted(figures: readonly number[], count = 10) {
  const { x, target } = rows(count)
  let epoch = 0
  const data = fromIterable(() => {
    epoch++
    return x.map((row, i) => ({ x: row, target: target[i] as number[] }))
  })
  const script = defineMetric({
    type: 'script',
    sums: ['count'],
    tally: () => ({ count: 1 }),
    result: () => figures[epoch - 1] ?? Number.NaN,
  })
  return { data, metrics: [script()] }
}

/**
 * A second formula: after which epoch Keras's rule stops, and which was the best. It looks at the whole list instead of counting.
 */
function expected(figures: readonly number[], patience: number, minimumDelta: number, warmUp: number) {
  const bestBefore = (end: number) => {
    let best: number | undefined
    for (let i = warmUp; i < end; i++) {
      const [now, before] = [figures[i] as number, best === undefined ? Infinity : (figures[best] as number)]
      if (now < before - minimumDelta) best = i
    }
    return best
  }
  for (let end = warmUp + 1; end <= figures.length; end++) {
    const best = bestBefore(end)
    if (end - 1 - (best ?? warmUp - 1) >= patience) return { stopped: end, best: best && best + 1 }
  }
  const best = bestBefore(figures.length)
  return { stopped: undefined, best: best === undefined ? undefined : best + 1 }
}

describe('early stopping', () => {
  test('stops after the epoch that Keras stops after, over figures, patience, deltas and warm-up', async () => {
    const dice = new Dice(5)
    const stops: number[] = []
    for (let trials = 0; trials < 30; trials++) {
      const figures = Array.from({ length: EPOCHS }, (_, i) =>
        dice.below(20) === 0 ? Number.NaN : Math.round(100 * (2 / (i + 1) + dice.next())) / 100,
      )
      const [patience, minimumDelta, warmUp] = [
        1 + dice.below(12),
        dice.pick([0, 0, 0.1]),
        dice.pick([0, 0, 5]),
      ]
      const { trainer, scheduler } = trial({ epochs: EPOCHS, ...scripted(figures, 4) })
      earlyStopping(trainer, { monitor: 'script', mode: 'min', patience, minimumDelta, warmUp })
      const { status, history } = await finish(trainer, scheduler)
      const seen = history.map(({ metrics }) => metrics.script)
      expect(seen).toEqual(figures.slice(0, seen.length))
      const { stopped } = expected(figures, patience, minimumDelta, warmUp)
      // In the last epoch the run is over anyway.
      expect([status, history.length]).toEqual(
        stopped === undefined || stopped === EPOCHS ? ['finished', EPOCHS] : ['stopped', stopped],
      )
      stops.push(history.length)
    }
    expect(new Set(stops).size).toBeGreaterThan(8)
  })

  /** With batch normalization, momentum and an average, each of which remembers something. */
  function remembering() {
    const x = input({ name: 'x', shape: [2] })
    const target = input({ name: 'target', shape: [1] })
    const prediction = x.pipe(dense({ units: 4 }), batchNormalization(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const update = loss.pipe(sgd({ learningRate: 0.05, momentum: 0.9 }), exponentialMovingAverage())
    return compile(graph({ prediction, loss, update }), { seed: 3 })
  }

  test.each([
    ['stops', { patience: 4 }],
    ['finishes', { patience: 1000 }],
  ] as const)('gives all of the best epoch back when the run %s', async (_, options) => {
    const figures = [5, 4, 3, 2, 3, 4, 5, 6, 7, 8]
    const run = async (epochs: number, stopping?: EarlyStoppingOptions) => {
      const model = remembering()
      const { trainer, scheduler } = trial({ epochs, ...scripted(figures) }, model)
      if (stopping) earlyStopping(trainer, { monitor: 'script', mode: 'min', ...stopping })
      const state = await finish(trainer, scheduler)
      return { model, state }
    }
    const { model, state } = await run(10, options)
    const four = (await run(4)).model
    const { step, ...learned } = model.state()
    const { step: then, ...after4 } = four.state()
    expect(learned).toEqual(after4)
    expect(Object.keys(learned).some(name => name.includes('/'))).toBe(true)
    expect(then?.item()).toBe(12)
    expect(step?.item()).toBe(state.step)
    const kept = await run(10, { ...options, restoreBest: false })
    const { step: end, ...last } = kept.model.state()
    expect(last).not.toEqual(after4)
    expect(end?.item()).toBe(state.step)
  })

  test('says why, in the event, the state and for a person', async () => {
    const { trainer, scheduler } = trial({ epochs: 100, ...scripted([3, 2, 2, 2, 2]) })
    const events: TrainerEvent[] = []
    trainer.milestones$.subscribe(event => events.push(event))
    earlyStopping(trainer, { monitor: 'script', mode: 'min', patience: 3 })
    const { reason } = await finish(trainer, scheduler)
    expect(reason).toBe('script has not improved for 3 epochs; the best was 2 in epoch 2, which is restored')
    expect(events.at(-1)).toMatchObject({ type: 'stopped', epoch: 5, reason })
    void trainer.run()
    expect(trainer.state).toMatchObject({ status: 'running', reason: null })
    trainer.dispose()
  })

  test('begins anew in each run, and not after it is unsubscribed', async () => {
    const { trainer, scheduler } = trial({ epochs: 10, ...scripted([1, ...Array(60).fill(2)]) })
    const stopping = earlyStopping(trainer, { monitor: 'script', mode: 'min', patience: 2 })
    expect((await finish(trainer, scheduler)).epoch).toBe(3)
    // The first of these epochs is the best of the new run.
    expect((await finish(trainer, scheduler)).epoch).toBe(6)
    stopping.unsubscribe()
    expect((await finish(trainer, scheduler)).status).toBe('finished')
  })

  test('looks at the validation loss where there is one, and knows which figures should rise', () => {
    const { trainer } = trial({ metrics: ['r2'], validation: samples(5, 2) })
    expect(trainer.figures).toEqual(['loss', 'r2', 'validationLoss', 'validationR2'])
    expect(errorOf(() => earlyStopping(trainer, { monitor: 'validationLos' }))).toMatchObject({
      code: 'UNKNOWN_NAME',
      hint: expect.stringContaining('validationLoss'),
    })
    earlyStopping(trainer, { monitor: 'validationR2' })
    earlyStopping(trainer)
    const own = trial({ epochs: 10, ...scripted([1]) })
    expect(errorOf(() => earlyStopping(own.trainer, { monitor: 'script' }))).toMatchObject({
      code: 'INVALID_OPTION',
      expected: 'mode to be "min" or "max"',
      hint: expect.stringContaining("mode: 'max'"),
    })
    expect(errorOf(() => earlyStopping(trainer.model as never))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('a time limit', () => {
  /** Each step takes `each` milliseconds. */
  function timed(each: number, epochs = 1000) {
    const scheduler = new VirtualTimeScheduler()
    const trainer = createTrainer(remembered(), {
      data: samples(10),
      batchSize: 4,
      epochs,
      scheduler,
      stepsPerSecond: 1000 / each,
    })
    return { trainer, scheduler }
  }
  const remembered = () => trial().model

  test('stops a run after so much time, and says so', async () => {
    const { trainer, scheduler } = timed(100)
    timeLimit(trainer, { seconds: 5 })
    const state = await finish(trainer, scheduler)
    expect(state).toMatchObject({ status: 'stopped', reason: 'the time limit of 5 s is over' })
    expect(scheduler.now()).toBe(5000)
    await finish(trainer, scheduler)
    expect(scheduler.now()).toBe(10_000)
  })

  test('does not count pauses, and leaves nothing behind when the run ends before', async () => {
    const { trainer, scheduler } = timed(100)
    timeLimit(trainer, { seconds: 5 })
    const run = trainer.run()
    scheduler.schedule(() => void trainer.pause(), 2000)
    scheduler.schedule(() => void trainer.resume(), 9000)
    scheduler.flush()
    expect((await run).status).toBe('stopped')
    expect(scheduler.now()).toBe(12_000)
    const short = timed(100, 2)
    timeLimit(short.trainer, { seconds: 500 })
    expect((await finish(short.trainer, short.scheduler)).status).toBe('finished')
    expect(short.scheduler.now()).toBeLessThan(1000)
  })

  test('refuses what is no time', () => {
    const { trainer } = timed(100)
    for (const seconds of [0, -1, Number.NaN, '5', undefined])
      expect(errorOf(() => timeLimit(trainer, { seconds } as never)).code).toBe('INVALID_OPTION')
  })
})

test('a program raises alarms of its own', () => {
  const { trainer } = trial()
  const events: TrainerEvent[] = []
  trainer.events$.subscribe(event => events.push(event))
  trainer.alarm({ code: 'HOT', message: 'the machine is at 95 °C', node: 'dense1' })
  expect(events).toMatchObject([
    { type: 'alarm', code: 'HOT', message: 'the machine is at 95 °C', node: 'dense1' },
  ])
  expect(errorOf(() => trainer.alarm({ code: 1 } as never))).toMatchObject({ code: 'INVALID_OPTION' })
  expect(events).toHaveLength(1)
})
