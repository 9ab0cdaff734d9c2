/** What looks up, sorts, and moves windows, against loops over indices; and random numbers, against the words of their keys. */
import { expect, test } from 'vitest'
import { FOLDS, RandomKey, type Shape, sizeOf } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, plainBernoulli, plainSum, plainUniform } from './plain.ts'

/** [before, length, after] */
const BLOCKS: readonly [number, number, number][] = [
  ...[[1, 1, 1] as const, [1, 7, 1] as const, [3, 5, 4] as const, [2, 16, 7] as const],
  ...[[5, 70, 1] as const, [2, 33, 8] as const],
].map(([before, length, after]) => [before, length, after])

const PLAIN_FOLDS = {
  sum: plainSum,
  max: (list: readonly number[]) => Math.max(...list),
  min: (list: readonly number[]) => Math.min(...list),
}

export function order(bed: Bed): void {
  test('iota counts', () => {
    for (const length of [0, 1, 5, 70])
      bed.expectNear(bed.k.iota(length), [length], [...new Array(length).keys()])
  })

  test.each(BLOCKS)('cumulative sums of [%d, %d, %d] along the middle', (before, length, after) => {
    const x = bed.random([before, length, after])
    const wanted = numbers(x)
    for (let i = 0; i < wanted.length; i++)
      if (Math.floor(i / after) % length > 0)
        wanted[i] = (wanted[i] as number) + (wanted[i - after] as number)
    bed.expectNear(bed.k.cumulativeSum(x, 1), x.shape, wanted)
  })

  test.each(BLOCKS)(
    'entries of [%d, %d, %d] are looked up, and added, in the middle',
    (before, length, after) => {
      const { k } = bed
      const x = bed.random([before, length, after])
      const places = Array.from({ length: length + 3 }, (_, i) => (i * 5 + 2) % length)
      const indices = bed.lent([places.length], places)
      const at = (i: number, j: number, l: number) => (i * length + j) * after + l
      const taken = Array.from({ length: before }, (_, i) =>
        places.map(place => Array.from({ length: after }, (_, l) => x.data[at(i, place, l)] as number)),
      )
      const shape = [before, places.length, after]
      const gathered = k.gather(x, indices, 1)
      bed.expectNear(gathered, shape, taken.flat(2))
      const sums = new Array<number>(x.size).fill(0)
      for (const [i, rows] of taken.entries())
        for (const [n, row] of rows.entries())
          for (const [l, value] of row.entries()) {
            const place = at(i, places[n] as number, l)
            sums[place] = (sums[place] as number) + value
          }
      bed.expectNear(k.scatterAdd(gathered, indices, { axis: 1, length }), x.shape, sums)
    },
  )

  test('each row has indices of its own', () => {
    const { k } = bed
    const x = bed.lent([2, 3], [10, 11, 12, 20, 21, 22])
    const indices = bed.lent([2, 4], [2, 0, 0, 1, 1, 1, 2, 0])
    bed.expectNear(k.gather(x, indices, 1, 1), [2, 4], [12, 10, 10, 11, 21, 21, 22, 20])
    const y = bed.lent([2, 4], [1, 2, 3, 4, 5, 6, 7, 8])
    bed.expectNear(k.scatterAdd(y, indices, { axis: 1, batch: 1, length: 3 }), [2, 3], [5, 4, 1, 8, 11, 7])
  })

  test.each([-1, 3, 0.5, Number.NaN])('%d is no place among three', index => {
    const { k } = bed
    const x = bed.random([2, 3, 5])
    const got = numbers(k.gather(x, bed.lent([2], [1, index]), 1))
    expect(got.map(Number.isNaN)).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 5) % 2 === 1))
    const added = k.scatterAdd(bed.random([2, 2]), bed.lent([2], [1, index]), { axis: 1, length: 3 })
    expect(numbers(added).every(Number.isNaN)).toBe(true)
  })

  test('rows of every length are sorted, equal ones stay in order, and NaN comes last', () => {
    const { k } = bed
    for (const length of [1, 2, 3, 4, 5, 8, 9, 16, 31, 64, 70]) {
      const values = numbers(bed.random([3, length])).map((x, i) =>
        i % 11 === 5 ? Number.NaN : Math.round(3 * x),
      )
      const x = bed.lent([3, length], values)
      const rows = [0, 1, 2].map(row => values.slice(row * length, (row + 1) * length))
      const places = rows.flatMap(row => {
        const isLast = (i: number) => Number.isNaN(row[i])
        return [...row.keys()].sort(
          (i, j) => Number(isLast(i)) - Number(isLast(j)) || (row[i] as number) - (row[j] as number) || i - j,
        )
      })
      bed.expectNear(k.argSort(x), [3, length], places, `length ${length}`)
      const sorted = places.map((place, i) => rows[Math.floor(i / length)]?.[place] as number)
      bed.expectNear(k.sort(x), [3, length], sorted, `length ${length}`)
    }
  })

  test.each([
    { size: 2, stride: 2, dilation: 1 },
    { size: 3, stride: 1, dilation: 1 },
    { size: 3, stride: 2, dilation: 2 },
    { size: 1, stride: 3, dilation: 1 },
  ])('windows of $size, $stride further on, $dilation apart', ({ size, stride, dilation }) => {
    const { k } = bed
    for (const [length, after] of [
      [7, 1],
      [16, 5],
      [33, 8],
    ] as const) {
      const x = bed.random([2, length, after])
      const windows = { axes: [1], sizes: [size], strides: [stride], dilations: [dilation] }
      const count = Math.floor((length - (size - 1) * dilation - 1) / stride) + 1
      const places = Array.from({ length: 2 * count * after }, (_, i) => {
        const [row, window, l] = [Math.floor(i / (count * after)), Math.floor(i / after) % count, i % after]
        return Array.from(
          { length: size },
          (_, n) => (row * length + window * stride + n * dilation) * after + l,
        )
      })
      const every = places.map(list => list.map(place => x.data[place] as number))
      const shape: Shape = [2, count, after]
      const seen = k.windows(x, windows)
      bed.expectNear(k.copy(seen), [...shape, size], every.flat())
      for (const fold of FOLDS)
        bed.expectNear(k.reduceWindows(x, fold, windows), shape, every.map(PLAIN_FOLDS[fold]), fold, 2)
      const sums = new Array<number>(x.size).fill(0)
      for (const [i, list] of places.entries())
        for (const [n, place] of list.entries())
          sums[place] = (sums[place] as number) + (every[i]?.[n] as number)
      bed.expectNear(k.overlapAdd(seen, { ...windows, lengths: [length] }), x.shape, sums)
    }
  })

  const key = RandomKey.of(2 ** 40 + 7).child('numbers')

  test('uniform numbers are the words of the key', () => {
    for (const shape of [[], [1], [7], [16], [17], [3, 43]])
      expect(numbers(bed.k.uniform(shape, key))).toEqual(plainUniform(key, sizeOf(shape)))
  })

  test('normal numbers have the mean 0 and the deviation 1', () => {
    const values = numbers(bed.k.normal([200, 100], key))
    const mean = plainSum(values) / values.length
    const variance = plainSum(values.map(x => (x - mean) ** 2)) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })

  test('half a word decides, or another word where it is at the limit', () => {
    const probability = Math.fround(1 / 3)
    const wanted = plainBernoulli(key, probability, 100_000)
    const ones = numbers(bed.k.bernoulli([100_000], probability, key))
    // To show how lists of this length differ would take minutes.
    expect(ones.findIndex((one, i) => one !== wanted[i])).toBe(-1)
  })
}
