/** Series stay small and keep their extremes. */
import { describe, expect, test } from 'vitest'
import { Series, thinned } from '../../../runtime/bridge/server/series.ts'
import { Dice } from '../../support/random-graph.ts'

/** Many numbers quickly: a key would take too long for each. */
function* numbers(seed: number): Generator<number> {
  let state = new Dice(seed).below(2 ** 31) | 1
  for (;;) {
    state = Math.imul(state, 48271) & 0x7fffffff
    yield state / 0x7fffffff - 0.5
  }
}

describe.each([1, 2, 3, 1000, 8192, 8193, 50_000, 200_000])('%i points', count => {
  const random = numbers(count)
  const values = Array.from({ length: count }, (_, i) => Math.sin(i / 500) + (random.next().value as number))
  const series = new Series()
  values.forEach((value, i) => {
    series.add(i + 1, value)
  })
  const all = series.range(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  const least = values.reduce((a, b) => Math.min(a, b))
  const most = values.reduce((a, b) => Math.max(a, b))

  test('are kept in a bounded number, in order, each as it was', () => {
    expect(all.steps.length).toBeLessThanOrEqual(16_384)
    expect(all.steps.length).toBeGreaterThanOrEqual(Math.min(count, 4000))
    all.steps.forEach((step, i) => {
      if (i > 0) expect(step).toBeGreaterThan(all.steps[i - 1] as number)
      expect(all.values[i]).toBe(values[step - 1])
    })
  })

  test('keep their smallest and largest, also when few are asked for', () => {
    for (const points of [all, series.range(0, count, 20), series.range(0, count, 2), thinned(all, 7)]) {
      expect(Math.min(...points.values)).toBe(least)
      expect(Math.max(...points.values)).toBe(most)
    }
    expect(series.range(0, count, 20).steps.length).toBeLessThanOrEqual(20)
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
})

test('what is not finite, and what comes twice in a row, is left out', () => {
  const series = new Series()
  for (const value of [1, Number.NaN, 2, Number.POSITIVE_INFINITY]) series.add(3, value)
  for (let i = 0; i < 1e5; i++) series.add(4, 5)
  expect(series.range(0, 9, 99)).toEqual({ steps: [3, 3, 4], values: [1, 2, 5] })
})
