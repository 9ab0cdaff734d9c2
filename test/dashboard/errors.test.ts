/** The samples behind a part of the plot of a regression. */
import { describe, expect, test } from 'vitest'
import { RandomKey } from '../../core/index.ts'
import {
  type ChosenErrors,
  errorOf,
  type Region,
  regionOf,
  regionText,
  samplesWithin,
} from '../../dashboard/outcome/errors.ts'
import type { Told } from '../../dashboard/told.ts'

/** Random numbers and predictions of them, some of which are not finite. */
function toldOfRandom(seed: number, count: number): Told {
  const luck = RandomKey.of(seed).uniform(2 * count)
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const targets = Array.from({ length: count }, (_, i) => [10 * (luck[i] as number) - 5])
  const meanings = targets.map(([target = 0], i) => [
    i % 19 === 5 ? (odd[i % 3] as number) : target + (luck[count + i] as number) - 0.5,
  ])
  return { actual: [], predicted: [], targets, meanings }
}

describe.each([1, 2, 512])('of %d samples', count => {
  const told = toldOfRandom(count, count)
  const all = Array.from({ length: count }, (_, i) => i)
  const at = (of: Told['targets'], i: number) => of[i]?.[0] as number

  test('a region has those whose dots are in it, and tiles of the plot have each finite one once', () => {
    const ends = [-7, -2.5, 0.25, 3, 7]
    const seen: number[] = []
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        const region: Region = {
          actual: [ends[a] as number, ends[a + 1] as number],
          predicted: [ends[b] as number, ends[b + 1] as number],
        }
        const places = samplesWithin(told, region, false)
        const wanted: number[] = []
        for (const i of all) {
          const [x, y] = [at(told.targets, i), at(told.meanings, i)]
          const isRight = x >= region.actual[0] && x <= region.actual[1]
          if (isRight && y >= region.predicted[0] && y <= region.predicted[1]) wanted.push(i)
        }
        expect(places).toEqual(wanted)
        expect(samplesWithin(told, region, true).toSorted((i, j) => i - j)).toEqual(places)
        seen.push(...places)
      }
    }
    expect(seen.toSorted((i, j) => i - j)).toEqual(all.filter(i => Number.isFinite(at(told.meanings, i))))
  })

  test('the errors are all samples, what is not a number first, then the largest', () => {
    const places = samplesWithin(told, 'errors', true)
    expect(places.toSorted((i, j) => i - j)).toEqual(all)
    const sizes = places.map(i => Math.abs(errorOf(told, i)))
    const firstFinite = sizes.findIndex(Number.isFinite)
    expect(sizes.slice(firstFinite).every(Number.isFinite)).toBe(true)
    expect(sizes.slice(firstFinite)).toEqual(sizes.slice(firstFinite).toSorted((a, b) => b - a))
    expect(samplesWithin(told, 'errors', false)).toEqual(all)
  })
})

test('an error is what is predicted less what is true', () => {
  const told: Told = { actual: [], predicted: [], targets: [[3], [1]], meanings: [[2.5], [4]] }
  expect([errorOf(told, 0), errorOf(told, 1), errorOf(told, 2)]).toEqual([-0.5, 3, Number.NaN])
})

test('a region survives in an address to six digits, and other texts do not', () => {
  const chosen: ChosenErrors[] = [
    'errors',
    { actual: [-1.5, 2e-7], predicted: [0, 123_456] },
    { actual: [1, 1], predicted: [2, 2] },
  ]
  for (const each of chosen) expect(regionOf(regionText(each))).toEqual(each)
  for (const text of [
    '',
    'error',
    '1 2 3',
    '1 2 3 4 5',
    '2 1 0 1',
    '0 1 2 1',
    '1 2 3 x',
    '1 2  3',
    'NaN 1 2 3',
  ])
    expect(regionOf(text)).toBeUndefined()
  expect(regionOf('0 Infinity 0 1')).toBeUndefined()
})
