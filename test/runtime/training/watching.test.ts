/** Alarms about a run that goes wrong: one when it begins, none while all is well. */
import {
  compile,
  defineMetric,
  dense,
  fromArrays,
  fromIterable,
  fromObservable,
  graph,
  input,
  type KernelsName,
  meanSquaredError,
  type Port,
  relu,
  type Sample,
  sgd,
  sigmoid,
  type Trainer,
  type TrainerEvent,
  type WatchOptions,
  watchTraining,
} from 'gradstream'
import { Subject, type VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { bytesOf, errorOf, finish, regression, rows, samples, trial } from '../support.ts'

type AlarmEvent = Extract<TrainerEvent, { type: 'alarm' }>

function watched(trainer: Trainer, options?: WatchOptions) {
  const alarms: AlarmEvent[] = []
  trainer.milestones$.subscribe(event => {
    if (event.type === 'alarm') alarms.push(event)
  })
  watchTraining(trainer, options)
  return alarms
}

const OFF = {
  gradients: false,
  deadUnits: false,
  plateau: false,
  overfitting: false,
  stalledData: false,
} as const

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

function modelOf(hidden: (x: Port) => Port, learningRate = 0.1, kernels: KernelsName = 'auto') {
  const prediction = x.pipe(hidden, dense({ units: 1, name: 'head' }))
  const loss = meanSquaredError()(prediction, target)
  return compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate, name: 'sgd' })) }), {
    seed: 3,
    kernels,
  })
}

/** Runs so many steps in virtual time. */
async function steps(trainer: Trainer, scheduler: VirtualTimeScheduler, count: number) {
  const done = trainer.step(count)
  scheduler.flush()
  await done
}

describe.each<KernelsName>(['reference', 'auto'])('with kernels %s', kernels => {
  test('gradients that explode raise one alarm, with the node', async () => {
    const model = modelOf(dense({ units: 8 }), 0.01, kernels)
    const { trainer, scheduler } = trial({ epochs: 1000 }, model)
    const alarms = watched(trainer, { ...OFF, gradients: { everySteps: 10 } })
    await steps(trainer, scheduler, 100)
    expect(alarms).toEqual([])
    const { kernel } = model.node('dense1').parameters
    kernel.assign({ shape: kernel.shape, data: Array.from(kernel.value.data, value => 1000 * value) })
    await trainer.set('sgd', { learningRate: 0 })
    await steps(trainer, scheduler, 50)
    expect(alarms).toMatchObject([
      { code: 'EXPLODING_GRADIENTS', node: expect.stringMatching(/^(dense1|head)$/), step: 110 },
    ])
    expect(alarms[0]?.message).toMatch(/^the gradients explode: their norm is \d/)
  })

  test('gradients that vanish on the way through sigmoids raise an alarm for each node that they do not reach', async () => {
    const deep = (port: Port) => {
      let at = port
      for (let i = 0; i < 14; i++) at = at.pipe(dense({ units: 2 }), sigmoid())
      return at
    }
    const { trainer, scheduler } = trial({ epochs: 1000 }, modelOf(deep, 0.1, kernels))
    const alarms = watched(trainer, { ...OFF, gradients: {} })
    await steps(trainer, scheduler, 300)
    const nodes = alarms.map(({ node }) => node)
    expect(new Set(alarms.map(({ code }) => code))).toEqual(new Set(['VANISHING_GRADIENTS']))
    expect(nodes).toContain('dense1')
    expect(nodes).not.toContain('dense14')
    expect(new Set(nodes).size).toBe(nodes.length)
  })

  test('units that are 0 for all samples raise an alarm when there are many of them', async () => {
    const model = modelOf(port => port.pipe(dense({ units: 8 }), relu()), 0.01, kernels)
    const { trainer, scheduler } = trial({ epochs: 1000 }, model)
    const alarms = watched(trainer, { ...OFF, deadUnits: { everySteps: 5 } })
    await steps(trainer, scheduler, 100)
    expect(alarms).toEqual([])
    const { bias } = model.node('dense1').parameters
    bias.assign(Array.from({ length: 8 }, (_, i) => (i < 5 ? -100 : 0.1)))
    await steps(trainer, scheduler, 100)
    expect(alarms).toMatchObject([{ code: 'DEAD_UNITS', node: 'relu1' }])
    expect(alarms[0]?.message).toMatch(/^5 of 8 units of relu1 are dead/)
  })

  test('changes nothing of what is learned', async () => {
    const model = () => modelOf(port => port.pipe(dense({ units: 8 }), relu()), 0.05, kernels)
    const plain = trial({ epochs: 20 }, model())
    await finish(plain.trainer, plain.scheduler)
    const other = trial({ epochs: 20 }, model())
    watched(other.trainer, { gradients: { everySteps: 1 }, deadUnits: { everySteps: 1 } })
    await finish(other.trainer, other.scheduler)
    expect(bytesOf(other.model)).toEqual(bytesOf(plain.model))
  })
})

/** A metric whose figures are the given ones, epoch after epoch. */
function scripted(type: string, figures: readonly number[]) {
  let epoch = 0
  const data = fromIterable(() => {
    epoch++
    return [{ x: [0, 1], target: [1] }]
  })
  const script = defineMetric({
    type,
    sums: ['count'],
    tally: () => ({ count: 1 }),
    result: () => figures[epoch - 1] ?? Number.NaN,
  })
  return { data, metrics: [script()], epochs: figures.length }
}

