/** Series stay small, and keep their extremes and their means. */
import { afterEach, describe, expect, test } from 'vitest'
import { Recorder } from '../../../runtime/bridge/server/recorder.ts'
import { Series } from '../../../runtime/bridge/server/series.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { type Bridged, bridged } from './support.ts'

const ALWAYS = Number.POSITIVE_INFINITY

/** How long a long run takes, in milliseconds: ten for each step. */
const LONG = countOf({ usual: 50_000, full: 200_000 })

/** Many numbers quickly: a key would take too long for each. */
function* numbers(seed: number): Generator<number> {
  let state = new Dice(seed).below(2 ** 31) | 1
  for (;;) {
    state = Math.imul(state, 48271) & 0x7fffffff
    yield state / 0x7fffffff - 0.5
  }
}

/** A wave with noise, in steps from 1. */
function wave(count: number): { series: Series; values: number[] } {
  const random = numbers(count)
  const values = Array.from({ length: count }, (_, i) => Math.sin(i / 500) + (random.next().value as number))
  const series = new Series()
  values.forEach((value, i) => {
    series.add(i + 1, value)
  })
  return { series, values }
}

describe.each([1, 2, 3, 1000, 8192, 8193, 50_000, 200_000, 1_000_000])('%i points', count => {
  const { series, values } = wave(count)
  const all = series.range(0, ALWAYS, ALWAYS)
  const least = values.reduce((a, b) => Math.min(a, b))
  const most = values.reduce((a, b) => Math.max(a, b))

  test('are kept in a bounded number, in order, each as it was', () => {
    expect(all.steps.length).toBeLessThanOrEqual(16_385)
    expect(all.steps.length).toBeGreaterThanOrEqual(Math.min(count, 4000))
    const isInOrder = all.steps.every((step, i) => i === 0 || step > (all.steps[i - 1] as number))
    expect(isInOrder).toBe(true)
    expect(all.values).toEqual(all.steps.map(step => values[step - 1]))
    expect(all.steps.at(-1)).toBe(count)
  })

  test('keep their smallest and largest, also when few are asked for', () => {
    for (const points of [all, series.range(0, count, 20), series.range(0, count, 2)]) {
      expect(Math.min(...points.values)).toBe(least)
      expect(Math.max(...points.values)).toBe(most)
    }
    for (const few of [2, 7, 20, 900]) {
      expect(series.range(0, count, few).steps.length).toBeLessThanOrEqual(few)
    }
  })

  test('of a range lie in it', () => {
    const [from, to] = [Math.floor(count / 3), Math.ceil((2 * count) / 3)]
    const { steps } = series.range(from, to, 500)
    for (const step of steps) {
      expect(step).toBeGreaterThanOrEqual(from)
      expect(step).toBeLessThanOrEqual(to)
    }
    expect(steps.length).toBeLessThanOrEqual(500)
    if (count > 10) expect(steps.length).toBeGreaterThan(Math.min(200, (to - from) / 50))
  })

  test.each([ALWAYS, 900, 2])('have the means of their parts, where %d are asked for', few => {
    const { means } = series.range(0, count, few)
    let start = 0
    means.steps.forEach((end, i) => {
      const part = values.slice(start, end)
      expect(means.counts[i]).toBe(part.length)
      expect(means.values[i]).toBeCloseTo(part.reduce((sum, value) => sum + value, 0) / part.length, 9)
      start = end
    })
    expect(start).toBe(count)
  })
})

test('a million points are asked for by range thousands of times a minute', () => {
  const { series } = wave(1_000_000)
  const start = process.cpuUsage()
  for (let i = 0; i < 500; i++) series.range(1000 * i, 1000 * i + 500_000, 900)
  // For what grows with the run, not for the machine: it takes less than a millisecond of a processor.
  expect(process.cpuUsage(start).user / 1000 / 500).toBeLessThan(20)
})

test('the mean of few large values among many small ones is no middle between extremes', () => {
  const series = new Series()
  for (let step = 1; step <= 100_000; step++) series.add(step, step % 100 === 0 ? 0.802 : 0.002)
  const { values, means } = series.range(0, ALWAYS, 900)
  expect((Math.min(...values) + Math.max(...values)) / 2).toBeCloseTo(0.402)
  for (const mean of means.values.slice(0, -1)) {
    expect(mean).toBeGreaterThan(0.008)
    expect(mean).toBeLessThan(0.012)
  }
})

