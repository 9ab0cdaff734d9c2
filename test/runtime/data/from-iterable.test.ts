/** Samples that arrive one by one: pulled when needed, bounded, and closed when nobody wants more. */
import { compile, createTrainer, type DataSource, evaluate, fromIterable, type Sample } from 'gradstream'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { bytesOf, errorOf, finish, regression, rejectionOf, rows, trial } from '../support.ts'

const { x, target } = rows(10)
const list: Sample[] = x.map((features, i) => ({ x: features, target: target[i] as number[] }))

function* generated() {
  yield* list
}
async function* awaited() {
  for (const sample of list) yield await Promise.resolve(sample)
}

/** An endless source that counts what is pulled, and how often it is closed. */
function endless() {
  const counts = { pulled: 0, closed: 0 }
  const source = () => ({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false as const, value: list[counts.pulled++ % list.length] as Sample }),
      return: () => {
        counts.closed++
        return { done: true as const, value: undefined as never }
      },
    }),
  })
  return { counts, source }
}

describe('what is read', () => {
  test.each([
    ['a generator function', () => fromIterable(generated)],
    ['an async generator function', () => fromIterable(awaited)],
    ['an array', () => fromIterable(list)],
    ['a function that gives an array', () => fromIterable(() => list)],
    ['a set', () => fromIterable(new Set(list))],
    [
      'an async iterable that can be read again',
      () => fromIterable({ [Symbol.asyncIterator]: () => awaited()[Symbol.asyncIterator]() }),
    ],
  ])('%s trains to the weights that the same samples in memory give', async (_, source) => {
    const expected = trial({ shuffle: false })
    await finish(expected.trainer, expected.scheduler)
    const model = compile(regression(), { seed: 3 })
    const options = { batchSize: 4, epochs: 3, shuffle: false }
    const state = await createTrainer(model, { data: source(), ...options }).run()
    expect(state).toMatchObject({ status: 'finished', epoch: 3, step: 9, stepsPerEpoch: 3 })
    expect(bytesOf(model)).toEqual(bytesOf(expected.model))
    expect(state.metrics).toEqual(expected.trainer.state.metrics)
  })

  test('the steps of an epoch are not known before the first is over, unless the size is given', async () => {
    const { trainer, scheduler } = trial({ data: fromIterable(generated) })
    expect(trainer.state.stepsPerEpoch).toBeNull()
    await finish(trainer, scheduler)
    expect(trainer.state.stepsPerEpoch).toBe(3)
    expect(trial({ data: fromIterable(generated, { size: 10 }) }).trainer.state.stepsPerEpoch).toBe(3)
  })

  test('shuffling gives each sample once an epoch, in an order that epoch and seed decide', async () => {
    const orders = async (seed: number) => {
      const { model, trainer, scheduler } = trial({
        data: fromIterable(generated, { shuffle: 4 }),
        epochs: 2,
        seed,
      })
      const seen: number[] = []
      model.node('target').forward$.subscribe(({ tensor }) => seen.push(...tensor.data))
      await finish(trainer, scheduler)
      return [seen.slice(0, 10), seen.slice(10)] as const
    }
    const [first, second] = await orders(1)
    const all = target.map(([t]) => Math.fround(t as number)).toSorted()
    expect(first.toSorted()).toEqual(all)
    expect(second.toSorted()).toEqual(all)
    expect(first).not.toEqual(second)
    expect(await orders(1)).toEqual([first, second])
    expect((await orders(2))[0]).not.toEqual(first)
  })
})

