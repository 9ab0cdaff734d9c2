/** The curves of several runs as plain functions: axes, averages, what can be seen of many points, parts of an axis. */
import { describe, expect, test } from 'vitest'
import { extentOf, partsOf, spanIn, spanOf, textOfSpan, within } from '../../dashboard/runs/span.ts'
import { thinned } from '../../dashboard/runs/thinning.ts'
import {
  after,
  averaged,
  type Points,
  pointsIn,
  type Track,
  trackOf,
  valueAt,
} from '../../dashboard/runs/tracks.ts'
import { QuickDice } from '../support/dice.ts'

const numbers = (...values: number[]) => Float64Array.from(values)
const points = (steps: number[], values: number[], seconds = steps.map(step => step / 10)): Points => ({
  steps: numbers(...steps),
  seconds: numbers(...seconds),
  values: numbers(...values),
})
const NO_POINTS = points([], [])

/** So many points, some of them gaps. */
function noisy(count: number, seed: number, gaps = 0): Track {
  const dice = new QuickDice(seed)
  const x = new Float64Array(count)
  let step = 0
  const y = x.map((_, i) => {
    x[i] = step += 1 + dice.below(9)
    return dice.below(100) < gaps ? Number.NaN : dice.below(1000) / 100
  })
  return { x, y }
}

describe('an axis', () => {
  test('by step and by time is what was recorded, and does not go back', () => {
    const own = points([1, 2, 5], [3, Number.NaN, 4], [0, 7, 6])
    expect(trackOf(own, 'step', NO_POINTS)).toEqual({ x: own.steps, y: own.values })
    expect(trackOf(own, 'time', NO_POINTS)?.x).toEqual(numbers(0, 7, 7))
  })

  test('by epoch goes straight from the end of one to the end of the next, however long they are', () => {
    const epochs = points([10, 30, 40], [1, 2, 3])
    const steps = [0, 5, 10, 20, 30, 35, 40, 45]
    expect([...(trackOf(points(steps, steps), 'epoch', epochs)?.x ?? [])]).toEqual([
      0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5,
    ])
    expect(trackOf(points([1], [1]), 'epoch', NO_POINTS)).toBeUndefined()
  })

  test('by epoch of a run that was resumed begins where it was', () => {
    const epochs = points([110, 120], [11, 12])
    expect([...(trackOf(points([100, 105, 115], [1, 1, 1]), 'epoch', epochs)?.x ?? [])]).toEqual([
      10, 10.5, 11.5,
    ])
  })
})

test('the answer of the server is read as it was written, also where a series is missing', () => {
  const bytes = numbers(2, 1, 2, 0.1, 0.2, 5, 6, 0, 1, 9, 0.9, 7).buffer
  expect(pointsIn(bytes, 3)).toEqual([points([1, 2], [5, 6]), NO_POINTS, points([9], [7])])
  expect(pointsIn(new ArrayBuffer(0), 1)).toEqual([NO_POINTS])
})

describe('an average', () => {
  test('of equal values is that value, keeps gaps, and lies between the extremes', () => {
    const track = noisy(500, 3, 20)
    const average = averaged(track, track.x, 50)
    expect([...average.y].map(Number.isNaN)).toEqual([...track.y].map(Number.isNaN))
    expect(average.x).toBe(track.x)
    for (const value of average.y) if (!Number.isNaN(value)) expect(value).toBeLessThanOrEqual(10)
    const flat = { x: track.x, y: track.y.map(value => (Number.isNaN(value) ? value : 4)) }
    for (const value of averaged(flat, flat.x, 50).y) if (!Number.isNaN(value)) expect(value).toBeCloseTo(4)
  })
})

