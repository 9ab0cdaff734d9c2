/** Samples of live streams: subscribed to when an epoch begins, bounded, and let go of when it is over. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import {
  compile,
  createTrainer,
  evaluate,
  fromIterable,
  fromObservable,
  type GradstreamError,
  type ObservableOptions,
  type Sample,
  type SampleStream,
  type TrainerOptions,
} from 'gradstream'
import {
  BehaviorSubject,
  concat,
  defer,
  from,
  interval,
  map,
  NEVER,
  Observable,
  of,
  ReplaySubject,
  range,
  repeat,
  Subject,
  take,
  throwError,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, test, vi } from 'vitest'
import type { Batch } from '../../../index.ts'
import { BoundedQueue } from '../../../runtime/data/bounded-queue.ts'
import { Dice } from '../../support/dice.ts'
import { bytesOf, errorOf, finish, regression, rejectionOf, rows, trial } from '../support.ts'
import { columnOf, drain, epochOptions, settled } from './support.ts'

const { x, target } = rows(10)
const list: Sample[] = x.map((features, i) => ({ x: features, target: target[i] as number[] }))
/** The sample with that number as its target. */
const sampleOf = (number: number): Sample => ({ x: [number / 10, 1], target: [number] })

/** A stream that counts its subscribers. */
function counted(stream$: Observable<Sample>) {
  const counts = { opened: 0, open: 0 }
  const counting$ = new Observable<Sample>(subscriber => {
    counts.opened++
    counts.open++
    subscriber.add(() => counts.open--)
    return stream$.subscribe(subscriber)
  })
  return { counts, counting$ }
}

/** A trainer in virtual time, whose stream is told by hand. */
function live(stream$: SampleStream, options: Partial<TrainerOptions> = {}, own: ObservableOptions = {}) {
  const source = fromObservable(stream$, own)
  const scheduler = new VirtualTimeScheduler()
  const { trainer, model } = trial({ data: source, batchSize: 2, scheduler, ...options })
  const run = () => {
    const done = trainer.run()
    done.catch(() => undefined)
    return done
  }
  /** Lets all be done that can be done at present. */
  const settle = async () => {
    for (let i = 0; i < 10; i++) {
      scheduler.flush()
      await settled()
    }
  }
  return { source, trainer, scheduler, model, run, settle }
}

