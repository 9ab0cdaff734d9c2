/** Whether several threads pay for a product, with a clock that each product moves on by a known time. */
import { afterEach, expect, test, vi } from 'vitest'
import { ThreadTrial } from '../../kernels/blas/thread-trial.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Calls a product so often that its trial is over; `times` say how long it takes by one thread and by all, in turn. */
function settle(times: { one: readonly number[]; all: readonly number[] }, bytes = { one: 7, all: 7 }) {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const trial = new ThreadTrial(4)
  const result = new Uint8Array(3)
  const seen = { one: 0, all: 0 }
  let calls = 0
  for (; trial.threads === undefined && calls < 100; calls++) {
    trial.run(
      threads => {
        const way = threads === 1 ? 'one' : 'all'
        now += times[way][seen[way]++ % times[way].length] as number
        result.fill(bytes[way])
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

test('takes all threads at once where one computes other bytes, since numbers may not depend on a clock', () => {
  const { trial, calls } = settle({ one: [1], all: [100] }, { one: 7, all: 8 })
  expect(trial.threads).toBe(4)
  expect(calls).toBe(1)
})

test('tries both ways equally often, and comes to an end', () => {
  const { calls, seen } = settle({ one: [10], all: [6] })
  expect(seen.one).toBe(seen.all)
  expect(calls).toBeLessThan(20)
})
