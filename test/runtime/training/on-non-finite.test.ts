/** What a trainer does about steps whose numbers are not finite: it fails, leaves the batch out, or goes back. */
import {
  compile,
  createTrainer,
  defineNode,
  dense,
  fromIterable,
  graph,
  input,
  meanSquaredError,
  schedule,
  sgd,
  type Tensor,
  type Trainer,
  type TrainerEvent,
} from 'gradstream'
import { Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { bytesOf, errorOf, finish, regression, rejectionOf, rows, trial } from '../support.ts'

/** As large a number as makes the loss infinite. */
const HUGE = 1e30

/** Batches of four rows, of which those with the given numbers, from 0, cannot be trained on. */
function faulty(batches: number, isFaulty: (batch: number) => boolean) {
  const { x, target } = rows(4 * batches)
  return fromIterable(() =>
    x.map((row, i) => ({
      x: isFaulty(Math.floor(i / 4)) ? [HUGE, HUGE] : row,
      target: isFaulty(Math.floor(i / 4)) ? [-HUGE] : (target[i] as number[]),
    })),
  )
}

function alarmsOf(trainer: Trainer) {
  const alarms: Extract<TrainerEvent, { type: 'alarm' }>[] = []
  trainer.milestones$.subscribe(event => {
    if (event.type === 'alarm') alarms.push(event)
  })
  return alarms
}

/** A graph with a node that is not defined for what one of the batches makes of its input. */
const logarithm = defineNode({
  type: 'logarithm',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.log(x) }),
  backward: ({ y: dy }, { x }, _, { kernels: k }) => ({ x: k.div(dy, x as Tensor) }),
})

describe("'stop'", () => {
  test('fails the run, keeps the parameters of the last good step, and names node, direction and inputs', async () => {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(logarithm(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ prediction, loss, update: loss.pipe(sgd()) }), { nodes: [logarithm] })
    const data = fromIterable([1, 2, 3, -1].map(value => ({ x: [value, 2], target: [1] })))
    const { trainer, scheduler } = trial({ data, batchSize: 1 }, model)
    const alarms = alarmsOf(trainer)
    const bytes: unknown[] = []
    trainer.events$.subscribe(({ type }) => type === 'step' && bytes.push(bytesOf(model)))
    expect((await rejectionOf(finish(trainer, scheduler))).code).toBe('NOT_FINITE')
    expect(bytesOf(model)).toEqual(bytes.at(-1))
    expect(alarms).toMatchObject([
      {
        code: 'NOT_FINITE',
        step: 3,
        node: 'logarithm1',
        direction: 'forward',
        inputs: ['x'],
        message: 'the output of logarithm1 is not finite, computed from x (-1 to 2)',
      },
    ])
  })
})

describe("'skip'", () => {
  test('learns exactly what it learns from the other batches alone', async () => {
    const isFaulty = (batch: number) => batch % 5 === 2
    const { trainer, model, scheduler } = trial({
      data: faulty(20, isFaulty),
      onNonFinite: 'skip',
      epochs: 2,
    })
    const alarms = alarmsOf(trainer)
    const { status, step } = await finish(trainer, scheduler)
    expect([status, step, trainer.skippedBatches]).toEqual(['finished', 32, 8])
    // The first, second, fourth and eighth one.
    expect(alarms.map(({ code }) => code)).toEqual(Array(4).fill('BATCH_SKIPPED'))
    expect(alarms.at(-1)?.message).toMatch(/^a batch is skipped, number 8 in all: the (output|gradient)/)

    const others = rows(80)
    const kept = (_: unknown, i: number) => !isFaulty(Math.floor(i / 4))
    const [x, target] = [others.x.filter(kept), others.target.filter(kept)]
    const data = fromIterable(() => x.map((row, i) => ({ x: row, target: target[i] as number[] })))
    const clean = trial({ data, epochs: 2 })
    const { metrics } = await finish(clean.trainer, clean.scheduler)
    expect(bytesOf(model)).toEqual(bytesOf(clean.model))
    expect(trainer.state.metrics).toEqual(metrics)
  })

  test('gives up after so many in a row, and goes on behind them when it is run again', async () => {
    const { trainer, scheduler } = trial({
      data: faulty(9, batch => batch >= 2 && batch < 7),
      epochs: 1,
      onNonFinite: { policy: 'skip', limit: 4 },
    })
    const error = await rejectionOf(finish(trainer, scheduler))
    expect(error.code).toBe('NOT_FINITE')
    expect(error.got).toContain('after 4 batches that were skipped in a row')
    expect(trainer.state).toMatchObject({ status: 'failed', step: 2 })
    const { status, step } = await finish(trainer, scheduler)
    expect([status, step]).toEqual(['finished', 4])
  })
})

