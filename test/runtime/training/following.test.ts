/** Hyper-parameters that follow a stream, or a figure of the epochs. */
import {
  compile,
  createTrainer,
  type RunState,
  type Schedule,
  schedule,
  type Trainer,
  type TrainerEvent,
} from 'gradstream'
import { BehaviorSubject, concat, NEVER, Observable, of, range, Subject, throwError } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPlateau, plateauAfter, plateauOf } from '../../../core/index.ts'
import { bytesOf, errorOf, finish, regression, rejectionOf, samples, trial } from '../support.ts'

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

type Trial = ReturnType<typeof trial>

const learningRateOf = ({ hyperparameters }: RunState) => Object(hyperparameters.sgd1).learningRate

function eventsOf(trainer: Trainer): TrainerEvent[] {
  const events: TrainerEvent[] = []
  trainer.milestones$.subscribe(event => events.push(event))
  return events
}

async function step({ trainer, scheduler }: Trial, count = 1): Promise<RunState> {
  const done = trainer.step(count)
  scheduler.flush()
  return done
}

/** Rates by the number of steps that are done when they come. */
const courses: Record<string, (done: number) => number | undefined> = {
  'after each step': done => 0.1 / done,
  'now and then': done => (done % 20 === 7 ? 2 / done : undefined),
  'in bursts': done => (done % 60 < 25 ? 0.001 * done : undefined),
}

describe.each(['wasm', 'reference'] as const)('on kernels %s', kernels => {
  test.each(Object.entries(courses))(
    'numbers that come %s give the same bytes as trainer.set at the same steps',
    async (_, rateAfter) => {
      const begun = () => trial({ epochs: 100 }, compile(regression(), { seed: 3, kernels, threads: 1 }))
      const [steered, between, within] = [begun(), begun(), begun()]
      const [between$, within$] = [new Subject<number>(), new Subject<number>()]
      await between.trainer.set('sgd1', { learningRate: between$ })
      await within.trainer.set('sgd1', { learningRate: within$ })
      within.model.node('tanh1').forward$.subscribe(frame => {
        const rate = rateAfter(frame.step)
        if (rate !== undefined) within$.next(rate)
      })
      for (let done = 0; done < 130; done++) {
        const rate = done > 0 ? rateAfter(done) : undefined
        if (rate !== undefined) {
          await steered.trainer.set('sgd1', { learningRate: rate })
          between$.next(rate)
        }
        for (const run of [steered, between, within]) await step(run)
        expect(bytesOf(between.model)).toEqual(bytesOf(steered.model))
        expect(bytesOf(within.model)).toEqual(bytesOf(steered.model))
      }
    },
  )
})

test('the number that a stream begins with counts from the next step on, and the state shows both', async () => {
  const run = trial()
  const states: RunState[] = []
  run.trainer.state$.subscribe(state => states.push(state))
  const rate$ = new BehaviorSubject(0.25)
  await run.trainer.set('sgd1', { learningRate: rate$, momentum: 0.75 })
  expect(run.trainer.state).toMatchObject({
    hyperparameters: { sgd1: { learningRate: 0.25, momentum: 0.75 } },
    follows: { sgd1: { learningRate: 'stream' } },
    revision: 1,
  })
  rate$.next(0.125)
  run.scheduler.flush()
  expect(learningRateOf(states.at(-1) as RunState)).toBe(0.125)
  expect(learningRateOf(await step(run))).toBe(0.125)
  // A stream does not stand in the way of somebody who sets by hand what was seen before it went on.
  await run.trainer.set('sgd1', { learningRate: 0.5 }, 1)
  expect(run.trainer.state).toMatchObject({ follows: { sgd1: {} }, revision: 2 })
  expect(rate$.observed).toBe(false)
})

test('of many numbers in one step, the last one counts', async () => {
  const run = trial()
  const rate$ = new Subject<number>()
  await run.trainer.set('sgd1', { learningRate: rate$ })
  run.model.node('tanh1').forward$.subscribe(() => {
    for (let i = 1; i <= 10_000; i++) rate$.next(1 / i)
  })
  const other = trial()
  await step(other)
  await step(run)
  expect(bytesOf(run.model)).toEqual(bytesOf(other.model))
  expect(learningRateOf(run.trainer.state)).toBe(1e-4)
})

