/** The trainer: what happens in a run, how it is steered, and what cannot hurt it. */
import {
  compile,
  createTrainer,
  defineNode,
  defineOptimizer,
  dense,
  fromArrays,
  fromIterable,
  type GradstreamError,
  graph,
  input,
  type Model,
  meanSquaredError,
  sgd,
  type Trainer,
  type TrainerEvent,
  tanh,
} from 'gradstream'
import type { Observable, VirtualTimeScheduler } from 'rxjs'
import { describe, expect, test, vi } from 'vitest'
import {
  bytesOf,
  errorOf,
  figure,
  finish,
  logSpread,
  regression,
  rejectionOf,
  rows,
  samples,
  trial,
} from '../support.ts'

/** Everything that a trainer tells. */
function listen(trainer: Trainer): TrainerEvent[] {
  const events: TrainerEvent[] = []
  trainer.events$.subscribe(event => events.push(event))
  return events
}
const types = (events: readonly TrainerEvent[]) => events.map(({ type }) => type)

const streamsOf = ({ events$, state$, patches$ }: Trainer): [string, Observable<unknown>][] => [
  ['events$', events$],
  ['state$', state$],
  ['patches$', patches$],
]

/** What a run without any disturbance comes to. */
async function undisturbed() {
  const { model, trainer, scheduler } = trial()
  const state = await finish(trainer, scheduler)
  return { bytes: bytesOf(model), state }
}

async function held(trainer: Trainer, scheduler: VirtualTimeScheduler, count: number) {
  const done = trainer.step(count)
  scheduler.flush()
  return done
}