describe('pulling', () => {
  test.each([
    { shuffle: false, window: 1024, ahead: 1 },
    { shuffle: true, window: undefined, ahead: 1 },
    { shuffle: true, window: 6, ahead: 6 },
  ])('never runs further ahead than the window: %j', async ({ shuffle, window, ahead }) => {
    const { counts, source } = endless()
    const { trainer, scheduler } = trial({
      data: fromIterable(source, { ...(window && { shuffle: window }) }),
      shuffle,
    })
    expect(counts.pulled).toBe(0)
    const used: number[] = []
    trainer.events$.pipe(filter(event => event.type === 'step')).subscribe(({ step }) => {
      expect(counts.pulled).toBeGreaterThanOrEqual(step * 4)
      expect(counts.pulled).toBeLessThanOrEqual(step * 4 + ahead)
      used.push(step)
    })
    const held = trainer.step(25)
    scheduler.flush()
    await held
    expect(used).toHaveLength(25)
    expect(counts.pulled).toBeLessThanOrEqual(100 + ahead)
    trainer.dispose()
  })

  test('waits for one sample at a time from an asynchronous source', async () => {
    let open = 0
    let most = 0
    const source = () => ({
      [Symbol.asyncIterator]() {
        const values = list.values()
        return {
          async next() {
            most = Math.max(most, ++open)
            await Promise.resolve()
            open--
            return values.next()
          },
        }
      },
    })
    await createTrainer(compile(regression()), { data: fromIterable(source), epochs: 2 }).run()
    expect(most).toBe(1)
  })

  test('closes the iterator once when the run is stopped, and not when it came to its end', async () => {
    const { counts, source } = endless()
    const { trainer, scheduler } = trial({ data: fromIterable(source, { shuffle: 2 }) })
    const held = trainer.step()
    scheduler.flush()
    await held
    expect(counts.closed).toBe(0)
    await trainer.stop()
    expect(counts.closed).toBe(1)
    trainer.dispose()
    expect(counts.closed).toBe(1)

    let cleaned = 0
    const ended = trial({
      data: fromIterable(function* () {
        try {
          yield* list
        } finally {
          cleaned++
        }
      }),
      epochs: 2,
    })
    await finish(ended.trainer, ended.scheduler)
    expect(cleaned).toBe(2)
  })

  test('closes the iterator when the trainer is disposed of', async () => {
    const { counts, source } = endless()
    const { trainer, scheduler } = trial({ data: fromIterable(source, { shuffle: 2 }) })
    const held = trainer.step()
    scheduler.flush()
    await held
    trainer.dispose()
    expect(counts.closed).toBe(1)
  })

  test('stops at once while a sample is awaited that never comes', async () => {
    const never = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<Sample>>(() => undefined) }),
    })
    const trainer = createTrainer(compile(regression()), { data: fromIterable(never) })
    const run = trainer.run()
    await firstValueFrom(trainer.state$.pipe(filter(({ status }) => status === 'running')))
    await trainer.stop()
    expect((await run).status).toBe('stopped')
  })
})

describe('what goes wrong', () => {
  /** The error of a run over a source. */
  async function failure(source: Parameters<typeof fromIterable>[0], epochs = 2) {
    const data = fromIterable(source)
    const trainer = createTrainer(compile(regression()), { data, batchSize: 4, shuffle: false, epochs })
    const error = await rejectionOf(trainer.run())
    expect(trainer.state).toMatchObject({ status: 'failed', error: { code: error.code } })
    return error
  }

  test('a generator that was read already is exhausted in the second epoch', async () => {
    expect(await failure(generated())).toMatchObject({ code: 'DATA_EXHAUSTED', place: 'data, pass 2' })
    expect((await failure(awaited())).code).toBe('DATA_EXHAUSTED')
  })

  test('a source without samples is empty', async () => {
    expect((await failure([])).code).toBe('DATA_EMPTY')
    expect((await failure(async function* () {})).code).toBe('DATA_EMPTY')
  })

  test.each([
    ['at once', 0],
    ['in the second batch', 6],
  ])('an iterator that throws %s fails the run, which says what was thrown', async (_, good) => {
    const cause = new Error('the disk is gone')
    const failing = [
      function* () {
        yield* list.slice(0, good)
        throw cause
      },
      async function* () {
        yield* list.slice(0, good)
        throw cause
      },
    ]
    for (const source of failing) {
      const error = await failure(source)
      expect(error).toBeInstanceOf(Error)
      expect(error.cause).toBe(cause)
      expect(error.place).toContain('data')
      expect(error.message).toContain('the disk is gone')
    }
  })

  test('a function that throws instead of giving an iterator fails the run', async () => {
    const error = await failure(() => {
      throw new Error('no such table')
    })
    expect(error.message).toContain('no such table')
  })

  test('shapes that change are refused with sample and column', async () => {
    const error = await failure([list[0] as Sample, { x: [1, 2, 3], target: [1] }])
    expect(error).toMatchObject({ code: 'DATA_MISMATCH' })
    expect(error.place).toContain('sample 1, x')
  })

  test.each([
    ['NaN', { x: [1, Number.NaN], target: [1] }, 'DATA_NOT_FINITE', 'sample 1, x'],
    ['a text', { x: [1, 'two'], target: [1] }, 'DATA_NOT_FINITE', 'sample 1, x'],
    ['a column that is missing', { x: [1, 2] }, 'DATA_MISMATCH', 'sample 1'],
    ['a sample that is no object', 7, 'DATA_MISMATCH', 'sample 1'],
    ['no sample at all', undefined, 'DATA_MISMATCH', 'sample 1'],
  ])('%s is refused with the sample', async (_, sample, code, place) => {
    const error = await failure([list[0] as Sample, sample as never])
    expect(error.code).toBe(code)
    expect(error.place).toContain(place)
  })

  test('samples that do not fit the inputs are refused', async () => {
    expect((await failure([{ x: [1, 2, 3], target: [1] }])).code).toBe('DATA_MISMATCH')
    expect((await failure([{ y: [1, 2], target: [1] }])).code).toBe('DATA_MISMATCH')
  })

  test.each([undefined, null, 7, {}, 'text'])('%j is nothing to iterate over', async source => {
    expect(errorOf(() => fromIterable(source as never)).code).toBe('INVALID_OPTION')
    const data = fromIterable(() => source as never)
    expect((await rejectionOf(createTrainer(compile(regression()), { data }).run())).code).toBe(
      'INVALID_OPTION',
    )
  })

  test.each([
    { size: 0 },
    { size: 1.5 },
    { shuffle: 0 },
    { shuffle: Number.NaN },
    { shuffle: true },
    { shuffleBuffer: 8 },
  ])('the options %j are refused', options => {
    expect(errorOf(() => fromIterable(list, options as never)).code).toBe('INVALID_OPTION')
  })
})