describe('figures of the epochs', () => {
  test('a plateau raises an alarm when it begins, and again only after an improvement', async () => {
    const figures = [5, 4, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2]
    const { trainer, scheduler } = trial(scripted('script', figures))
    const alarms = watched(trainer, { ...OFF, plateau: { monitor: 'script', mode: 'min', patience: 3 } })
    await finish(trainer, scheduler)
    expect(alarms.map(({ code, figure, epoch }) => [code, figure, epoch])).toEqual([
      ['PLATEAU', 'script', 6],
      ['PLATEAU', 'script', 12],
    ])
    expect(alarms[0]?.message).toBe('script has not improved for 3 epochs; the best was 3')
  })

  test('one that should rise is watched as well', async () => {
    const { trainer, scheduler } = trial(scripted('script', [1, 2, 3, 4, 4, 4, 5]))
    const alarms = watched(trainer, { ...OFF, plateau: { monitor: 'script', mode: 'max', patience: 2 } })
    await finish(trainer, scheduler)
    expect(alarms.map(({ epoch }) => epoch)).toEqual([6])
  })

  test('a network that learns noise by heart overfits', async () => {
    const dice = new Dice(7)
    const noise = (count: number) =>
      fromArrays({ x: rows(count, 5).x, target: rows(count, 5).x.map(() => [dice.next() * 2 - 1]) })
    const wide = modelOf(port => port.pipe(dense({ units: 64 }), relu(), dense({ units: 64 }), relu()), 0.1)
    const { trainer, scheduler } = trial({ data: noise(12), validation: noise(50), epochs: 400 }, wide)
    const alarms = watched(trainer, { ...OFF, overfitting: {} })
    await finish(trainer, scheduler)
    expect(alarms.map(({ code, figure }) => [code, figure])).toEqual([['OVERFITTING', 'validationLoss']])
    expect(alarms[0]?.message).toMatch(
      /^the model overfits: validationLoss is \d+(\.\d+)? % above that of epoch \d+/,
    )
  })
})

describe('data', () => {
  const one: Sample = { x: [0, 1], target: [1] }
  const waiting = () => {
    const stream$ = new Subject<Sample>()
    const { trainer, scheduler } = trial({ data: fromObservable(stream$), batchSize: 1, epochs: 1 })
    const alarms = watched(trainer, { ...OFF, stalledData: { seconds: 5 } })
    const pass = async (milliseconds: number) => {
      scheduler.maxFrames = scheduler.frame + milliseconds
      scheduler.flush()
      scheduler.frame = scheduler.maxFrames
      await new Promise(resolve => setImmediate(resolve))
    }
    return { stream$, trainer, alarms, pass, scheduler }
  }

  test('that no longer come raise one alarm, and another one when they fail to come again', async () => {
    const { stream$, trainer, alarms, pass } = waiting()
    const done = trainer.run()
    for (let i = 0; i < 5; i++) {
      await pass(3000)
      stream$.next(one)
      await pass(1)
    }
    expect(alarms).toEqual([])
    await pass(20_000)
    expect(alarms.map(({ code, message }) => [code, message])).toEqual([
      ['DATA_STALLED', 'no batch has come for 5 s'],
    ])
    stream$.next(one)
    await pass(1)
    await pass(20_000)
    expect(alarms).toHaveLength(2)
    void trainer.stop()
    await pass(1)
    await done
  })

  test('are not missed while the run is paused, or after its end', async () => {
    const { trainer, alarms, pass, scheduler } = waiting()
    const done = trainer.run()
    await pass(1000)
    void trainer.pause()
    await pass(60_000)
    expect(alarms).toEqual([])
    void trainer.resume()
    await pass(20_000)
    expect(alarms).toHaveLength(1)
    void trainer.stop()
    await done
    await pass(60_000)
    expect(alarms).toHaveLength(1)
    // Nothing is left that would keep the process alive.
    expect(scheduler.actions).toHaveLength(0)
  })
})

test('steps that go well raise no alarm, however many there are', async () => {
  const count = countOf({ few: 300, usual: 3000, full: 100_000 })
  const wide = modelOf(port => port.pipe(dense({ units: 16 }), relu(), dense({ units: 16 }), relu()), 1e-3)
  const { trainer, scheduler } = trial(
    { data: samples(2000), validation: samples(200, 2), batchSize: 32, epochs: Math.ceil(count / 63) },
    wide,
  )
  // A run that has learned all that there is to learn is at its plateau, and rightly says so.
  const alarms = watched(trainer, { plateau: false })
  const { step } = await finish(trainer, scheduler)
  expect(step).toBeGreaterThanOrEqual(count)
  expect(alarms).toEqual([])
})

test('each part can be left out, and all of them ended', async () => {
  const { trainer, scheduler } = trial({ epochs: 30 }, compile(regression({ learningRate: 0 }), { seed: 3 }))
  const alarms = watched(trainer, OFF)
  watchTraining(trainer, { plateau: { patience: 3 } }).unsubscribe()
  await finish(trainer, scheduler)
  expect(alarms).toEqual([])
})

test('options that are none are refused, with the part and what would do', () => {
  const { trainer } = trial()
  for (const [options, place] of [
    [{ gradient: {} }, 'watchTraining'],
    [{ gradients: { exploding: 1 } }, 'watchTraining: gradients'],
    [{ deadUnits: { share: 2 } }, 'watchTraining: deadUnits'],
    [{ plateau: { patience: 0 } }, 'watchTraining: plateau'],
    [{ overfitting: true }, 'watchTraining: overfitting'],
    [{ stalledData: { seconds: 0 } }, 'watchTraining: stalledData'],
  ] as const)
    expect(errorOf(() => watchTraining(trainer, options as never))).toMatchObject({
      code: 'INVALID_OPTION',
      place: expect.stringContaining(place),
    })
  expect(errorOf(() => watchTraining(trainer, { plateau: { monitor: 'los' } })).code).toBe('UNKNOWN_NAME')
  expect(errorOf(() => watchTraining(undefined as never)).code).toBe('INVALID_OPTION')
})
