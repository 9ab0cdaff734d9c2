import {
  asyncScheduler,
  combineLatest,
  config,
  debounceTime,
  delay,
  filter,
  firstValueFrom,
  map,
  merge,
  NEVER,
  Observable,
  type OperatorFunction,
  observeOn,
  of,
  Subject,
  scan,
  share,
  shareReplay,
  switchMap,
  take,
  tap,
  toArray,
  window,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { emitGuarded, SafeObservable } from '../../core/index.ts'

/** What would have ended the process: RxJS throws it from a timer, unless this is set. */
let uncaught: unknown[]
beforeEach(() => {
  vi.useFakeTimers()
  uncaught = []
  config.onUnhandledError = error => uncaught.push(error)
})
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
  config.onUnhandledError = null
})
const expectNothingUncaught = () => {
  vi.runAllTimers()
  expect(uncaught).toEqual([])
}

/** A stream as a wire offers it, with what was reported. */
function wired() {
  const reported: string[] = []
  const report = (thrown: unknown) => {
    reported.push((thrown as Error).message)
  }
  const source = new Subject<number>()
  const stream$ = new SafeObservable<number>(report, subscriber => {
    const subscription = source.subscribe(subscriber)
    return () => subscription.unsubscribe()
  })
  const emit = (value: number) => emitGuarded(() => source.next(value), report)
  return { source, stream$, reported, emit }
}

const fail = (message = 'failed') => {
  throw new Error(message)
}

test('a subscriber that throws would end the process on a plain Observable', () => {
  const source = new Subject<number>()
  new Observable<number>(subscriber => source.subscribe(subscriber)).subscribe(() => fail())
  source.next(1)
  vi.runAllTimers()
  expect(uncaught).toMatchObject([{ message: 'failed' }])
})