describe('what is no number that fits', () => {
  test.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['a negative number', -0.1],
    ['text', '0.1'],
    ['nothing', undefined],
    ['a schedule', schedule.constant({ value: 1 })],
  ])('%s is refused and reported, and the run goes on with the last number', async (_, value) => {
    const [run, other] = [trial(), trial()]
    const events = eventsOf(run.trainer)
    const warnings: string[] = []
    run.trainer.warnings$.subscribe(({ code, place }) => warnings.push(`${code} at ${place}`))
    const rate$ = new Subject<unknown>()
    await run.trainer.set('sgd1', { learningRate: rate$ })
    await other.trainer.set('sgd1', { learningRate: 0.2 })
    rate$.next(0.2)
    await step(run)
    await step(other)
    for (let i = 0; i < 100; i++) rate$.next(value)
    await step(run)
    await step(other)
    expect(bytesOf(run.model)).toEqual(bytesOf(other.model))
    expect(warnings).toEqual(['INVALID_CONFIG at sgd1, stream of learningRate'])
    expect(events.filter(({ type }) => type === 'alarm')).toMatchObject([
      { code: 'INVALID_CONFIG', message: expect.stringContaining('The run goes on with 0.2.') },
    ])
    rate$.next(0.1)
    expect(learningRateOf(await step(run))).toBe(0.1)
    rate$.next(value)
    rate$.next(0.2)
    rate$.next(value)
    expect(events.filter(({ type }) => type === 'alarm')).toHaveLength(3)
  })

  test('a number that would need other slots is refused as well', async () => {
    const { trainer } = trial({}, compile(regression({ momentum: 0 }), { seed: 3 }))
    await trainer.set('sgd1', { momentum: of(0.5) })
    expect(trainer.state.hyperparameters.sgd1).toMatchObject({ momentum: 0 })
    expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('slots'))
  })
})

describe('a stream that', () => {
  const released = { type: 'released', node: 'sgd1', name: 'learningRate' }

  test('completes leaves its last number', async () => {
    const run = trial()
    const events = eventsOf(run.trainer)
    await run.trainer.set('sgd1', { learningRate: of(0.4, 0.3) })
    expect(run.trainer.state).toMatchObject({ follows: { sgd1: {} }, revision: 1 })
    expect(learningRateOf(await step(run))).toBe(0.3)
    expect(events[0]).toMatchObject(released)
    expect(console.warn).not.toHaveBeenCalled()
  })

  test('fails leaves its last number, and an alarm', async () => {
    const run = trial()
    const events = eventsOf(run.trainer)
    const failing$ = concat(
      of(0.3),
      throwError(() => new Error('no signal')),
    )
    await run.trainer.set('sgd1', { learningRate: failing$ })
    expect(learningRateOf(await step(run))).toBe(0.3)
    expect(events.filter(({ type }) => type === 'released')).toMatchObject([released])
    expect(events.filter(({ type }) => type === 'alarm')).toMatchObject([
      { code: 'STREAM_FAILED', message: expect.stringContaining('"no signal". The run goes on with 0.3.') },
    ])
  })

  test('cannot be subscribed to does the same', async () => {
    const { trainer } = trial()
    const broken$ = new Observable<number>(() => {
      throw new Error('closed')
    })
    await trainer.set('sgd1', { learningRate: broken$ })
    expect(learningRateOf(trainer.state)).toBe(0.1)
    expect(trainer.state.follows.sgd1).toEqual({})
    expect(console.warn).toHaveBeenCalledTimes(1)
  })
})