describe('what is subscribed to', () => {
  /** Streams as other libraries have them. */
  const foreign = (unsubscribe: 'method' | 'function' | 'nothing') => ({
    subscribe(observer: { next(sample: Sample): void; complete(): void }) {
      for (const sample of list) observer.next(sample)
      observer.complete()
      const leave = () => undefined
      return unsubscribe === 'method'
        ? { unsubscribe: leave }
        : unsubscribe === 'function'
          ? leave
          : undefined
    },
  })

  test.each<[string, () => SampleStream]>([
    ['an Observable', () => from(list)],
    ['one that is late', () => from(list.map(sample => Promise.resolve(sample))).pipe(concatAllOf())],
    ['a subject that remembers', () => replayed()],
    ['a foreign one with unsubscribe()', () => foreign('method') as never],
    ['a foreign one that gives a function', () => foreign('function') as never],
    ['a foreign one that gives nothing', () => foreign('nothing') as never],
    [
      'something with Symbol.observable',
      () => ({ [Symbol.observable ?? '@@observable']: () => from(list) }) as never,
    ],
    ["something with '@@observable'", () => ({ '@@observable': () => foreign('method') }) as never],
  ])('%s trains to the weights that the same samples in memory give', async (_, stream) => {
    const expected = trial({ shuffle: false })
    await finish(expected.trainer, expected.scheduler)
    for (const source of [fromObservable(stream()), fromIterable(stream())]) {
      const model = compile(regression(), { seed: 3 })
      const state = await createTrainer(model, { data: source, batchSize: 4, epochs: 3 }).run()
      expect(state).toMatchObject({ status: 'finished', epoch: 3, step: 9, stepsPerEpoch: 3 })
      expect(bytesOf(model)).toEqual(bytesOf(expected.model))
      expect(state.metrics).toEqual(expected.trainer.state.metrics)
    }
  })

  function replayed() {
    const subject = new ReplaySubject<Sample>()
    for (const sample of list) subject.next(sample)
    subject.complete()
    return subject
  }

  /** Waits for each promise in its turn. */
  const concatAllOf = () => (promises$: Observable<Promise<Sample>>) =>
    new Observable<Sample>(subscriber => {
      let last = Promise.resolve()
      promises$.subscribe({
        next: promise => {
          last = last.then(async () => subscriber.next(await promise))
        },
        complete: () => void last.then(() => subscriber.complete()),
      })
    })

  test('another copy of RxJS is understood', async () => {
    const { href } = new URL('../../../node_modules/rxjs/dist/bundles/rxjs.umd.js', import.meta.url)
    const other: typeof import('rxjs') = createRequire(import.meta.url)(fileURLToPath(href))
    const stream$ = other.from(list)
    expect(stream$).not.toBeInstanceOf(Observable)
    const model = compile(regression(), { seed: 3 })
    const state = await createTrainer(model, { data: fromIterable(stream$), epochs: 1, batchSize: 4 }).run()
    expect(state).toMatchObject({ status: 'finished', step: 3 })
  })

  test('samples are standardized as those in memory are, in float64 and rounded once', async () => {
    const scaling = { mean: [0.1, 0.2], deviation: [0.3, 0.7] }
    const cursor = fromObservable(from(list)).epoch(epochOptions({ scalings: { x: scaling }, batchSize: 10 }))
    const batch = (await cursor.next()) as Batch
    const exact = x.flatMap(([a = 0, b = 0]) => [(a - 0.1) / 0.3, (b - 0.2) / 0.7])
    expect(columnOf(batch, 'x', 2)).toEqual(exact)
  })

  test('a source may use one object for all its samples', async () => {
    const reused = { x: [0, 0], target: [0] }
    const subject = new Subject<Sample>()
    const cursor = fromObservable(subject).epoch(epochOptions({ batchSize: 3 }))
    const batch = cursor.next() as Promise<Batch>
    for (let i = 0; i < 3; i++) {
      reused.target = [i]
      subject.next(reused)
      await settled()
    }
    expect(columnOf(await batch)).toEqual([0, 1, 2])
  })

  test.each([undefined, null, 7, 'text', {}, [list[0]], Promise.resolve(list[0]), () => of(list[0])])(
    '%j is no Observable',
    stream => {
      expect(errorOf(() => fromObservable(stream as never))).toMatchObject({
        code: 'INVALID_OPTION',
        place: 'fromObservable',
      })
    },
  )

  test('a function that gives an Observable is refused with the way out', async () => {
    const data = fromIterable((() => from(list)) as never)
    const error = await rejectionOf(createTrainer(compile(regression()), { data }).run())
    expect(error).toMatchObject({ code: 'INVALID_OPTION', hint: expect.stringContaining('defer') })
  })

  test.each([
    { buffer: 0 },
    { buffer: 1.5 },
    { onOverflow: 'drop' },
    { size: -1 },
    { shuffle: 0 },
    { shuffle: true },
    { bufer: 8 },
  ])('the options %j are refused', options => {
    expect(errorOf(() => fromObservable(NEVER, options as never)).code).toBe('INVALID_OPTION')
  })
})