describe('a run', () => {
  test('tells its start, its steps, its epochs and its end, in that order', async () => {
    const { trainer, scheduler } = trial({ epochs: 2, validation: samples(5, 2) })
    const events = listen(trainer)
    await finish(trainer, scheduler)
    const epoch = ['step', 'step', 'step', 'epoch']
    expect(types(events)).toEqual(['started', ...epoch, ...epoch, 'finished'])
    expect(events.map(({ epoch, step }) => [epoch, step])).toEqual([
      [0, 0],
      ...[1, 2, 3, 3].map(step => [1, step]),
      ...[4, 5, 6, 6].map(step => [2, step]),
      [2, 6],
    ])
    const last = events.at(-1)
    expect(last?.type === 'finished' && Object.keys(last.metrics)).toEqual(['loss', 'validationLoss'])
  })

  test('evaluates after each epoch, never trains on the validation data', async () => {
    const alone = await undisturbed()
    const { model, trainer, scheduler } = trial({ validation: samples(5, 2) })
    const modes: string[] = []
    model.node('x').forward$.subscribe(({ mode, tensor }) => modes.push(`${mode} ${tensor.shape[0]}`))
    await finish(trainer, scheduler)
    const epoch = ['train 4', 'train 4', 'train 2', 'infer 4', 'infer 1']
    // One batch of the validation is tried before the first epoch.
    expect(modes).toEqual(['infer 4', ...epoch, ...epoch, ...epoch])
    expect(bytesOf(model)).toEqual(alone.bytes)
  })

  test('counts the short batch at the end with its true size', async () => {
    const { model, trainer, scheduler } = trial(
      {
        validation: samples(5, 2),
        metrics: ['meanAbsoluteError'],
        shuffle: false,
        epochs: 1,
      },
      compile(regression({ learningRate: 0 }), { seed: 3, precision: 'float64' }),
    )
    const events = listen(trainer)
    const { metrics } = await finish(trainer, scheduler)
    const check = (count: number, seed: number, prefix: string) => {
      const { x, target } = rows(count, seed)
      const errors = [...model.predict({ x }).prediction.data].map((p, i) => p - (target[i]?.[0] as number))
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
      const name = (text: string) => (prefix ? prefix + text[0]?.toUpperCase() + text.slice(1) : text)
      expect(figure(metrics, name('loss'))).toBeCloseTo(mean(errors.map(e => e * e)), 12)
      expect(figure(metrics, name('meanAbsoluteError'))).toBeCloseTo(mean(errors.map(Math.abs)), 12)
    }
    check(10, 1, '')
    check(5, 2, 'validation')
    const steps = events.filter(event => event.type === 'step')
    expect(steps.map(({ samples }) => samples)).toEqual([4, 4, 2])
    const weighted = steps.reduce((sum, { loss, samples }) => sum + (loss * samples) / 10, 0)
    expect(figure(metrics, 'loss')).toBeCloseTo(weighted, 12)
  })

  test('called again while it goes on is the same promise', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    const run = trainer.run()
    expect(trainer.run()).toBe(run)
    scheduler.flush()
    expect((await run).step).toBe(9)
    expect(types(events).filter(type => type === 'started')).toHaveLength(1)
  })

  test('called again when all is done plans as many epochs anew', async () => {
    const { trainer, scheduler } = trial()
    await finish(trainer, scheduler)
    const state = await finish(trainer, scheduler)
    expect(state).toMatchObject({ status: 'finished', epochs: 6, epoch: 6, step: 18 })
    expect(state.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('with the same seed gives the same bytes, with another seed others', async () => {
    const { bytes } = await undisturbed()
    expect((await undisturbed()).bytes).toEqual(bytes)
    const other = trial({ seed: 1 })
    await finish(other.trainer, other.scheduler)
    expect(bytesOf(other.model)).not.toEqual(bytes)
  })

  test('has nothing to do with the real clock', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    trainer.events$.subscribe(({ type }) => {
      if (type === 'step') scheduler.frame += 500
    })
    await finish(trainer, scheduler)
    const epochs = events.filter(event => event.type === 'epoch')
    expect(epochs.map(({ time, seconds }) => [time, seconds])).toEqual([
      [1500, 1.5],
      [3000, 1.5],
      [4500, 1.5],
    ])
    expect(events.at(-1)?.time).toBe(4500)
  })

  test('lets timers and I/O through when a slice is over', async () => {
    const data = samples(10)
    const trainer = createTrainer(compile(regression()), { data, batchSize: 1, epochs: 2, sliceTime: 1 })
    const order: string[] = []
    trainer.events$.subscribe(({ type }) => {
      if (type !== 'step') return
      order.push('step')
      setTimeout(() => order.push('timer'))
      setImmediate(() => order.push('immediate'))
      // Until the timer is due, and the slice over.
      const end = performance.now() + 2
      while (performance.now() < end);
    })
    await trainer.run()
    await new Promise(resolve => setImmediate(resolve))
    expect(order).toEqual(Array.from({ length: 20 }, () => ['step', 'timer', 'immediate']).flat())
  })
})

describe('pause, resume, step and stop', () => {
  test('step() does as many steps as asked for, and holds', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    expect(await held(trainer, scheduler, 2)).toMatchObject({ status: 'paused', step: 2, epoch: 1 })
    expect(await held(trainer, scheduler, 1)).toMatchObject({ status: 'paused', step: 3 })
    expect(await held(trainer, scheduler, 4)).toMatchObject({ status: 'paused', step: 7, epoch: 3 })
    const once = trainer.step()
    scheduler.flush()
    expect((await once).step).toBe(8)
    expect(types(events).filter(type => type === 'started')).toHaveLength(1)
  })

  test('single steps come to the same weights as one run', async () => {
    const { bytes } = await undisturbed()
    const { model, trainer, scheduler } = trial()
    for (let step = 1; step <= 9; step++) await held(trainer, scheduler, 1)
    expect(bytesOf(model)).toEqual(bytes)
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'finished', step: 9 })
  })

  test('step() past the end ends with the run', async () => {
    const { trainer, scheduler } = trial()
    expect(await held(trainer, scheduler, 100)).toMatchObject({ status: 'finished', step: 9 })
  })

  test.each([0, -1, 1.5, Number.NaN])('step(%s) is refused', count => {
    expect(errorOf(() => trial().trainer.step(count)).code).toBe('INVALID_OPTION')
  })

  test('pause() from inside a step event holds after that step, and resume() goes on to the same weights', async () => {
    const { bytes } = await undisturbed()
    const { model, trainer, scheduler } = trial()
    const events = listen(trainer)
    let pausing: Promise<unknown> | undefined
    trainer.events$.subscribe(event => {
      if (event.type === 'step' && event.step === 4) pausing = trainer.pause()
    })
    const run = trainer.run()
    scheduler.flush()
    expect(await pausing).toMatchObject({ status: 'paused', step: 4 })
    expect(trainer.state).toMatchObject({ status: 'paused', step: 4 })
    trainer.resume()
    scheduler.flush()
    expect(await run).toMatchObject({ status: 'finished', step: 9 })
    expect(bytesOf(model)).toEqual(bytes)
    const told = types(events).filter(type => type !== 'step' && type !== 'epoch')
    expect(told).toEqual(['started', 'paused', 'resumed', 'finished'])
  })

  test('pause() between two slices holds at once', async () => {
    const { trainer, scheduler } = trial()
    const run = trainer.run()
    expect(await trainer.pause()).toMatchObject({ status: 'paused', step: 0 })
    scheduler.flush()
    expect(trainer.state.step).toBe(0)
    trainer.resume()
    scheduler.flush()
    expect((await run).status).toBe('finished')
  })

  test('run() goes on after a pause too, and its promise is the one that was pending', async () => {
    const { trainer, scheduler } = trial()
    const run = trainer.run()
    await trainer.pause()
    expect(trainer.run()).toBe(run)
    scheduler.flush()
    expect((await run).step).toBe(9)
  })

  test('stop() from inside a step event ends the run, and run() goes on with the next epoch', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    trainer.events$.subscribe(event => {
      if (event.type === 'step' && event.step === 2) void trainer.stop()
    })
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'stopped', step: 2, epoch: 1 })
    expect(types(events)).toEqual(['started', 'step', 'step', 'stopped'])
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'finished', step: 8, epoch: 3 })
  })

  test('stop() ends a paused run', async () => {
    const { trainer, scheduler } = trial()
    const run = trainer.run()
    await trainer.pause()
    expect((await trainer.stop()).status).toBe('stopped')
    expect((await run).status).toBe('stopped')
    scheduler.flush()
    expect(trainer.state.step).toBe(0)
  })

  test('what is asked for in the same step is done in its order, and each is answered', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    const kept: Promise<{ status: string }>[] = []
    trainer.events$.subscribe(event => {
      if (event.type !== 'step' || event.step !== 2) return
      kept.push(trainer.pause(), trainer.resume(), trainer.pause(), trainer.stop(), trainer.pause())
    })
    await finish(trainer, scheduler)
    const statuses = (await Promise.all(kept)).map(({ status }) => status)
    expect(statuses).toEqual(['paused', 'running', 'paused', 'stopped', 'stopped'])
    const told = ['started', 'step', 'step', 'paused', 'resumed', 'paused', 'stopped']
    expect(types(events)).toEqual(told)
  })

  test('commands of one step are done in their order, and told when they are done', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    trainer.events$.subscribe(event => {
      if (event.type !== 'step' || event.step !== 2) return
      for (const command of ['pause', 'resume', 'resume'] as const)
        trainer.send({ type: command }).catch(() => undefined)
      trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.2 } }).catch(() => undefined)
    })
    await finish(trainer, scheduler)
    const at = events.slice(3, 9).map(event => (event.type === 'command' ? event.command.type : event.type))
    expect(at).toEqual(['paused', 'pause', 'resumed', 'resume', 'resume', 'set'])
    const refused = events.filter(event => event.type === 'command' && event.error)
    expect(refused).toMatchObject([{ command: { type: 'resume' }, error: { code: 'NOT_AVAILABLE' } }])
    expect(trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.2 })
  })

  test('where nothing runs, pause(), resume() and stop() change nothing', async () => {
    const { trainer, scheduler } = trial()
    const events = listen(trainer)
    expect((await trainer.pause()).status).toBe('idle')
    expect((await trainer.stop()).status).toBe('idle')
    trainer.resume()
    scheduler.flush()
    expect(trainer.state).toMatchObject({ status: 'idle', step: 0 })
    expect(events).toEqual([])
  })

  test('run() from inside the finished event starts the next epochs', async () => {
    const { trainer, scheduler } = trial()
    let again: Promise<unknown> | undefined
    trainer.events$.subscribe(event => {
      if (event.type === 'finished' && event.step === 9) again = trainer.run()
    })
    const first = trainer.run()
    scheduler.flush()
    await first
    expect(await again).toMatchObject({ status: 'finished' })
    expect(trainer.state).toMatchObject({ status: 'finished', step: 18 })
  })

  test('one slice is scheduled at a time, however often the run is paused and resumed', async () => {
    const { trainer, scheduler } = trial({ epochs: 1000 })
    void trainer.run()
    for (let i = 0; i < 5; i++) {
      void trainer.pause()
      trainer.resume()
    }
    let most = 0
    trainer.events$.subscribe(event => {
      if (event.type !== 'step') return
      if (event.step < 10) void trainer.pause()
      // The slice under way is not among those that are scheduled, and its successor comes after it.
      if (event.step > 1000) most = Math.max(most, scheduler.actions.length)
    })
    trainer.events$.subscribe(event => {
      if (event.type === 'paused') trainer.resume()
    })
    scheduler.flush()
    expect(trainer.state).toMatchObject({ status: 'finished', step: 3000 })
    expect(most).toBeLessThanOrEqual(1)
  })

  test('step() from inside a step event holds after so many more', async () => {
    const { trainer, scheduler } = trial()
    trainer.events$.subscribe(event => {
      if (event.type === 'step' && event.step === 2) void trainer.step(3)
    })
    void trainer.run()
    scheduler.flush()
    expect(trainer.state).toMatchObject({ status: 'paused', step: 5 })
  })
})