describe('a subscriber that throws', () => {
  type Subscribe = (stream$: Observable<number>) => void

  const alone: Record<string, Subscribe> = {
    'as a function': stream$ => stream$.subscribe(() => fail()),
    'as an observer': stream$ => stream$.subscribe({ next: () => fail() }),
    'as an observer with methods of a class': stream$ => {
      class Failing {
        private readonly message = 'failed'
        next() {
          fail(this.message)
        }
      }
      stream$.subscribe(new Failing())
    },
    'behind map': stream$ => stream$.pipe(map(x => x * 2)).subscribe(() => fail()),
    'behind filter': stream$ => stream$.pipe(filter(x => x > 0)).subscribe(() => fail()),
    'behind several operators': stream$ =>
      stream$
        .pipe(
          map(String),
          scan((all, x) => all + x, ''),
          tap(),
        )
        .subscribe(() => fail()),
    'behind share': stream$ => stream$.pipe(share()).subscribe(() => fail()),
    'behind shareReplay': stream$ => stream$.pipe(shareReplay(1)).subscribe(() => fail()),
    'behind switchMap': stream$ => stream$.pipe(switchMap(x => of(x))).subscribe(() => fail()),
    'behind delay': stream$ => stream$.pipe(delay(0)).subscribe(() => fail()),
    'behind observeOn': stream$ => stream$.pipe(observeOn(asyncScheduler)).subscribe(() => fail()),
  }

  const combined: Record<string, Subscribe> = {
    'behind merge': stream$ => merge(stream$, NEVER).subscribe(() => fail()),
    'behind combineLatest': stream$ => combineLatest([stream$, of(1)]).subscribe(() => fail()),
    'behind a merge of what was mapped': stream$ =>
      merge(stream$.pipe(map(x => x * 2)), NEVER)
        .pipe(filter(x => x > 0))
        .subscribe(() => fail()),
    'behind a Subject': stream$ => {
      const subject = new Subject<number>()
      subject.subscribe(() => fail())
      stream$.subscribe(subject)
    },
    'behind a window': stream$ =>
      stream$.pipe(window(NEVER)).subscribe(inner$ => inner$.subscribe(() => fail())),
    'behind an operator that makes a new Observable': stream$ => {
      const own: OperatorFunction<number, number> = source$ =>
        new Observable(subscriber => source$.subscribe(subscriber))
      stream$.pipe(own).subscribe(() => fail())
    },
  }

  test.each(Object.entries({ ...alone, ...combined }))(
    '%s is reported each time, and the others get every value',
    (_, subscribe) => {
      const { stream$, reported, emit, source } = wired()
      const before: number[] = []
      const after: number[] = []
      const completed = vi.fn()
      stream$.subscribe(value => before.push(value))
      subscribe(stream$)
      stream$.subscribe({ next: value => after.push(value), complete: completed })
      for (const value of [1, 2, 3]) {
        emit(value)
        vi.runAllTimers()
      }
      source.complete()
      expect([before, after]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ])
      expect(completed).toHaveBeenCalledOnce()
      expect(reported).toEqual(['failed', 'failed', 'failed'])
      expectNothingUncaught()
    },
  )

  test.each(Object.entries(alone))('%s hurts nobody even where the source is not guarded', (_, subscribe) => {
    const { stream$, reported, source } = wired()
    const others: number[] = []
    subscribe(stream$)
    stream$.subscribe(value => others.push(value))
    source.next(1)
    source.next(2)
    vi.runAllTimers()
    expect(others).toEqual([1, 2])
    expect(reported).toEqual(['failed', 'failed'])
    expectNothingUncaught()
  })

  test('beside another that throws is reported by itself', () => {
    const { stream$, reported, emit } = wired()
    stream$.subscribe(() => fail('first'))
    stream$.subscribe(() => fail('second'))
    emit(1)
    expect(reported).toEqual(['first', 'second'])
    expectNothingUncaught()
  })

  test('stays subscribed, and may do better the next time', () => {
    const { stream$, reported, emit } = wired()
    const got: number[] = []
    stream$.subscribe(value => {
      if (value === 2) fail()
      got.push(value)
    })
    for (const value of [1, 2, 3]) emit(value)
    expect([got, reported]).toEqual([[1, 3], ['failed']])
  })

  test('while it subscribes hurts nobody', () => {
    const reported: unknown[] = []
    const stream$ = new SafeObservable<number>(
      thrown => reported.push(thrown),
      subscriber => {
        subscriber.next(1)
        subscriber.next(2)
        return undefined
      },
    )
    stream$.subscribe(() => fail())
    expect(reported).toHaveLength(2)
    expectNothingUncaught()
  })

  test('in its complete callback is reported, and the others are completed', () => {
    const { stream$, reported, source } = wired()
    const completed = vi.fn()
    stream$.subscribe({ complete: () => fail('at the end') })
    merge(stream$).subscribe({ complete: () => fail('at the end of a merge') })
    stream$.subscribe({ complete: completed })
    source.complete()
    expect(completed).toHaveBeenCalledOnce()
    expect(reported).toEqual(['at the end', 'at the end of a merge'])
    expectNothingUncaught()
  })

  test('in its error callback is reported, and the others get the error', () => {
    const { stream$, reported, source } = wired()
    const others: unknown[] = []
    stream$.subscribe({ error: () => fail('in the error callback') })
    stream$.subscribe({ error: error => others.push(error) })
    source.error('broken')
    expect([reported, others]).toEqual([['in the error callback'], ['broken']])
    expectNothingUncaught()
  })

  test('in the old form of three functions is reported as well', () => {
    const { stream$, reported, emit, source } = wired()
    stream$.subscribe(
      () => fail('next'),
      () => fail('error'),
      () => fail('complete'),
    )
    emit(1)
    source.complete()
    expect(reported).toEqual(['next', 'complete'])
    expectNothingUncaught()
  })
})

describe('an operator that throws', () => {
  test('ends its own subscription with a report, where nobody takes the error', () => {
    const { stream$, reported, emit } = wired()
    const others: number[] = []
    stream$.pipe(map(() => fail())).subscribe()
    stream$.subscribe(value => others.push(value))
    emit(1)
    emit(2)
    expect([others, reported]).toEqual([[1, 2], ['failed']])
    expectNothingUncaught()
  })

  test('tells its subscriber, where that one takes errors', () => {
    const { stream$, reported, emit } = wired()
    const taken = vi.fn()
    stream$.pipe(map(() => fail())).subscribe({ error: taken })
    emit(1)
    expect(taken).toHaveBeenCalledOnce()
    expect(reported).toEqual([])
  })

  test('behind merge is reported, and the others get every value', () => {
    const { stream$, reported, emit } = wired()
    const others: number[] = []
    merge(stream$.pipe(map(() => fail())), NEVER).subscribe()
    stream$.subscribe(value => others.push(value))
    emit(1)
    emit(2)
    expect([others, reported]).toEqual([[1, 2], ['failed']])
    expectNothingUncaught()
  })
})

