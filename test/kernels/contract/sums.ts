/** Kernels that take entries together: along the last axis, or all of them. */
import { describe, expect, test } from 'vitest'
import { sizeOf, type Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, places, plainSum, pool } from './plain.ts'
import { LARGER_SHAPES, LENGTHS, REPEATED, ROWS, SHAPES, SUMMED } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

export function alongTheLastAxis(bed: Bed): void {
  const rowsOf = (x: Tensor): number[][] => {
    const length = x.shape.at(-1) as number
    return Array.from({ length: x.size / length }, (_, i) => numbers(x).slice(i * length, (i + 1) * length))
  }

  describe.each(ROWS)('on [%s]', (...shape) => {
    const narrow = shape.with(-1, 1)

    test('softmax is e^x over the sum of its row, and logSoftmax the logarithm of that', () => {
      const x = bed.random(shape)
      const shares = rowsOf(x).flatMap(row => {
        const exponentials = row.map(Math.exp)
        return exponentials.map(e => e / plainSum(exponentials))
      })
      bed.expectNear(bed.k.softmax(x), shape, shares)
      bed.expectNear(bed.k.logSoftmax(x), shape, shares.map(Math.log))
    })

    test('sumLastAxis sums each row', () => {
      const x = bed.random(shape)
      bed.expectNear(bed.k.sumLastAxis(x), narrow, rowsOf(x).map(plainSum))
    })

    test('argMaxLastAxis is the place of the largest of each row', () => {
      const x = bed.random(shape)
      const places = rowsOf(x).map(row => row.indexOf(Math.max(...row)))
      bed.expectNear(bed.k.argMaxLastAxis(x), narrow, places)
    })
  })

  test('the first of equal entries is the place of the largest', () => {
    const x = bed.k.tensor([3, 4], [1, 3, 3, 2, 5, 5, 5, 5, -1, -2, -1, -3])
    expect(numbers(bed.k.argMaxLastAxis(x))).toEqual([1, 0, 0])
  })

  test('softmax and logSoftmax are finite and right for extreme values', () => {
    const x = bed.k.tensor([3, 3], [1e4, -1e4, 0, 1e4, 1e4, 1e4, -1e4, -1e4, -1e4])
    const alike = (share: number) => new Array<number>(6).fill(share)
    bed.expectNear(bed.k.softmax(x), [3, 3], [1, 0, 0, ...alike(1 / 3)])
    bed.expectNear(bed.k.logSoftmax(x), [3, 3], [0, -2e4, -1e4, ...alike(-Math.log(3))])
  })

  test('the rows of softmax sum to 1', () => {
    const sums = bed.k.sumLastAxis(bed.k.softmax(bed.random([17, 129], 0, -50, 50)))
    bed.expectNear(sums, [17, 1], new Array(17).fill(1))
  })

  test('an entry of -∞ has the share 0, and NaN stays in its row', () => {
    const x = bed.k.tensor([2, 2], [-inf, 0, nan, 0])
    expect(numbers(bed.k.softmax(x))).toEqual([0, 1, nan, nan])
    expect(numbers(bed.k.logSoftmax(x))).toEqual([-inf, 0, nan, nan])
    expect(numbers(bed.k.sumLastAxis(x))).toEqual([-inf, nan])
  })
}

