/** Whether several threads pay for a product, with a clock that each product moves on by a known time. */
import { afterEach, expect, test, vi } from 'vitest'
import { ThreadTrial } from '../../kernels/blas/thread-trial.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Calls a product so often that its trial is over; `times` say how long it takes by one thread and by all, in turn. */
function settle(times: { one: readonly number[]; all: readonly number[] }, numbers = { one: 7, all: 7 }) {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const trial = new ThreadTrial(4)
  const result = new Float32Array(3)
  const seen = { one: 0, all: 0 }
  let calls = 0
  for (; trial.threads === undefined && calls < 100; calls++) {
    trial.run(
      threads => {
        const way = threads === 1 ? 'one' : 'all'
        now += times[way][seen[way]++ % times[way].length] as number
        result.fill(numbers[way])
      },
      () => result,
    )
  }
  return { trial, calls, seen }
}

test('takes all threads where they save time', () => {
  expect(settle({ one: [10], all: [6] }).trial.threads).toBe(4)
})

test('takes one thread where all are slower', () => {
  expect(settle({ one: [10], all: [14] }).trial.threads).toBe(1)
})

test('takes one thread where all save next to nothing', () => {
  expect(settle({ one: [10], all: [9.5] }).trial.threads).toBe(1)
})

test('judges each way by its fastest time, whatever disturbs the others', () => {
  expect(settle({ one: [10], all: [90, 6, 90] }).trial.threads).toBe(4)
})

test('takes all threads at once where one computes other numbers, which may not depend on a clock', () => {
  const { trial, calls } = settle({ one: [1], all: [100] }, { one: 7, all: 8 })
  expect(trial.threads).toBe(4)
  expect(calls).toBe(1)
})

test('tries both ways equally often, and comes to an end', () => {
  const { calls, seen } = settle({ one: [10], all: [6] })
  expect(seen.one).toBe(seen.all)
  expect(calls).toBeLessThan(20)
})

test.each([0, Number.NaN])(
  'learns nothing from results of %s: it waits with all threads for another one',
  value => {
    const { trial, seen } = settle({ one: [1], all: [100] }, { one: value, all: value })
    expect(trial.threads).toBeUndefined()
    expect(seen).toEqual({ one: 0, all: 100 })
  },
)

test('leaves the result of all threads where one thread computes another', () => {
  const trial = new ThreadTrial(4)
  const result = new Float32Array(3)
  trial.run(
    threads => result.fill(threads),
    () => result,
  )
  expect([...result]).toEqual([4, 4, 4])
})