describe('in virtual time', () => {
  /** Runs a test with marbles: a letter is a sample, a for 0, b for 1, ... */
  const marbles = (work: Parameters<TestScheduler['run']>[0]) =>
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(work)
  const values = Object.fromEntries([...'abcdefgh'].map((letter, i) => [letter, sampleOf(i)]))

  test('an epoch subscribes when it begins, and unsubscribes when it is closed', () => {
    marbles(({ hot, expectSubscriptions, time }) => {
      const stream$ = hot('a-b-c-d-e-f-', values)
      const cursor = fromObservable(stream$).epoch(epochOptions())
      void cursor.next()
      const scheduler = (stream$ as unknown as { scheduler: TestScheduler }).scheduler
      scheduler.schedule(() => cursor.close(), time('-----|'))
      expectSubscriptions(stream$.subscriptions).toBe('^----!')
    })
  })

  test.each([
    ['completes', '-a-b-|  ', '^----!'],
    ['fails', '    -a-b-#  ', '^----!'],
    ['overflows', ' -a-b-c-d-e-', '^----!'],
  ])('a stream that %s is left at once, whoever asks', (_, stream, subscription) => {
    marbles(({ hot, expectSubscriptions }) => {
      const stream$ = hot(stream, values)
      fromObservable(stream$, { buffer: 2 }).epoch(epochOptions())
      expectSubscriptions(stream$.subscriptions).toBe(subscription)
    })
  })

  test('a cold stream that tells all at once is left where the buffer is full', () => {
    let told = 0
    const stream$ = range(0, 1e9).pipe(
      map(i => {
        told++
        return sampleOf(i)
      }),
    )
    const cursor = fromObservable(stream$, { buffer: 4 }).epoch(epochOptions())
    expect(told).toBe(5)
    cursor.close()
  })

  test.each<[NonNullable<ObservableOptions['onOverflow']>, string, number[], string, number[]]>([
    ['dropOldest', 'abcdefg|', [4, 5, 6], '0123-|', [0, 1, 2, 3, 4]],
    ['dropNewest', 'abcdefg|', [0, 1, 2], '0123-|', [0, 1, 2, 3, 4]],
  ])(
    '%s keeps as many as the buffer has room for, and counts the others',
    async (onOverflow, stream, kept, _, counts) => {
      const told: number[] = []
      let batches: Promise<number[][]> | undefined
      let source: ReturnType<typeof fromObservable> | undefined
      marbles(({ hot, flush }) => {
        source = fromObservable(hot(stream, values), { buffer: 3, onOverflow })
        source.dropped$.subscribe(count => told.push(count))
        const cursor = source.epoch(epochOptions())
        flush()
        batches = drain(cursor)
      })
      expect((await batches)?.flat()).toEqual(kept)
      expect(told).toEqual(counts)
      expect(source?.dropped).toBe(4)
      expect(await new Promise(resolve => source?.dropped$.pipe(take(1)).subscribe(resolve))).toBe(4)
    },
  )

  test('samples are taken while others come, and nothing is left out then', async () => {
    let batches: Promise<number[][]> | undefined
    let source: ReturnType<typeof fromObservable> | undefined
    marbles(({ cold, flush }) => {
      source = fromObservable(cold('ab-c----(def)-|', values), { buffer: 5, onOverflow: 'dropNewest' })
      batches = drain(source.epoch(epochOptions()))
      flush()
    })
    expect(await batches).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
    expect(source?.dropped).toBe(0)
  })

  test('an interval feeds a run', async () => {
    // It is subscribed to when the scheduler is there.
    const ticks$ = defer(() =>
      interval(10, scheduler).pipe(
        take(4),
        map(i => sampleOf(i / 10)),
      ),
    )
    const { run, settle, scheduler } = live(ticks$, { epochs: 2 })
    const done = run()
    await settle()
    expect(await done).toMatchObject({ status: 'finished', step: 4, epoch: 2 })
    expect(scheduler.frame).toBeGreaterThanOrEqual(80)
  })
})