export function allTogether(bed: Bed): void {
  test('sum and mean fit their formulas', () => {
    for (const shape of LARGER_SHAPES) {
      const x = bed.random(shape)
      const total = plainSum(numbers(x))
      bed.expectNear(bed.k.sum(x), [], [total], `[${shape}]`)
      bed.expectNear(bed.k.mean(x), [], [total / x.size], `[${shape}]`)
    }
  })

  test('nothing sums to 0, and has no mean', () => {
    const nothing = bed.k.tensor([0, 3])
    bed.expectNear(bed.k.sum(nothing), [], [0])
    bed.expectNear(bed.k.mean(nothing), [], [nan])
  })

  test('NaN and infinities go into sums', () => {
    const { k } = bed
    bed.expectNear(k.sum(k.tensor([3], [1, nan, 2])), [], [nan])
    bed.expectNear(k.mean(k.tensor([3], [1, inf, 2])), [], [inf])
    bed.expectNear(k.sumTo(k.tensor([2, 2], [nan, 1, 2, 3]), [2]), [2], [nan, 4])
    bed.expectNear(k.addAll([k.tensor([2], [1, nan]), k.tensor([2], [1, 1])]), [2], [2, nan])
  })

  test.each(SUMMED)('sumTo sums [%s] to [%s]', (shape, small) => {
    const x = bed.random(shape)
    const before = numbers(x)
    const sums = new Array<number>(sizeOf(small)).fill(0)
    places(shape, small).forEach((place, i) => {
      sums[place] = (sums[place] as number) + (before[i] as number)
    })
    bed.expectNear(bed.k.sumTo(x, small), small, sums)
    expect(numbers(x), 'the operand is left alone').toEqual(before)
  })

  test('sumTo is the reverse of repeating: the sum of y · repeat(b) is that of sumTo(y) · b', () => {
    const { k } = bed
    for (const small of REPEATED) {
      const [y, b] = [bed.random([2, 3, 4], 'y', 0.5, 2), bed.random(small, 'b', 0.5, 2)]
      bed.expectNear(k.sum(k.mul(y, b)), [], numbers(k.sum(k.mul(k.sumTo(y, small), b))))
    }
  })

  test('addAll sums tensors of every size', () => {
    for (const shape of SHAPES) {
      const all = [1, 2, 3, 4, 5].map(seed => bed.random(shape, seed))
      for (const count of [1, 2, 5]) {
        const some = all.slice(0, count)
        const expected = numbers(all[0] as Tensor).map((_, i) => plainSum(some.map(x => x.data[i] as number)))
        bed.expectNear(bed.k.addAll(some), shape, expected)
      }
    }
  })

  test('addAll adds in the order given', () => {
    const { k } = bed
    const sum = (...values: number[]) => k.addAll(values.map(value => k.tensor([1], [value]))).item()
    expect(sum(2 ** 60, -(2 ** 60), 1)).toBe(1)
    expect(sum(1, 2 ** 60, -(2 ** 60))).toBe(0)
  })

  test('allFinite sees one NaN or infinity at any place', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33]) {
      const x = bed.random([size])
      expect(bed.k.allFinite(x)).toBe(true)
      for (let place = 0; place < size; place++) {
        const values = numbers(x).with(place, [nan, inf, -inf][place % 3] as number)
        expect(bed.k.allFinite(bed.k.tensor([size], values)), `place ${place} of ${size}`).toBe(false)
      }
    }
  })

  test('nothing is finite, and so are the largest numbers', () => {
    expect(bed.k.allFinite(bed.k.tensor([0, 3]))).toBe(true)
    const largest = bed.precision === 'float64' ? Number.MAX_VALUE : 3.4e38
    expect(bed.k.allFinite(bed.k.tensor([5], [largest, -largest, largest, largest, largest]))).toBe(true)
  })
}