describe('the subscription is closed', () => {
  const following = async () => {
    const run = trial()
    const rate$ = new Subject<number>()
    await run.trainer.set('sgd1', { learningRate: rate$ })
    expect(rate$.observed).toBe(true)
    return { ...run, rate$ }
  }

  test('by dispose', async () => {
    const { trainer, rate$ } = await following()
    trainer.dispose()
    expect(rate$.observed).toBe(false)
    expect(trainer.state.follows.sgd1).toEqual({})
  })

  test('by a number, a schedule or another stream, also from another trainer, and not by other numbers', async () => {
    const values = [0.1, schedule.cosine({ initial: 0.1, steps: 9 }), NEVER]
    for (const learningRate of values) {
      for (const isOther of [false, true]) {
        const { trainer, model, rate$ } = await following()
        const setter = isOther ? createTrainer(model, { data: samples(4) }) : trainer
        await setter.set('sgd1', { momentum: 0.25 })
        expect(rate$.observed).toBe(true)
        await setter.set('sgd1', { learningRate })
        expect(rate$.observed).toBe(false)
      }
    }
  })

  test('never opened by a trainer that is disposed', async () => {
    const { trainer } = trial()
    trainer.dispose()
    const rate$ = new Subject<number>()
    expect(await rejectionOf(trainer.set('sgd1', { learningRate: rate$ }))).toMatchObject({
      code: 'ALREADY_DISPOSED',
    })
    expect(rate$.observed).toBe(false)
  })
})

test('a set that is refused changes nothing, and leaves the streams alone', async () => {
  const { trainer } = trial()
  const [rate$, next$] = [new Subject<number>(), new Subject<number>()]
  await trainer.set('sgd1', { learningRate: rate$ })
  for (const values of [
    { momentum: 2 },
    { learningrate: NEVER },
    { nesterov: NEVER },
    { momentum: 'much' },
  ]) {
    expect(await rejectionOf(trainer.set('sgd1', { learningRate: next$, ...values }))).toMatchObject({
      code: 'INVALID_CONFIG',
    })
  }
  const stale = trainer.set('sgd1', { learningRate: next$ }, 0)
  expect(await rejectionOf(stale)).toMatchObject({ code: 'REVISION_CONFLICT' })
  expect([rate$.observed, next$.observed]).toEqual([true, false])
  expect(trainer.state).toMatchObject({ revision: 1, hyperparameters: { sgd1: { momentum: 0.5 } } })
})