test('parts stay where they are while a series grows', () => {
  const { series } = wave(50_000)
  const before = series.range(0, ALWAYS, 1000)
  for (let step = 50_001; step < 50_500; step++) series.add(step, 0)
  const after = series.range(0, ALWAYS, 1000)
  const whole = before.means.steps.length - 1
  expect(after.means.steps.slice(0, whole)).toEqual(before.means.steps.slice(0, whole))
  expect(after.means.values.slice(0, whole)).toEqual(before.means.values.slice(0, whole))
})

test('what is not finite, and what comes twice in a row, is left out', () => {
  const series = new Series()
  for (const value of [1, Number.NaN, 2, Number.POSITIVE_INFINITY]) series.add(3, value)
  for (let i = 0; i < 1e5; i++) series.add(4, 5)
  expect(series.range(0, 9, 99)).toMatchObject({
    steps: [3, 3, 4],
    values: [1, 2, 5],
    gaps: [3],
    means: { counts: [1, 1, 1] },
  })
})

describe.each([5, 300, 8192, 30_000])('of %i steps, some without a finite figure,', count => {
  const dice = new Dice(count)
  const isLost = Array.from({ length: count + 1 }, () => dice.below(10) < 3)
  const series = new Series()
  for (let step = 1; step <= count; step++)
    series.add(step, isLost[step] ? ([Number.NaN, -Infinity, Infinity][step % 3] as number) : step % 7)

  test.each([ALWAYS, 1000, 30, 2])(
    'the gaps of a range are steps without one, where %d points are asked for',
    few => {
      for (const [from, to] of [
        [0, ALWAYS],
        [1, count],
        [Math.floor(count / 3), Math.ceil(count / 2)],
      ] as const) {
        const { gaps, means, steps } = series.range(from, to, few)
        expect(gaps.length).toBeLessThanOrEqual(means.steps.length + 1)
        expect(gaps.every(step => isLost[step] && step >= from && step <= to)).toBe(true)
        expect(gaps).toEqual([...new Set(gaps)].sort((a, b) => a - b))
        expect(steps.some(step => isLost[step])).toBe(false)
      }
    },
  )

  test.each([ALWAYS, 1000, 30, 2])(
    'each part that has some tells of one, where %d points are asked for',
    few => {
      const { gaps, means } = series.range(0, ALWAYS, few)
      const found = new Set(gaps)
      const isIn = (list: (step: number) => boolean, start: number, end: number) => {
        for (let step = start + 1; step < end; step++) if (list(step)) return true
        return false
      }
      // What lies behind the last point of a part belongs to it.
      const ends = means.steps.map((end, i) => {
        let next = end + 1
        while (isLost[next]) next++
        return means.steps[i + 1] === undefined ? count + 1 : next
      })
      ends.forEach((end, i) => {
        const start = i === 0 ? 0 : (ends[i - 1] as number) - 1
        expect(isIn(step => found.has(step), start, end)).toBe(
          isIn(step => isLost[step] === true, start, end),
        )
      })
    },
  )
})

test('a figure that was never finite is all gap', () => {
  const series = new Series()
  for (let step = 1; step < 9; step++) series.add(step, Number.NaN)
  expect(series.range(0, ALWAYS, 9)).toMatchObject({ steps: [], values: [], gaps: [8] })
})

describe('a recorder', () => {
  let run: Bridged

  afterEach(() => run.close())

  test('tells of every batch while somebody attends, and a question costs the same in a long run', async () => {
    run = await bridged()
    const recorder = new Recorder(run.trainer)
    const release = recorder.attend()
    const losses: number[] = []
    run.trainer.events$.subscribe(event => event.type === 'step' && losses.push(event.loss))
    void run.trainer.run()
    await run.clock.pass(LONG, 10_000)
    release()
    expect(losses.length).toBeGreaterThan(LONG / 10)
    const { steps, values, means } = recorder.range('loss', 0, ALWAYS, 900)
    expect(steps.length).toBeLessThanOrEqual(900)
    expect(Math.min(...values)).toBe(losses.reduce((a, b) => Math.min(a, b)))
    expect(Math.max(...values)).toBe(losses.reduce((a, b) => Math.max(a, b)))
    expect(means.counts.reduce((sum, count) => sum + count, 0)).toBe(losses.length)
    expect(recorder.range('throughput', 0, ALWAYS, 900).steps.length).toBeGreaterThan(100)
  })
})