export function totals(bed: Bed): void {
  test('begin at 0 and add up, each for itself', () => {
    const { k } = bed
    const totals = k.totals(3)
    expect(totals.shape).toEqual([3])
    k.tally(totals, 1, k.tensor([2, 2], [1, 2, 3, 4]))
    k.tally(totals, 1, k.tensor([1], [5]))
    k.tally(totals, 2, k.tensor([2], [3, 4]), -0.5)
    expect(numbers(totals)).toEqual([0, 15, -3.5])
  })

  test('are kept in float64 whatever the precision', () => {
    const { k } = bed
    const totals = k.totals(1)
    expect(totals.data).toBeInstanceOf(Float64Array)
    k.tally(totals, 0, k.tensor([1], [2 ** 24]))
    k.tally(totals, 0, k.tensor([1], [1]))
    expect(totals.data[0]).toBe(2 ** 24 + 1)
    k.tally(totals, 0, k.tensor([2], [2 ** 24, 1]))
    expect(totals.data[0]).toBe(2 ** 25 + 2)
  })

  test('take the sum of each column, on every length', () => {
    const { k } = bed
    for (const length of LENGTHS) {
      k.lend(bed.lease)
      const x = bed.lent([2, 3, length], pool(6 * length))
      const totals = k.totals(length + 2)
      k.tallyColumns(totals, 1, x)
      k.tallyColumns(totals, 1, x)
      const column = (j: number) => plainSum(numbers(x).filter((_, i) => i % length === j))
      const expected = [0, ...Array.from({ length }, (_, j) => 2 * column(j)), 0]
      expect(numbers(totals), `[2, 3, ${length}]`).toHaveLength(expected.length)
      for (const [i, sum] of expected.entries()) expect(totals.data[i]).toBeCloseTo(sum, 9)
    }
    const totals = k.totals(2)
    k.tallyColumns(totals, 0, k.tensor([], [3]))
    k.tallyColumns(totals, 0, k.tensor([0, 2]))
    expect(numbers(totals)).toEqual([3, 0])
  })

  test('may be copied to others', () => {
    const { k } = bed
    const [totals, others] = [k.totals(3), k.totals(3)]
    k.tally(totals, 1, k.tensor([1], [2]))
    k.copyTotals(totals, others)
    k.tally(totals, 1, k.tensor([1], [3]))
    expect([numbers(totals), numbers(others)]).toEqual([
      [0, 5, 0],
      [0, 2, 0],
    ])
  })

  /** Count, mean, and the squares around it, of all batches taken together. */
  const momentsOf = (batches: readonly (readonly number[])[]) => {
    const all = batches.flat()
    const mean = plainSum(all) / all.length
    return [all.length, mean, plainSum(all.map(x => (x - mean) ** 2))] as const
  }

  test.each([
    ['on every length', 0, 1],
    ['around 1e6', 1e6, 1],
    ['around -3e7, a step of float32 apart', -3e7, 2],
    ['that are all alike', 14.62, 0],
  ])('moments are those of all batches together: numbers %s', (_, middle, spread) => {
    const { k } = bed
    const totals = k.totals(5)
    const batches: number[][] = []
    for (const length of LENGTHS) {
      k.lend(bed.lease)
      const x = bed.lent(
        [length],
        pool(length, length).map(value => middle + spread * value),
      )
      batches.push(numbers(x))
      k.tallyMoments(totals, 1, x)
      const [count, mean, squares] = momentsOf(batches)
      const [before, gotCount, gotMean, gotSquares, after] = numbers(totals)
      expect([before, gotCount, after]).toEqual([0, count, 0])
      expect(Math.abs((gotMean as number) - mean)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(mean), 1))
      expect(Math.abs((gotSquares as number) - squares)).toBeLessThanOrEqual(1e-9 * squares + 1e-12)
    }
  })

  test('moments count each number as often as its weight says, on every length', () => {
    const { k } = bed
    const [totals, repeated] = [k.totals(4), k.totals(4)]
    for (const length of LENGTHS) {
      k.lend(bed.lease)
      const x = pool(length, length)
      const weights = x.map((_, i) => (i + length) % 4)
      k.tallyMoments(totals, 1, bed.lent([length], x), bed.lent([length], weights))
      const often = x.flatMap((value, i) => Array<number>(weights[i] as number).fill(value))
      k.tallyMoments(repeated, 1, bed.lent([often.length], often))
      for (const [i, value] of numbers(repeated).entries()) expect(totals.data[i]).toBeCloseTo(value, 9)
    }
    k.tallyMoments(totals, 0, k.tensor([2], [1, 3]), k.tensor([2], [0, 0]))
    expect(totals.data[0]).toBe(0)
  })

  test('moments of nothing leave them as they are', () => {
    const { k } = bed
    const totals = k.totals(3)
    k.tallyMoments(totals, 0, k.tensor([0, 3]))
    expect(numbers(totals)).toEqual([0, 0, 0])
    k.tallyMoments(totals, 0, k.tensor([2], [1, 3]))
    k.tallyMoments(totals, 0, k.tensor([0]))
    expect(numbers(totals)).toEqual([2, 2, 2])
  })

  test('survive the leases of the steps that they are summed over', () => {
    const { k, lease } = bed
    const totals = k.totals(1)
    for (let step = 0; step < 5; step++) {
      k.lend(lease)
      k.tally(totals, 0, k.fill([3], 2), 0.5)
    }
    expect(totals.data[0]).toBe(15)
  })
}