describe('a step that fails', () => {
  const x = input({ name: 'x', shape: [2] })
  const target = input({ name: 'target', shape: [1] })

  /** A node that throws once in a step, in the direction asked for. */
  function trap(direction: 'forward' | 'backward' | 'nowhere', at: number) {
    let armed = true
    const spring = (here: string, step: number) => {
      if (!armed || here !== direction || step !== at) return
      armed = false
      throw new Error('out of order')
    }
    return defineNode({
      type: 'trap',
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      forward({ x }, _, { kernels: k, step, mode }) {
        if (mode === 'train') spring('forward', step)
        return { y: k.copy(x) }
      },
      backward({ y: dy }, _, __, { kernels: k, step }) {
        spring('backward', step)
        return { x: k.copy(dy) }
      },
    })
  }

  function trapped(direction: 'forward' | 'backward' | 'nowhere', at: number): Model {
    const node = trap(direction, at)
    const prediction = x.pipe(dense({ units: 4 }), tanh(), node(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const update = loss.pipe(sgd({ learningRate: 0.1, momentum: 0.5 }))
    return compile(graph({ prediction, loss, update }), { nodes: [node], seed: 3 })
  }

  test.each([
    ['forward', 1],
    ['forward', 5],
    ['backward', 1],
    ['backward', 5],
    ['backward', 9],
  ] as const)(
    '%s in step %i leaves the parameters of the step before, and run() goes on as if nothing had been',
    async (direction, at) => {
      const whole = trial({ validation: samples(5, 2) }, trapped('nowhere', 0))
      const atStep: Record<string, string>[] = [bytesOf(whole.model)]
      whole.trainer.events$.subscribe(event => {
        if (event.type === 'step') atStep.push(bytesOf(whole.model))
      })
      await finish(whole.trainer, whole.scheduler)

      const { model, trainer, scheduler } = trial({ validation: samples(5, 2) }, trapped(direction, at))
      const events = listen(trainer)
      const error = await rejectionOf(finish(trainer, scheduler))
      expect(error.code).toBe('NODE_FAILED')
      expect(error.place).toContain(`trap1 ${direction}, step ${at}`)
      expect((error.cause as Error).message).toBe('out of order')
      expect(trainer.state).toMatchObject({ status: 'failed', step: at - 1, error: error.toJSON() })
      expect(events.at(-1)).toMatchObject({ type: 'failed', error: error.toJSON() })
      expect(bytesOf(model)).toEqual(atStep[at - 1])

      const state = await finish(trainer, scheduler)
      expect(state).toMatchObject({ status: 'finished', step: 9, error: null })
      expect(bytesOf(model)).toEqual(atStep[9])
      expect(state.metrics).toEqual(whole.trainer.state.metrics)
      expect(state.history).toEqual(whole.trainer.state.history)
    },
  )

  test('in an optimizer is undone as well, although another optimizer was done already', async () => {
    let armed = true
    const failing = defineOptimizer({
      type: 'failing',
      config: ({ fail = true }: { fail?: boolean } = {}) => ({ fail }),
      update({ value, gradient }, _, { kernels: k, step }) {
        if (armed && step === 2 && value.shape.length === 1) throw new Error('out of order')
        return { value: k.addScaled(value, gradient, -0.1) }
      },
    })
    const prediction = x.pipe(dense({ units: 4 }), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const net = graph({
      prediction,
      first: loss.pipe(sgd({ parameters: ['dense2'] })),
      rest: loss.pipe(failing()),
    })
    const { model, trainer, scheduler } = trial({}, compile(net, { nodes: [failing] }))
    await held(trainer, scheduler, 1)
    const before = bytesOf(model)
    const error = await rejectionOf(finish(trainer, scheduler))
    expect(error.place).toContain('failing1 update, step 2')
    expect(bytesOf(model)).toEqual(before)
    armed = false
    expect((await finish(trainer, scheduler)).step).toBe(9)
    expect(bytesOf(model)).not.toEqual(before)
  })

  test('rejects pending step() promises too, and later ones are kept', async () => {
    const { trainer, scheduler } = trial({}, trapped('forward', 2))
    const step = trainer.step(5)
    scheduler.flush()
    expect((await rejectionOf(step)).code).toBe('NODE_FAILED')
    expect(await held(trainer, scheduler, 3)).toMatchObject({ status: 'paused', step: 4 })
  })

  test('a value that is not finite fails the step with its name', async () => {
    const wild = compile(regression({ learningRate: 1e30 }), { seed: 3 })
    const { model, trainer, scheduler } = trial({}, wild)
    const bytes: Record<string, string>[] = [bytesOf(model)]
    trainer.events$.subscribe(event => {
      if (event.type === 'step') bytes.push(bytesOf(model))
    })
    const error = await rejectionOf(finish(trainer, scheduler))
    expect(error.code).toBe('NOT_FINITE')
    expect(error.place).toMatch(/^meanSquaredError1 forward, step \d/)
    expect(bytesOf(model)).toEqual(bytes.at(-1))
  })
})

describe('a subscriber that throws', () => {
  const streams: [string, (trainer: Trainer) => { subscribe(next: () => void): unknown }][] = [
    ['trainer.events$', trainer => trainer.events$],
    ['trainer.state$', trainer => trainer.state$],
    ['trainer.patches$', trainer => trainer.patches$],
    ['dense1.y', trainer => trainer.model.node('dense1').forward$],
    ['dense1.y', trainer => trainer.model.node('dense1').backward$],
    ['dense1.kernel.gradient$', trainer => trainer.model.node('dense1').parameters.kernel.gradient$],
    ['dense1.kernel.update$', trainer => trainer.model.node('dense1').parameters.kernel.update$],
  ]

  test.each(streams)(
    'on %s is reported, and the run and the other subscribers are unharmed',
    async (name, stream) => {
      const { bytes, state } = await undisturbed()
      const { model, trainer, scheduler } = trial()
      const reported: GradstreamError[] = []
      trainer.errors$.subscribe(error => reported.push(error))
      const cause = new Error('no chart')
      const calls = { bad: 0, good: 0 }
      stream(trainer).subscribe(() => {
        calls.bad++
        throw cause
      })
      stream(trainer).subscribe(() => {
        calls.good++
      })
      expect(await finish(trainer, scheduler)).toEqual(state)
      expect(bytesOf(model)).toEqual(bytes)
      expect(calls.bad).toBeGreaterThan(1)
      expect(calls.good).toBe(calls.bad)
      expect(reported).toHaveLength(calls.bad)
      for (const error of reported) {
        expect(error).toMatchObject({ code: 'SUBSCRIBER_FAILED', cause })
        expect(error.place).toContain(name.split('.')[0])
      }
    },
  )

  test('is named by the stream it listens to', async () => {
    const { trainer, scheduler } = trial()
    const places = new Set<string>()
    trainer.errors$.subscribe(({ place }) => places.add(place))
    for (const [, stream] of streamsOf(trainer)) {
      stream.subscribe(() => {
        throw new Error('no chart')
      })
    }
    await finish(trainer, scheduler)
    expect([...places].sort()).toEqual(
      ['events$', 'patches$', 'state$'].map(name => `subscriber of trainer.${name}`),
    )
  })

  test('on errors$ itself hurts nobody', async () => {
    const { state } = await undisturbed()
    const { trainer, scheduler } = trial()
    trainer.errors$.subscribe(() => {
      throw new Error('worse')
    })
    trainer.events$.subscribe(() => {
      throw new Error('bad')
    })
    expect(await finish(trainer, scheduler)).toEqual(state)
  })
})

describe('predict during a run', () => {
  test('is BUSY in a subscriber of forward$, and the run is unharmed', async () => {
    const { bytes } = await undisturbed()
    const { model, trainer, scheduler } = trial()
    const codes = new Set<string>()
    model.node('tanh1').forward$.subscribe(() => {
      codes.add(errorOf(() => model.predict({ x: [[1, 2]] })).code)
    })
    await finish(trainer, scheduler)
    expect([...codes]).toEqual(['BUSY'])
    expect(bytesOf(model)).toEqual(bytes)
  })

  test('is fine in a step event, and does not change what is learned', async () => {
    const { bytes, state } = await undisturbed()
    const { model, trainer, scheduler } = trial()
    let predictions = 0
    trainer.events$.subscribe(({ type }) => {
      if (type === 'step') predictions += model.predict({ x: rows(7).x }).prediction.shape[0] as number
    })
    expect(await finish(trainer, scheduler)).toEqual(state)
    expect(predictions).toBe(9 * 7)
    expect(bytesOf(model)).toEqual(bytes)
  })
})

describe('createTrainer', () => {
  const codeOf = (options: object) => errorOf(() => trial(options)).code

  test.each([
    { batchSize: 0 },
    { batchSize: 1.5 },
    { batchSize: Number.NaN },
    { epochs: 0 },
    { epochs: Number.NaN },
    { epochs: Number.POSITIVE_INFINITY },
    { seed: 0.5 },
    { shuffle: 'yes' },
    { sliceTime: -1 },
    { publishTime: Number.NaN },
    { history: 0 },
    { runId: '' },
    { bachSize: 3 },
    { data: undefined },
    { data: [[1, 2]] },
    { validation: {} },
    { metrics: 'accuracy' },
    { scheduler: {} },
  ])('refuses %j', options => {
    expect(codeOf(options)).toBe('INVALID_OPTION')
  })

  test('takes undefined for an option that is left out', async () => {
    const { trainer, scheduler } = trial({ epochs: undefined, validation: undefined } as never)
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'finished', epoch: 10 })
  })

  test('refuses unknown metrics with those that there are', () => {
    const error = errorOf(() => trial({ metrics: ['bleu' as never] }))
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', got: '"bleu"' })
    expect(error.expected).toContain('accuracy')
    expect(codeOf({ metrics: ['toString'] })).toBe('UNKNOWN_NAME')
  })

  test('refuses a graph without an optimizer', () => {
    const x = input({ name: 'x', shape: [2] })
    const model = compile(graph({ y: x.pipe(dense({ units: 1 })) }))
    expect(errorOf(() => createTrainer(model, { data: samples(3) })).code).toBe('NO_OPTIMIZER')
  })

  test.each([
    ['a column is missing', { x: [[1, 2]] }],
    ['a column has another name', { features: [[1, 2]], target: [[1]] }],
    ['samples have another shape', { x: [[1, 2, 3]], target: [[1]] }],
  ])('refuses data where %s, for training and for validation', (_, arrays) => {
    const data = fromArrays(arrays)
    expect(codeOf({ data })).toBe('DATA_MISMATCH')
    expect(errorOf(() => trial({ validation: data })).place).toContain('createTrainer: validation')
  })
})

describe('dispose', () => {
  test('ends the run and completes the streams of the trainer, and the model lives on', async () => {
    const { model, trainer, scheduler } = trial()
    const completed: string[] = []
    for (const [name, stream] of streamsOf(trainer)) {
      stream.subscribe({ complete: () => completed.push(name) })
    }
    const run = trainer.run()
    trainer.dispose()
    expect((await run).status).toBe('stopped')
    scheduler.flush()
    expect(completed.sort()).toEqual(['events$', 'patches$', 'state$'])
    expect(model.predict({ x: [[1, 2]] }).prediction.shape).toEqual([1, 1])
    const next = trial({}, model)
    expect((await finish(next.trainer, next.scheduler)).status).toBe('finished')
  })

  test('twice is once', () => {
    const { trainer } = trial()
    trainer.dispose()
    expect(() => trainer.dispose()).not.toThrow()
  })

  test('completes those who subscribe later', () => {
    const { trainer } = trial()
    trainer.dispose()
    const completed: string[] = []
    for (const [name, stream] of streamsOf(trainer)) {
      stream.subscribe({ complete: () => completed.push(name) })
    }
    expect(completed).toEqual(['events$', 'state$', 'patches$'])
  })

  test('from inside a step event ends the run', async () => {
    const { trainer, scheduler } = trial()
    trainer.events$.subscribe(event => {
      if (event.type === 'step' && event.step === 2) trainer.dispose()
    })
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'stopped', step: 2 })
  })

  test('in the middle of a step takes place when that is over', async () => {
    const { model, trainer, scheduler } = trial()
    const after: string[] = []
    model.node('tanh1').forward$.subscribe(() => trainer.dispose())
    model.node('tanh1').forward$.subscribe(({ step }) => after.push(`forward ${step}`))
    trainer.events$.subscribe({ next: ({ type }) => after.push(type), complete: () => after.push('end') })
    expect(await finish(trainer, scheduler)).toMatchObject({ status: 'stopped', step: 1 })
    expect(after).toEqual(['started', 'forward 1', 'step', 'stopped', 'end'])
  })

  test('of the model in the middle of a step takes place when that is over', async () => {
    const { model, trainer, scheduler } = trial()
    const after: string[] = []
    model.node('x').forward$.subscribe(() => model.dispose())
    model
      .node('tanh1')
      .forward$.subscribe({ next: () => after.push('forward'), complete: () => after.push('end') })
    expect((await rejectionOf(finish(trainer, scheduler))).code).toBe('ALREADY_DISPOSED')
    expect(after).toEqual(['forward', 'end'])
    expect(trainer.state.step).toBe(1)
  })

  test.each(['pause', 'stop', 'dispose', 'step'] as const)(
    '%s leaves no timer that keeps the process',
    async how => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        const trainer = createTrainer(compile(regression()), {
          data: samples(10),
          batchSize: 4,
          stepsPerSecond: 0.001,
        })
        void trainer.run().catch(() => undefined)
        while (vi.getTimerCount() === 0) await new Promise(resolve => setImmediate(resolve))
        expect(trainer.state.step).toBe(1)
        if (how === 'step') {
          void trainer.step()
          vi.runOnlyPendingTimers()
        } else await trainer[how]()
        expect(trainer.state.step).toBe(how === 'step' ? 2 : 1)
        expect(vi.getTimerCount()).toBe(0)
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test('is final: run() afterwards is refused', async () => {
    const { trainer, scheduler } = trial()
    trainer.dispose()
    const late = async () => finish(trainer, scheduler)
    expect((await rejectionOf(late())).code).toBe('ALREADY_DISPOSED')
  })
})