describe("'rollback'", () => {
  const diverging = (learningRate: object | number) => {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(dense({ units: 4 }), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    return compile(
      graph({
        prediction,
        loss,
        update: loss.pipe(sgd({ learningRate: learningRate as number, momentum: 0.5 })),
      }),
      { seed: 3 },
    )
  }

  test('goes back as often as the learning rate is too large, and then learns', async () => {
    const model = diverging(50)
    const { trainer, scheduler } = trial(
      { epochs: 400, onNonFinite: { policy: 'rollback', everySteps: 50 } },
      model,
    )
    const alarms = alarmsOf(trainer)
    const steps: number[] = []
    trainer.events$.subscribe(event => event.type === 'step' && steps.push(event.step))
    const { status, metrics, hyperparameters } = await finish(trainer, scheduler)
    expect(status).toBe('finished')
    expect(metrics.loss).toBeLessThan(1)
    expect(alarms.length).toBeGreaterThan(2)
    expect(hyperparameters.sgd1).toMatchObject({ learningRate: 50 / 2 ** alarms.length })
    expect(alarms[0]).toMatchObject({ code: 'ROLLED_BACK' })
    expect(alarms[0]?.message).toMatch(
      /^step \d+ goes back to the parameters after step 0, with sgd1.learningRate 25: /,
    )
    // Steps are counted on, whatever is lost.
    expect(steps).toEqual(steps.map((_, i) => i + 1))
  })

  test('gives all back that the model had learned: parameters, slots and the states of nodes', async () => {
    const { trainer, model, scheduler } = trial({
      data: faulty(12, batch => batch === 7),
      epochs: 1,
      onNonFinite: { policy: 'rollback', everySteps: 5, factor: 1 },
    })
    const seen: Record<string, Tensor>[] = [model.state()]
    trainer.events$.subscribe(({ type }) => {
      if (type === 'step' || type === 'alarm') seen.push(model.state())
    })
    await finish(trainer, scheduler)
    // Seven good steps, then the alarm: back to what was kept before the sixth.
    const { step: _, ...back } = seen[8] as Record<string, Tensor>
    const { step: __, ...kept } = seen[5] as Record<string, Tensor>
    expect(back).toEqual(kept)
  })

  test('goes back one copy further where the last one does not help', async () => {
    const { trainer, scheduler } = trial({
      data: faulty(12, batch => batch === 7 || batch === 8),
      epochs: 1,
      onNonFinite: { policy: 'rollback', everySteps: 3 },
    })
    const alarms = alarmsOf(trainer)
    await finish(trainer, scheduler)
    expect(alarms.map(({ message }) => /after step (\d+)/.exec(message)?.[1])).toEqual(['6', '3'])
  })

  test('gives up after so many in a row', async () => {
    const { trainer, scheduler } = trial({
      data: faulty(12, batch => batch > 3),
      onNonFinite: { policy: 'rollback', limit: 3 },
    })
    const error = await rejectionOf(finish(trainer, scheduler))
    expect(error.got).toContain('after 3 rollbacks in a row')
  })

  test('makes schedules smaller, and leaves alone what a stream gives', async () => {
    const options = { data: faulty(4, batch => batch === 1), epochs: 1, onNonFinite: 'rollback' } as const
    const cosine = trial(options, diverging(schedule.cosine({ initial: 0.1, steps: 100 })))
    await finish(cosine.trainer, cosine.scheduler)
    expect(cosine.trainer.state.follows.sgd1).toMatchObject({ learningRate: { initial: 0.05, steps: 100 } })

    const streamed = trial(options, diverging(0.1))
    const rate$ = new Subject<number>()
    await streamed.trainer.set('sgd1', { learningRate: rate$ })
    const alarms = alarmsOf(streamed.trainer)
    await finish(streamed.trainer, streamed.scheduler)
    expect(streamed.trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.1 })
    expect(alarms[0]?.message).not.toContain('learningRate')
  })

  test('does not bring back what somebody replaced since', async () => {
    const { trainer, model, scheduler } = trial({
      data: faulty(8, batch => batch === 5),
      epochs: 1,
      shuffle: false,
      onNonFinite: 'rollback',
    })
    const done = trainer.step(3)
    scheduler.flush()
    await done
    const { kernel } = model.node('dense1').parameters
    kernel.assign({ shape: kernel.shape, data: Array(8).fill(0.25) })
    const alarms = alarmsOf(trainer)
    await finish(trainer, scheduler)
    expect(alarms[0]?.message).toContain('after step 3')
  })
})

test('options that are none are refused, with what would do', () => {
  const model = compile(regression(), { seed: 3 })
  const data = faulty(1, () => false)
  for (const onNonFinite of [
    'ignore',
    {},
    { policy: 'skip', limit: 0 },
    { policy: 'rollback', factor: 2 },
    { policy: 'rollback', everySteps: 0.5 },
    { policy: 'skip', often: 1 },
  ])
    expect(errorOf(() => createTrainer(model, { data, onNonFinite } as never))).toMatchObject({
      code: 'INVALID_OPTION',
      place: expect.stringContaining('createTrainer'),
    })
})

test('a validation that is not finite fails the run whatever the policy, since leaving batches out would change its figures', async () => {
  const { trainer, scheduler } = trial({ validation: faulty(1, () => true), onNonFinite: 'skip' })
  const alarms = alarmsOf(trainer)
  expect((await rejectionOf(finish(trainer, scheduler))).code).toBe('NOT_FINITE')
  expect(alarms[0]?.code).toBe('NOT_FINITE')
})