test('only numbers follow a stream, and graphs and commands are told where it goes', async () => {
  const { trainer } = trial()
  const { message } = await rejectionOf(trainer.set('sgd1', { nesterov: NEVER }))
  expect(message).toContain('nesterov to be a number, since only numbers can follow a stream, got false')
  const values = { learningRate: NEVER }
  const refused = await rejectionOf(trainer.send({ type: 'set', node: 'sgd1', values }))
  for (const error of [refused, errorOf(() => regression(values as never))])
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', hint: expect.stringContaining('trainer.set(') })
})

test('a stream of 20,000 numbers at once holds nothing up', async () => {
  const { trainer } = trial()
  await trainer.set('sgd1', { learningRate: range(1, 20_000) })
  expect(learningRateOf(trainer.state)).toBe(20_000)
})

// --- schedules that watch a figure ------------------------------------------------------------------------------

describe('reduceOnPlateau', () => {
  const initial = 0.05

  /** The rates after each epoch, and those that follow from the figures. */
  async function told(
    learningRate: Schedule,
    watched: (metrics: RunState['metrics']) => number,
    validated = true,
  ) {
    const model = compile(regression({ learningRate: learningRate as never }), { seed: 3 })
    const validation = validated ? { validation: samples(6, 9) } : {}
    const run = trial({ epochs: 60, metrics: ['r2'], ...validation }, model)
    const rates: number[] = []
    run.trainer.milestones$.subscribe(({ type }) => {
      if (type === 'epoch') rates.push(learningRateOf(run.trainer.state))
    })
    const { history, follows } = await finish(run.trainer, run.scheduler)
    if (!isPlateau(learningRate)) throw new Error('not a plateau')
    expect(follows.sgd1).toEqual({ learningRate })
    let plateau = plateauOf(learningRate)
    const expected = history.map(({ metrics }) => {
      plateau = plateauAfter(learningRate, plateau, watched(metrics))
      return plateau.value
    })
    return { rates, expected }
  }

  test.each<
    [name: string, options: object, watched: (metrics: RunState['metrics']) => unknown, validated?: boolean]
  >([
    ['the validation loss', {}, ({ validationLoss }) => validationLoss],
    ['the loss where nothing is validated', {}, ({ loss }) => loss, false],
    ['the loss that is named', { monitor: 'loss' }, ({ loss }) => loss],
    ['a metric', { monitor: 'validationR2', mode: 'max' }, ({ validationR2 }) => validationR2],
  ])('watches %s', async (_, options, watched, validated) => {
    const rate = schedule.reduceOnPlateau({ initial, patience: 1, threshold: 0.02, factor: 0.5, ...options })
    const { rates, expected } = await told(rate, metrics => watched(metrics) as number, validated)
    expect(rates).toEqual(expected)
    expect(new Set(rates).size).toBeGreaterThan(3)
  })

  test('gives the same bytes as numbers that are set after the same epochs', async () => {
    const rate = schedule.reduceOnPlateau({ initial, patience: 1, threshold: 0.02, factor: 0.5 })
    const model = compile(regression({ learningRate: rate as never }), { seed: 3 })
    const [watching, steered] = [trial({ epochs: 60 }, model), trial({ epochs: 60 })]
    await steered.trainer.set('sgd1', { learningRate: initial })
    const rates: unknown[] = []
    watching.trainer.milestones$.subscribe(({ type }) => {
      if (type === 'epoch') rates.push(learningRateOf(watching.trainer.state))
    })
    steered.trainer.milestones$.subscribe(({ type }) => {
      if (type === 'epoch') void steered.trainer.set('sgd1', { learningRate: rates.shift() })
    })
    await finish(watching.trainer, watching.scheduler)
    await finish(steered.trainer, steered.scheduler)
    expect(bytesOf(watching.model)).toEqual(bytesOf(steered.model))
  })

  test('begins again when it is set again, and not when something else is', async () => {
    const learningRate = schedule.reduceOnPlateau({ initial, patience: 0, threshold: 0.9 })
    const run = trial(
      { epochs: 5 },
      compile(regression({ learningRate: learningRate as never }), { seed: 3 }),
    )
    await finish(run.trainer, run.scheduler)
    const reduced = learningRateOf(run.trainer.state)
    expect(reduced).toBeLessThan(initial)
    await run.trainer.set('sgd1', { momentum: 0.25 })
    expect(learningRateOf(run.trainer.state)).toBe(reduced)
    await run.trainer.set('sgd1', { learningRate })
    expect(learningRateOf(run.trainer.state)).toBe(initial)
    await run.trainer.set('sgd1', { learningRate: 0.25 })
    await finish(run.trainer, run.scheduler)
    expect(learningRateOf(run.trainer.state)).toBe(0.25)
  })

  test('a figure that there is not is refused, with those that there are', async () => {
    const learningRate = schedule.reduceOnPlateau({ initial, monitor: 'validationLoss' })
    const model = compile(regression({ learningRate: learningRate as never }), { seed: 3 })
    expect(errorOf(() => trial({}, model)).message).toBe(
      'createTrainer: sgd1, learningRate: monitor: expected a figure of the epochs: "loss", got "validationLoss". Pass the trainer validation data: createTrainer(model, { data, validation }). [UNKNOWN_NAME]',
    )
    const { trainer } = trial({ validation: samples(4) })
    const misspelt = schedule.reduceOnPlateau({ initial, monitor: 'validatoinLoss' })
    expect(await rejectionOf(trainer.set('sgd1', { learningRate: misspelt }))).toMatchObject({
      code: 'UNKNOWN_NAME',
      hint: 'Did you mean "validationLoss"?',
    })
    await trainer.set('sgd1', { learningRate })
    expect(trainer.state.follows.sgd1).toEqual({ learningRate })
  })
})