test('a run over a source that is asynchronous can be paused while a batch is awaited', async () => {
  const gates: (() => void)[] = []
  const { x, target } = rows(4)
  const data = fromIterable(async function* () {
    for (const [i, features] of x.entries()) {
      await new Promise<void>(resolve => gates.push(resolve))
      yield { x: features, target: target[i] as number[] }
    }
  })
  const { trainer, scheduler } = trial({ data, batchSize: 4, epochs: 1, shuffle: false })
  const run = trainer.run()
  scheduler.flush()
  expect((await trainer.pause()).status).toBe('paused')
  trainer.resume()
  scheduler.flush()
  for (let i = 0; i < 4; i++) {
    while (gates.length === 0) await Promise.resolve()
    gates.shift()?.()
  }
  const later = setInterval(() => scheduler.flush())
  expect(await run).toMatchObject({ status: 'finished', step: 1 })
  clearInterval(later)
})

test('a figure that is not finite is told once, and again when it was finite meanwhile', async () => {
  const alike = fromArrays({ x: rows(5).x, target: rows(5).x.map(() => [1]) })
  const { trainer, scheduler } = trial({ epochs: 20, validation: alike, metrics: [logSpread()] })
  const alarms = listen(trainer)
  await finish(trainer, scheduler)
  const told = alarms.filter(event => event.type === 'alarm')
  expect(told).toMatchObject([{ code: 'NOT_FINITE', message: 'validationLogSpread is -Infinity', epoch: 1 }])
})

