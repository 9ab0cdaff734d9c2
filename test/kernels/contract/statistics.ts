/** What a tensor is like. */
import { expect, test } from 'vitest'
import type { Statistics } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, pool } from './plain.ts'
import { LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

function plainStatistics(values: readonly number[]): Statistics {
  const finite = values.filter(Number.isFinite)
  const count = finite.length
  const sum = (of: (value: number) => number) => finite.reduce((total, value) => total + of(value), 0)
  const mean = count > 0 ? sum(value => value) / count : 0
  return {
    count: values.length,
    mean,
    standardDeviation: count > 0 ? Math.sqrt(sum(value => (value - mean) ** 2) / count) : 0,
    minimum: count > 0 ? Math.min(...finite) : 0,
    maximum: count > 0 ? Math.max(...finite) : 0,
    norm: Math.sqrt(sum(value => value ** 2)),
    zeros: values.length > 0 ? finite.filter(value => value === 0).length / values.length : 0,
    nonFinite: values.length - count,
  }
}

export function statistics(bed: Bed): void {
  const expectFits = (got: Statistics, values: readonly number[]) => {
    const expected = plainStatistics(values)
    const largest = Math.max(Math.abs(expected.minimum), Math.abs(expected.maximum))
    expect(Object.keys(got)).toEqual(Object.keys(expected))
    for (const [name, value] of Object.entries(expected)) {
      const scale = name === 'norm' ? Math.sqrt(values.length) * largest : largest
      const off = Math.abs((got[name as keyof Statistics] as number) - value)
      expect(off, `${name} of ${values.length}`).toBeLessThanOrEqual(bed.tolerance * Math.max(scale, 1e-30))
    }
    for (const name of ['count', 'minimum', 'maximum', 'zeros', 'nonFinite'] as const) {
      expect(got[name], name).toBe(expected[name])
    }
  }

  test('fit their formulas on every length from 1 to 130', () => {
    for (const length of LENGTHS) {
      const x = bed.random([length], 'statistics', -3, 1)
      expectFits(bed.k.statistics(x), numbers(x))
    }
  })

  test.each([1, 1e3, 1e6, -3e7])('keep the digits of numbers that lie close together around %s', middle => {
    const { k } = bed
    for (const length of [2, 3, 5, 8, 33, 1001]) {
      const x = k.tensor(
        [length],
        pool(length).map(value => middle + value * Math.max(1, Math.abs(middle) / 1e6)),
      )
      const got = k.statistics(x)
      const expected = plainStatistics(numbers(x))
      for (const name of ['mean', 'standardDeviation'] as const)
        expect(Math.abs(got[name] / expected[name] - 1), `${name} of ${length}`).toBeLessThan(1e-9)
    }
  })

  test('leave out what is not finite, and count it', () => {
    for (let length = 1; length <= 20; length++) {
      for (const strange of [nan, inf, -inf]) {
        const values = Array.from({ length }, (_, i) => (i % 3 === 1 ? strange : i - 4))
        expectFits(bed.k.statistics(bed.k.tensor([length], values)), values)
      }
    }
    expectFits(bed.k.statistics(bed.k.tensor([2], [nan, inf])), [nan, inf])
  })

  test('count zeros of both signs, and are all 0 of nothing', () => {
    for (const values of [[0, -0, 1, 0, 2, -1, -0], [0], [-0]])
      expectFits(bed.k.statistics(bed.k.tensor([values.length], values)), values)
    expectFits(bed.k.statistics(bed.k.tensor([0, 3])), [])
  })

  test('are taken of views of other memory as well', () => {
    const x = bed.random([5, 7])
    const reshaped = bed.k.reshape(x, [35])
    expect(bed.k.statistics(reshaped)).toEqual(bed.k.statistics(x))
  })

  test('lend nothing, so that a pass may go on', () => {
    const { k } = bed
    const lent = k.add(k.tensor([3], [1, 2, 3]), k.tensor([3], [1, 1, 1]))
    k.statistics(lent)
    const next = k.add(k.tensor([3], [5, 5, 5]), k.tensor([3], [1, 1, 1]))
    expect(numbers(lent)).toEqual([2, 3, 4])
    expect(numbers(next)).toEqual([6, 6, 6])
  })
}