test('an asynchronous source whose samples come at once lets timers and I/O through', async () => {
  const source = async function* () {
    for (let i = 0; i < 4000; i++) yield list[i % list.length] as Sample
  }
  let turns = 0
  let live = true
  const count = () => {
    turns++
    if (live) setImmediate(count)
  }
  setImmediate(count)
  const options = { batchSize: 1, epochs: 5 }
  await createTrainer(compile(regression()), { data: fromIterable(source), ...options }).run()
  live = false
  expect(turns).toBeGreaterThan(5)
})

test('run() after stop() goes on although the sample awaited before never comes', async () => {
  const never = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<Sample>>(() => undefined) }),
  })
  let passes = 0
  const data = fromIterable(() => (passes++ === 0 ? never() : list))
  const { trainer, scheduler } = trial({ data, epochs: 2 })
  const run = trainer.run()
  scheduler.flush()
  await trainer.stop()
  await run
  void trainer.run()
  scheduler.flush()
  expect(trainer.state).toMatchObject({ status: 'finished', epoch: 2, step: 3 })
})

describe('a source that fails', () => {
  const kinds: readonly [string, { shuffle: boolean; isAsync: boolean }][] = [
    ['in its own order', { shuffle: false, isAsync: false }],
    ['shuffled', { shuffle: true, isAsync: false }],
    ['asynchronous', { shuffle: false, isAsync: true }],
    ['asynchronous and shuffled', { shuffle: true, isAsync: true }],
  ]

  /** Throws before each of these samples, once; the samples are counted over all passes. */
  function broken(places: readonly number[], isAsync: boolean) {
    const open = new Set(places)
    let given = 0
    const step = (i: number) => {
      if (open.delete(given)) throw new Error(`cannot read ${i}`)
      given++
      return list[i] as Sample
    }
    function* now() {
      for (let i = 0; i < list.length; i++) yield step(i)
    }
    async function* later() {
      for (let i = 0; i < list.length; i++) yield await Promise.resolve(step(i))
    }
    return fromIterable(isAsync ? later : now, { shuffle: 6 })
  }

  test.each(kinds)(
    'is gone on with where it was, and comes to the same weights: %s',
    async (_, { shuffle, isAsync }) => {
      const options = { batchSize: 4, epochs: 3, shuffle, seed: 5 }
      const whole = compile(regression(), { seed: 3 })
      const wanted = await createTrainer(whole, { ...options, data: broken([], isAsync) }).run()
      for (let place = 0; place < 30; place++) {
        const model = compile(regression(), { seed: 3 })
        const trainer = createTrainer(model, {
          ...options,
          data: broken([place, place + 7, place + 8], isAsync),
        })
        const errors: string[] = []
        let state = await trainer.run().catch(error => void errors.push(error.code))
        while (state === undefined) {
          expect(trainer.state).toMatchObject({ status: 'failed', error: { code: 'DATA_FAILED' } })
          state = await trainer.run().catch(error => void errors.push(error.code))
        }
        expect(errors).toContain('DATA_FAILED')
        expect([...new Set(errors)]).toEqual(['DATA_FAILED'])
        expect(bytesOf(model), `broken at ${place}`).toEqual(bytesOf(whole))
        expect(state.metrics).toEqual(wanted.metrics)
        expect(state.step).toBe(9)
      }
    },
  )

  test('says which sample it is about, and why', async () => {
    const trainer = createTrainer(compile(regression()), {
      data: broken([7], false),
      batchSize: 4,
      shuffle: false,
    })
    const error = await rejectionOf(trainer.run())
    expect(error).toMatchObject({
      code: 'DATA_FAILED',
      place: 'data, pass 1, after 7 samples',
      got: '"cannot read 7"',
    })
    expect((error.cause as Error).message).toBe('cannot read 7')
  })

  test('and cannot be read again says so, each time', async () => {
    const samples = (function* () {
      yield* list.slice(0, 6)
      throw new Error('gone')
    })()
    const trainer = createTrainer(compile(regression()), {
      data: fromIterable(samples),
      batchSize: 4,
      shuffle: false,
    })
    expect((await rejectionOf(trainer.run())).code).toBe('DATA_FAILED')
    for (let again = 0; again < 3; again++) {
      expect((await rejectionOf(trainer.run())).code).toBe('DATA_EXHAUSTED')
      expect(trainer.state).toMatchObject({ status: 'failed', step: 1 })
    }
  })

  test('and gives fewer samples then is not taken to have ended', async () => {
    let passes = 0
    const data = fromIterable(function* () {
      yield* list.slice(0, passes++ === 0 ? 6 : 3)
      if (passes === 1) throw new Error('gone')
    })
    const trainer = createTrainer(compile(regression()), { data, batchSize: 4, shuffle: false })
    expect((await rejectionOf(trainer.run())).code).toBe('DATA_FAILED')
    const error = await rejectionOf(trainer.run())
    expect(error).toMatchObject({ code: 'DATA_EXHAUSTED', got: '3' })
  })

  test('with a sample that cannot be used has the same batch again, and loses none', async () => {
    const faulty: Sample[] = list.map(sample => ({ ...sample }))
    faulty[5] = { x: [1, Number.NaN], target: [1] }
    const model = compile(regression(), { seed: 3 })
    const options = { batchSize: 4, epochs: 3, shuffle: false }
    const trainer = createTrainer(model, { ...options, data: fromIterable(() => faulty) })
    for (let again = 0; again < 2; again++) {
      const error = await rejectionOf(trainer.run())
      expect(error).toMatchObject({ code: 'DATA_NOT_FINITE', place: 'data, sample 5, x, entry 1' })
      expect(trainer.state.step).toBe(1)
    }
    // Mended where it lies.
    Object.assign(faulty[5], list[5])
    await trainer.run()
    const whole = compile(regression(), { seed: 3 })
    await createTrainer(whole, { ...options, data: fromIterable(list) }).run()
    expect(bytesOf(model)).toEqual(bytesOf(whole))
  })

  test('fails the evaluation, and validation that fails goes on as well', async () => {
    expect((await rejectionOf(evaluate(compile(regression()), broken([3], false)))).code).toBe('DATA_FAILED')
    const trainer = createTrainer(compile(regression(), { seed: 3 }), {
      data: fromIterable(list),
      validation: broken([4], true),
      batchSize: 4,
      epochs: 1,
    })
    expect((await rejectionOf(trainer.run())).code).toBe('DATA_FAILED')
    const { status, metrics } = await trainer.run()
    expect([status, Object.keys(metrics)]).toEqual(['finished', ['loss', 'validationLoss']])
  })

  test('of any kind has failures of its own told as those of the data', async () => {
    let left = 1
    const source: DataSource = {
      size: undefined,
      shapes: undefined,
      scalings: {},
      epoch(options) {
        const cursor = fromIterable(list).epoch(options)
        return {
          next: () => {
            if (left-- === 0) throw new TypeError('no such file')
            return cursor.next()
          },
          close: () => cursor.close(),
        }
      },
    }
    const trainer = createTrainer(compile(regression()), {
      data: source,
      batchSize: 4,
      epochs: 1,
      shuffle: false,
    })
    expect(await rejectionOf(trainer.run())).toMatchObject({ code: 'DATA_FAILED', got: '"no such file"' })
    expect(await trainer.run()).toMatchObject({ status: 'finished', step: 3 })
  })
})