describe('a run', () => {
  test('trains from the first full batch of a stream without an end', async () => {
    const subject = new Subject<Sample>()
    const { trainer, run, settle } = live(subject)
    void run()
    await settle()
    expect(trainer.state).toMatchObject({ status: 'running', step: 0, stepsPerEpoch: null })
    for (let i = 0; i < 7; i++) {
      subject.next(list[i] as Sample)
      await settle()
      expect(trainer.state.step).toBe(Math.floor((i + 1) / 2))
    }
    await trainer.stop()
    expect(subject.observed).toBe(false)
  })

  test('with a window trains when it is full, and not so with shuffle: false', async () => {
    for (const [shuffle, first] of [
      [true, 5],
      [false, 2],
    ] as const) {
      const subject = new Subject<Sample>()
      const { trainer, run, settle } = live(subject, { shuffle }, { shuffle: 5 })
      void run()
      await settle()
      let came = 0
      while (trainer.state.step === 0) {
        subject.next(list[came++] as Sample)
        await settle()
      }
      expect(came).toBe(first)
      trainer.dispose()
      expect(subject.observed).toBe(false)
    }
  })

  test('shuffles within the window, in an order that epoch and seed decide', async () => {
    const orders = async (seed: number) => {
      const { trainer, model, scheduler } = trial({
        data: fromObservable(from(list), { shuffle: 4 }),
        epochs: 2,
        seed,
      })
      const seen: number[] = []
      model.node('target').forward$.subscribe(({ tensor }) => seen.push(...tensor.data))
      const done = trainer.run()
      scheduler.flush()
      await done
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

  test('subscribes once an epoch, and is subscribed to nothing between and afterwards', async () => {
    const { counts, counting$ } = counted(from(list))
    const { trainer, scheduler } = trial({
      data: fromObservable(counting$, { size: 10 }),
      validation: fromObservable(counting$),
    })
    expect(trainer.state.stepsPerEpoch).toBe(3)
    expect(counts).toEqual({ opened: 0, open: 0 })
    trainer.events$.subscribe(event => {
      if (event.type === 'epoch') expect(counts).toEqual({ opened: 2 * event.epoch, open: 0 })
    })
    const { metrics } = await finish(trainer, scheduler)
    expect(counts).toEqual({ opened: 6, open: 0 })
    expect(Object.keys(metrics)).toEqual(['loss', 'validationLoss'])
  })

  test.each(['stop', 'dispose'] as const)(
    'is subscribed to nothing after %s(), wherever it stands',
    async way => {
      for (let came = 0; came < 5; came++) {
        const subject = new Subject<Sample>()
        const { trainer, run, settle } = live(subject)
        const done = run()
        await settle()
        expect(subject.observed).toBe(true)
        for (let i = 0; i < came; i++) subject.next(list[i] as Sample)
        if (came % 2 === 0) await settle()
        void trainer[way]()
        expect(subject.observed).toBe(false)
        expect((await done).status).toBe('stopped')
        await settle()
      }
    },
  )

  test('after stop() begins the next epoch with a subscription of its own', async () => {
    const { counts, counting$ } = counted(concat(of(...list.slice(0, 3)), NEVER))
    const { trainer, run, settle } = live(counting$)
    void run()
    await settle()
    await trainer.stop()
    expect(counts).toEqual({ opened: 1, open: 0 })
    void run()
    await settle()
    expect(counts).toEqual({ opened: 2, open: 1 })
    expect(trainer.state).toMatchObject({ epoch: 2, step: 2 })
    trainer.dispose()
    expect(counts.open).toBe(0)
  })

  test('that is paused stays subscribed, and finds what came meanwhile', async () => {
    const subject = new Subject<Sample>()
    const { trainer, run, settle } = live(subject)
    void run()
    await settle()
    await trainer.pause()
    for (const sample of list.slice(0, 6)) subject.next(sample)
    await settle()
    expect(trainer.state).toMatchObject({ status: 'paused', step: 0 })
    await trainer.resume()
    await settle()
    expect(trainer.state).toMatchObject({ status: 'running', step: 3 })
    trainer.dispose()
  })

  test('knows the steps of an epoch no more when it is longer than the one before', async () => {
    let length = 4
    const stream$ = defer(() => from(list.slice(0, length)))
    const { trainer, scheduler } = live(stream$, { epochs: 2 })
    const known: (number | null)[] = []
    trainer.events$.subscribe(event => {
      if (event.type === 'epoch') length = 8
      if (event.type === 'step') known.push(trainer.state.stepsPerEpoch)
    })
    await finish(trainer, scheduler)
    expect(known).toEqual([null, null, 2, 2, null, null])
    expect(trainer.state.stepsPerEpoch).toBe(4)
  })
})

describe('what goes wrong', () => {
  test('a stream that fails fails the run after what came before; run() subscribes again', async () => {
    const cause = new Error('the sensor is gone')
    let failing = true
    const stream$ = defer(() =>
      failing
        ? concat(
            of(...list.slice(0, 5)),
            throwError(() => cause),
          )
        : from(list),
    )
    const { counts, counting$ } = counted(stream$)
    const { trainer, run, settle } = live(counting$, { epochs: 1 })
    const error = await Promise.all([rejectionOf(run()), settle()]).then(([error]) => error)
    expect(error).toMatchObject({
      code: 'DATA_FAILED',
      place: 'data, pass 1, after 5 samples',
      got: '"the sensor is gone"',
      cause,
      hint: expect.stringContaining('subscribes again'),
    })
    expect(trainer.state).toMatchObject({ status: 'failed', step: 2 })
    expect(counts).toEqual({ opened: 1, open: 0 })
    failing = false
    const done = run()
    await settle()
    // The fifth sample waited, and is not lost.
    expect(await done).toMatchObject({ status: 'finished', step: Math.ceil((5 + 10) / 2) })
    expect(counts).toEqual({ opened: 2, open: 0 })
  })

  test('a subscription that throws fails the run', async () => {
    for (const stream of [
      new Observable<Sample>(() => {
        throw new Error('no such port')
      }),
      {
        subscribe() {
          throw new Error('no such port')
        },
      },
    ]) {
      const { run, settle } = live(stream as never)
      const [error] = await Promise.all([rejectionOf(run()), settle()])
      expect(error).toMatchObject({ code: 'DATA_FAILED', got: '"no such port"' })
    }
  })

  test('a stream that throws when it is left hurts nobody', async () => {
    const stream$ = new Observable<Sample>(() => () => {
      throw new Error('cannot leave')
    })
    const { trainer, run, settle } = live(stream$)
    const done = run()
    await settle()
    await trainer.stop()
    expect((await done).status).toBe('stopped')
  })

  test('a buffer that is full fails the run by default, and run() goes on', async () => {
    const subject = new Subject<Sample>()
    const { trainer, source, run, settle } = live(subject, {}, { buffer: 4 })
    const done = rejectionOf(run())
    await settle()
    await trainer.pause()
    for (const sample of list.slice(0, 8)) subject.next(sample)
    // Nobody listens any more, so nothing can be lost in silence.
    expect(subject.observed).toBe(false)
    void trainer.resume()
    await settle()
    // The first one was awaited, and four had room.
    expect(await done).toMatchObject({ code: 'DATA_OVERFLOW', place: 'data, sample 5' })
    expect(trainer.state).toMatchObject({ status: 'failed', step: 2 })
    expect(source.dropped).toBe(0)
    void run()
    await settle()
    expect(subject.observed).toBe(true)
    subject.next(list[9] as Sample)
    await settle()
    expect(trainer.state).toMatchObject({ status: 'running', step: 3 })
    trainer.dispose()
  })

  test('a step that fails lets go of the stream; run() goes on with the same batch and those that waited', async () => {
    const subject = new Subject<Sample>()
    const { trainer, model, run, settle } = live(subject)
    const seen: number[] = []
    model.node('target').forward$.subscribe(({ tensor }) => seen.push(...tensor.data))
    const done = rejectionOf(run())
    await settle()
    const { kernel } = model.node('dense1').parameters
    const whole = kernel.value.clone()
    kernel.assign(Array.from({ length: 2 }, () => Array(4).fill(Number.NaN)))
    for (let i = 0; i < 6; i++) subject.next(sampleOf(i))
    await settle()
    expect((await done).code).toBe('NOT_FINITE')
    expect(subject.observed).toBe(false)
    kernel.assign(whole)
    seen.length = 0
    void run()
    await settle()
    expect(subject.observed).toBe(true)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5])
    trainer.dispose()
  })

  test('a sample that cannot be used is told once, and left out then', async () => {
    const subject = new Subject<Sample>()
    const { trainer, run, settle } = live(subject)
    const done = rejectionOf(run())
    await settle()
    for (let i = 0; i < 6; i++) subject.next(i === 3 ? { x: [Number.NaN, 1], target: [3] } : sampleOf(i))
    await settle()
    expect(await done).toMatchObject({ code: 'DATA_NOT_FINITE', place: 'data, sample 3, x, entry 0' })
    expect(subject.observed).toBe(false)
    void run()
    await settle()
    expect(trainer.state).toMatchObject({ status: 'running', step: 2 })
    subject.next(sampleOf(6))
    await settle()
    expect(trainer.state.step).toBe(3)
    trainer.dispose()
  })

  test('a stream without samples is empty, and a subject that has ended is exhausted', async () => {
    const empty = await rejectionOf(
      createTrainer(compile(regression()), { data: fromObservable(of()) }).run(),
    )
    expect(empty).toMatchObject({ code: 'DATA_EMPTY', place: 'data, pass 1' })
    const subject = new Subject<Sample>()
    const { trainer, run, settle } = live(subject, { epochs: 2 })
    const done = rejectionOf(run())
    await settle()
    for (const sample of list.slice(0, 3)) subject.next(sample)
    subject.complete()
    await settle()
    expect(await done).toMatchObject({ code: 'DATA_EXHAUSTED', place: 'data, pass 2' })
    expect(trainer.state.step).toBe(2)
  })

  test('what fails on dropped$ hurts nobody', () => {
    const told = vi.spyOn(console, 'error').mockReturnValue(undefined)
    const subject = new Subject<Sample>()
    const source = fromObservable(subject, { buffer: 1, onOverflow: 'dropNewest' })
    source.dropped$.subscribe(() => {
      throw new Error('a subscriber that fails')
    })
    const cursor = source.epoch(epochOptions())
    for (const sample of list) subject.next(sample)
    expect(source.dropped).toBe(9)
    expect((told.mock.calls[0]?.[0] as GradstreamError | undefined)?.place).toBe(
      'subscriber of fromObservable: dropped$',
    )
    told.mockRestore()
    cursor.close()
  })
})

describe('evaluation', () => {
  test('of a stream is that of the same samples in memory, and leaves nothing open', async () => {
    const { counts, counting$ } = counted(from(list))
    const model = compile(regression(), { seed: 3 })
    const figures = await evaluate(model, fromObservable(counting$))
    expect(figures).toEqual(await evaluate(model, fromIterable(list)))
    expect(counts).toEqual({ opened: 1, open: 0 })
  })

  test('that fails leaves nothing open', async () => {
    const { counts, counting$ } = counted(
      concat(
        of(...list),
        throwError(() => new Error('gone')),
      ),
    )
    const error = await rejectionOf(evaluate(compile(regression()), fromObservable(counting$)))
    expect([error.code, counts]).toEqual(['DATA_FAILED', { opened: 1, open: 0 }])
    const broken = counted(concat(of({ x: [1, 2, 3], target: [1] }), NEVER))
    await rejectionOf(evaluate(compile(regression()), fromObservable(broken.counting$)))
    expect(broken.counts).toEqual({ opened: 1, open: 0 })
  })
})

test('a BehaviorSubject gives its present sample first, in each epoch', async () => {
  const subject = new BehaviorSubject(sampleOf(7))
  const source = fromObservable(subject.pipe(take(3)))
  for (let epoch = 0; epoch < 2; epoch++) {
    const batches = drain(source.epoch(epochOptions({ batchSize: 3 })))
    await settled()
    subject.next(sampleOf(8))
    await settled()
    subject.next(sampleOf(9 - epoch))
    expect(await batches).toEqual([[epoch === 0 ? 7 : 9, 8, 9 - epoch]])
  }
})

test('a cold stream that repeats itself has no end, and is trained on step by step', async () => {
  const endless$ = from(list).pipe(repeat({ delay: () => from(Promise.resolve()) }))
  const { trainer, settle } = live(endless$)
  const held = trainer.step(25)
  while (trainer.state.status !== 'paused') await settle()
  expect((await held).step).toBe(25)
  trainer.dispose()
})

test('the queue of those who wait is a queue, at random and within its bound', () => {
  const dice = new Dice(5)
  for (let most = 1; most < 12; most++) {
    const queue = new BoundedQueue<number>(most)
    let model: number[] = []
    for (let i = 0; i < 300; i++) {
      if (dice.below(2) === 0 && !queue.isFull) {
        queue.add(i)
        model.push(i)
      } else if (model.length > 0) expect(queue.take()).toBe(model.shift())
      if (dice.below(50) === 0) {
        queue.clear()
        model = []
      }
      expect([queue.length, queue.isFull]).toEqual([model.length, model.length === most])
    }
  }
})

test('samples of type Observable infer', async () => {
  const readings$ = range(0, 4).pipe(map(i => ({ x: [i, 1], target: [i] })))
  const source = fromObservable(readings$)
  const batches = await drain(source.epoch(epochOptions({ batchSize: 4 })))
  expect(batches).toEqual([
    await new Promise(resolve =>
      readings$
        .pipe(
          map(({ target: [t] }) => t),
          toArray(),
        )
        .subscribe(resolve),
    ),
  ])
})