describe('what is seen of many points', () => {
  test.each([
    [10, 50],
    [1000, 50],
    [20_000, 700],
  ])('%i points in %i columns keep the lowest and the highest', (count, columns) => {
    const tracks = [noisy(count, 1), noisy(count, 2, 5)]
    const all = extentOf(tracks.map(({ x }) => x))
    for (const span of [all, within([all[0] + (all[1] - all[0]) / 3, all[0] + (all[1] - all[0]) / 2], all)]) {
      const [x, ...drawn] = thinned(tracks, span, columns)
      expect(x.length).toBeLessThanOrEqual(2 * columns + 6)
      expect([x[0], x.at(-1)]).toEqual([...span])
      expect(x).toEqual([...new Set(x)].sort((a, b) => a - b))
      const width = (span[1] - span[0]) / columns
      tracks.forEach((track, i) => {
        const values = drawn[i] as (number | null | undefined)[]
        expect(values.length).toBe(x.length)
        const byColumn = new Map<number, number[]>()
        for (const [at, place] of track.x.entries()) {
          const column = Math.floor(place / width)
          const own = byColumn.get(column) ?? []
          byColumn.set(column, own)
          own.push(at)
        }
        // Each column has extremes of its points, and nothing else.
        for (let k = 1; k < x.length - 1; k++) {
          const column = Math.floor((x[k] as number) / width)
          const known = (byColumn.get(column) ?? []).map(at => track.y[at])
          if (values[k] == null) continue
          expect(known).toContain(values[k])
        }
        if (span !== all) return
        const known = [...track.y].filter(
          (value, at) =>
            !Number.isNaN(value) &&
            (track.x[at] as number) > span[0] + width &&
            (track.x[at] as number) < span[1] - width,
        )
        const seen = values.filter(value => typeof value === 'number')
        if (known.length > 0) {
          expect(Math.max(...seen)).toBeGreaterThanOrEqual(Math.max(...known))
          expect(Math.min(...seen)).toBeLessThanOrEqual(Math.min(...known))
        }
      })
    }
  })

  test('a curve keeps its shape while it is moved', () => {
    const track = noisy(5000, 4)
    const [from, to] = extentOf([track.x])
    const size = (to - from) / 2
    const width = size / 200
    const seen = (start: number) => {
      const [x, y = []] = thinned([track], [start, start + size], 200)
      return new Map(x.slice(3, -3).map((place, i) => [place.toFixed(6), y[i + 3]]))
    }
    const [here, there] = [seen(from), seen(from + 0.3 * size + width / 3)]
    let common = 0
    for (const [place, value] of here) {
      if (!there.has(place)) continue
      common++
      expect(there.get(place)).toBe(value)
    }
    expect(common).toBeGreaterThan(200)
  })

  test('leads to where it would go on, has gaps, and no logarithm of nothing', () => {
    const track = { x: numbers(0, 10, 20, 30), y: numbers(0, 10, Number.NaN, 30) }
    const [, line = []] = thinned([track], [5, 9], 10)
    expect([line[0], line.at(-1)]).toEqual([5, 9])
    expect(thinned([track], [0, 30], 30)[1]).toContain(null)
    const [, log = []] = thinned([{ x: numbers(0, 1, 2), y: numbers(1, -1, 100) }], [0, 2], 10, true)
    expect(log.filter(value => typeof value === 'number' && value <= 0)).toEqual([])
    expect(thinned([track], [5, 5], 10)).toEqual([[], []])
    expect(thinned([], [0, 1], 10)).toHaveLength(1)
  })
})

test('the value at a place is the last one before it', () => {
  const track = { x: numbers(1, 2, 4), y: numbers(10, Number.NaN, 30) }
  expect([0, 1, 1.5, 2, 3, 4, 5].map(at => valueAt(track, at))).toEqual([
    undefined,
    10,
    10,
    undefined,
    undefined,
    30,
    undefined,
  ])
  expect([0, 1, 2.5, 9].map(at => after(track.x, at))).toEqual([0, 1, 2, 3])
})

describe('a part of an axis', () => {
  test('stays within the whole, and as long as it fits', () => {
    expect(within([-5, 5], [0, 100])).toEqual([0, 10])
    expect(within([95, 105], [0, 100])).toEqual([90, 100])
    expect(within([-50, 500], [0, 100])).toEqual([0, 100])
    expect(within([20, 30], [0, 100])).toEqual([20, 30])
  })

  test('comes back from the address and from the buttons', () => {
    for (const span of [
      [0, 1],
      [-2.5, 1e9],
      [123456.5, 123457],
    ] as const) {
      expect(spanIn(textOfSpan(span))).toEqual(span)
      const whole = [-10, 1e10] as const
      const back = spanOf(partsOf(span, whole), whole)
      back.forEach((place, i) => {
        expect(Math.abs(place - (span[i] as number))).toBeLessThan(1e-3)
      })
    }
    for (const text of ['', '~', '1', '1~', '2~1', '1~2~3', 'a~b', 'NaN~1'])
      expect(spanIn(text)).toBeUndefined()
  })

  test('of a single point has room around it', () => {
    expect(extentOf([])).toEqual([0, 1])
    expect(extentOf([numbers(5)])).toEqual([4.5, 5.5])
    expect(extentOf([numbers(), numbers(1, 9), numbers(-3, 4)])).toEqual([-3, 9])
  })
})