describe('a stream without failures', () => {
  const marbles = (work: (run: Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void) =>
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(work)
  const safe = <T>(source$: Observable<T>) =>
    new SafeObservable<T>(
      () => fail(),
      subscriber => {
        const subscription = source$.subscribe(subscriber)
        return () => subscription.unsubscribe()
      },
    )

  test('is the stream that it stands for', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source$ = hot(' -a-b-(c|)')
      expectObservable(safe(source$)).toBe('-a-b-(c|)')
      expectSubscriptions(source$.subscriptions).toBe('^----!')
    })
  })

  test('passes errors on', () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(safe(hot('-a-#'))).toBe('-a-#')
    })
  })

  test('goes through operators of time and value as any other', () => {
    marbles(({ hot, expectObservable }) => {
      const source$ = hot<string>('-a--bc---d|')
      expectObservable(safe(source$).pipe(delay(2))).toBe('---a--bc---(d|)')
      expectObservable(safe(source$).pipe(debounceTime(2))).toBe('---a---c--(d|)')
      expectObservable(safe(source$).pipe(take(2))).toBe('-a--(b|)')
      expectObservable(safe(source$).pipe(map(x => x + x)), '^---!').toBe('-x', { x: 'aa' })
    })
  })

  test('is left where its last subscriber leaves', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source$ = hot('-a-b-c-d')
      expectObservable(safe(source$).pipe(share()), '--^--!').toBe('---b-')
      expectSubscriptions(source$.subscriptions).toBe('--^--!')
    })
  })

  test('stays safe behind operators of time', () => {
    const reported: unknown[] = []
    marbles(({ hot, flush }) => {
      const source$ = hot('-a-b-|')
      const stream$ = new SafeObservable<string>(
        thrown => reported.push(thrown),
        subscriber => {
          const subscription = source$.subscribe(subscriber)
          return () => subscription.unsubscribe()
        },
      )
      stream$.pipe(delay(5)).subscribe(() => fail())
      flush()
    })
    expect(reported).toHaveLength(2)
    expectNothingUncaught()
  })

  test('can be waited for', async () => {
    const { stream$, emit, source } = wired()
    const first = firstValueFrom(stream$)
    const all = firstValueFrom(stream$.pipe(toArray()))
    emit(1)
    emit(2)
    source.complete()
    expect(await first).toBe(1)
    expect(await all).toEqual([1, 2])
  })

  test('rejects a forEach whose function throws, and reports nothing', async () => {
    const { stream$, reported, emit } = wired()
    const done = stream$.forEach(() => {
      fail()
    })
    emit(1)
    await expect(done).rejects.toThrow('failed')
    expect(reported).toEqual([])
  })
})

describe('emitGuarded', () => {
  test('leaves the settings of RxJS as they were, whatever happens', () => {
    const { emit, stream$ } = wired()
    merge(stream$, NEVER).subscribe(() => fail())
    for (const before of [false, true]) {
      config.useDeprecatedSynchronousErrorHandling = before
      emit(1)
      expect(config.useDeprecatedSynchronousErrorHandling).toBe(before)
    }
    config.useDeprecatedSynchronousErrorHandling = false
  })

  test('may be called inside itself', () => {
    const outer = wired()
    const inner = wired()
    const got: number[] = []
    outer.stream$.subscribe(value => inner.emit(value * 10))
    merge(inner.stream$, NEVER).subscribe(value => {
      got.push(value)
      fail('inner')
    })
    outer.emit(1)
    outer.emit(2)
    expect(got).toEqual([10, 20])
    expect([...outer.reported, ...inner.reported]).toEqual(['inner', 'inner'])
    expectNothingUncaught()
  })

  test('reports what the emission itself throws', () => {
    const reported: unknown[] = []
    emitGuarded(
      () => fail(),
      thrown => reported.push((thrown as Error).message),
    )
    expect(reported).toEqual(['failed'])
  })
})
