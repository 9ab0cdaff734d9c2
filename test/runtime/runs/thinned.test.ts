/** Points of a series in bounded memory: whatever the values are, the extremes of every part stay. */
import { describe, expect, test } from 'vitest'
import { type Take, Thinned } from '../../../runtime/runs/thinned.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'

type Point = readonly [step: number, time: number, value: number]

const COUNT = countOf({ few: 10, usual: 10, full: 2000 })

const kinds: Readonly<Record<string, (dice: QuickDice, i: number) => number>> = {
  random: dice => dice.below(1_000_000) / 1e6,
  'with many alike': dice => dice.below(3),
  'that do not change': () => 5,
  rising: (_, i) => i,
  falling: (_, i) => -i,
  'with rare peaks': dice => (dice.below(500) === 0 ? (dice.below(2) ? 1 : -1) * dice.below(1e6) : 0),
  'with infinities': dice =>
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][dice.below(40)] ?? dice.below(9),
  'of gaps': () => Number.NaN,
}

function collected(give: (take: Take) => void): Point[] {
  const points: Point[] = []
  give((...point) => points.push(point))
  return points
}

const least = (points: readonly Point[]) => Math.min(...points.map(([, , value]) => value))
const greatest = (points: readonly Point[]) => Math.max(...points.map(([, , value]) => value))

describe.each(Object.entries(kinds))('values %s', (kind, draw) => {
  test(`keep their extremes, the first and the last, in ${COUNT} series`, () => {
    const dice = new QuickDice(COUNT)
    for (let round = 0; round < COUNT; round++) {
      const most = 4 * (1 + dice.below(16))
      const length = 1 + dice.below(30 * most)
      const series = new Thinned(most)
      const given: Point[] = []
      const told: Point[] = []
      let step = 0
      for (let i = 0; i < length; i++) {
        step += 1 + dice.below(3)
        const point: Point = [step, 1000 + step, draw(dice, i)]
        given.push(point)
        series.add(...point)
        if (dice.below(5) === 0) told.push(...collected(take => series.news(take)))
      }
      told.push(...collected(take => series.news(take)))
      const kept = collected(take => series.all(take))
      const place = `${kind}: ${length} points in ${most}`
      expect(kept.length, place).toBeLessThanOrEqual(Math.min(series.size, most + 4))
      expect([kept[0], kept.at(-1)], place).toEqual([given[0], given.at(-1)])
      expect(
        kept.map(([step]) => step),
        place,
      ).toEqual(kept.map(([step]) => step).sort((a, b) => a - b))
      // The same of what was told on the way.
      expect([told[0], told.at(-1)], place).toEqual([given[0], given.at(-1)])
      for (const points of [kept, told]) {
        for (const point of points) expect(given[indexOf(given, point)], place).toEqual(point)
        expect([least(points), greatest(points)], place).toEqual([least(given), greatest(given)])
      }
      for (const [start, end] of partsOf(length, most)) {
        const part = given.slice(start, end)
        const own = kept.filter(
          ([step]) => step >= (part[0] as Point)[0] && step <= (part.at(-1) as Point)[0],
        )
        expect([least(own), greatest(own)], `${place}, ${start} to ${end}`).toEqual([
          least(part),
          greatest(part),
        ])
      }
    }
  })
})

/** By bisection, since steps rise. */
function indexOf(points: readonly Point[], [step]: Point): number {
  let [low, high] = [0, points.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle] as Point)[0] < step) low = middle + 1
    else high = middle
  }
  return low
}

/** The whole parts, each the fewest points of which two can stand for all, by the formula of the documentation. */
function partsOf(length: number, most: number): [number, number][] {
  let size = 1
  while (2 * Math.floor(length / size) >= most || (size === 1 && length >= most)) size *= size === 1 ? 4 : 2
  return Array.from({ length: Math.floor(length / size) }, (_, i) => [i * size, (i + 1) * size])
}

test('no more than one list of news comes of nothing new', () => {
  const series = new Thinned(8)
  expect(collected(take => series.news(take))).toEqual([])
  expect(collected(take => series.all(take))).toEqual([])
  series.add(1, 2, 3)
  expect(collected(take => series.news(take))).not.toEqual([])
  expect(collected(take => series.news(take))).toEqual([])
})