describe('send', () => {
  test.each([
    [{ type: 'jump' }, 'INVALID_COMMAND', { type: 'invalid' }],
    [null, 'INVALID_COMMAND', { type: 'invalid' }],
    [{ type: 'set', node: 'sgd1', values: { learningRate: -1 } }, 'INVALID_CONFIG', { type: 'set' }],
    [{ type: 'resume' }, 'NOT_AVAILABLE', { type: 'resume' }],
  ])('%j is refused, and told as refused', async (command, code, told) => {
    const { trainer } = trial()
    const events = listen(trainer)
    expect((await rejectionOf(trainer.send(command as never, 'somebody'))).code).toBe(code)
    expect(events).toMatchObject([{ type: 'command', command: told, author: 'somebody', error: { code } }])
  })

  test('to set nothing changes nothing, and raises no revision', async () => {
    const { trainer } = trial()
    const before = trainer.state
    expect(await trainer.send({ type: 'set', node: 'sgd1', values: {} })).toBe(before)
  })

  test('values that throw when they are read are refused', async () => {
    const { trainer } = trial()
    const events = listen(trainer)
    const values = {
      get learningRate(): number {
        throw new Error('no rate')
      },
    }
    const error = await rejectionOf(trainer.send({ type: 'set', node: 'sgd1', values } as never))
    expect(error).toMatchObject({ code: 'INVALID_COMMAND', got: 'something that cannot be shown' })
    expect(events).toMatchObject([{ type: 'command', error: { code: 'INVALID_COMMAND' } }])
  })
})
