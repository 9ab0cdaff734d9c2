/** Kernels that make tensors, take them apart, and put them together. */
import { describe, expect, test } from 'vitest'
import { RandomKey, sizeOf } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, plainSum } from './plain.ts'
import { CUT, SHAPES } from './shapes.ts'

export function making(bed: Bed): void {
  test('fill, copy and empty have the shape that was asked for', () => {
    const { k } = bed
    for (const shape of SHAPES) {
      const x = bed.random(shape)
      bed.expectNear(k.fill(shape, 1.5), shape, new Array(sizeOf(shape)).fill(1.5))
      bed.expectNear(k.copy(x), shape, numbers(x))
      const empty = k.empty(shape)
      expect([empty.shape, empty.data.length]).toEqual([shape, sizeOf(shape)])
    }
  })

  test('fill takes NaN and infinities', () => {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(numbers(bed.k.fill([3], value))).toEqual([value, value, value])
    }
  })

  test('a copy has memory of its own', () => {
    const x = bed.random([5])
    const [first] = numbers(x)
    bed.k.copy(x).data[0] = 99
    expect(x.data[0]).toBe(first)
  })

  test('reshape shows the same numbers under another shape', () => {
    const x = bed.random([4, 6])
    for (const shape of [[24], [2, 12], [2, 3, 4], [1, 24, 1]]) {
      bed.expectNear(bed.k.reshape(x, shape), shape, numbers(x))
    }
    bed.expectNear(bed.k.reshape(bed.k.tensor([1], [3]), []), [], [3])
    bed.expectNear(bed.k.reshape(bed.k.tensor([0, 3]), [0]), [0], [])
  })

  test.each(CUT)(
    'slices of [%s] along axis %s are its parts, which concatenate puts together',
    (shape, axis) => {
      const { k } = bed
      const x = bed.random(shape)
      const before = numbers(x)
      const whole = shape[axis] as number
      const stride = sizeOf(shape.slice(axis + 1))
      const cuts = [0, Math.floor(whole / 3), Math.floor(whole / 3), Math.ceil(whole / 2), whole]
      const parts = cuts.slice(1).map((end, i) => {
        const start = cuts[i] as number
        const part = k.slice(x, axis, start, end - start)
        const expected = before.filter((_, place) => {
          const index = Math.floor(place / stride) % whole
          return index >= start && index < end
        })
        bed.expectNear(part, shape.with(axis, end - start), expected)
        return part
      })
      bed.expectNear(k.concatenate(parts, axis), shape, before)
      expect(numbers(x), 'the operand is left alone').toEqual(before)
    },
  )

  test('one tensor by itself is concatenated to the same', () => {
    const x = bed.random([3, 5])
    bed.expectNear(bed.k.concatenate([x], 1), [3, 5], numbers(x))
  })

  describe('bernoulli', () => {
    const key = RandomKey.of(5).child('mask')

    test('the key and the place alone decide', () => {
      const { k } = bed
      const all = numbers(k.bernoulli([130], 0.5, key))
      for (const shape of [[1], [7], [3, 5], [2, 5, 13], [130]]) {
        k.lend(k.lease())
        expect(numbers(k.bernoulli(shape, 0.5, key))).toEqual(all.slice(0, sizeOf(shape)))
      }
    })

    test('another key gives other numbers', () => {
      const a = numbers(bed.k.bernoulli([130], 0.5, key))
      const b = numbers(bed.k.bernoulli([130], 0.5, key.child(1)))
      const equal = a.filter((value, i) => value === b[i]).length
      expect(equal).toBeGreaterThan(35)
      expect(equal).toBeLessThan(95)
    })

    test.each([0.1, 0.3, 0.5, 0.9])('the share of ones is near %s', probability => {
      const ones = numbers(bed.k.bernoulli([200, 150], probability, key))
      expect(new Set(ones)).toEqual(new Set([0, 1]))
      const deviation = Math.sqrt((probability * (1 - probability)) / ones.length)
      expect(Math.abs(plainSum(ones) / ones.length - probability)).toBeLessThan(4 * deviation)
    })

    test('0 is never, 1 is always', () => {
      expect(numbers(bed.k.bernoulli([500], 0, key))).toEqual(new Array(500).fill(0))
      expect(numbers(bed.k.bernoulli([500], 1, key))).toEqual(new Array(500).fill(1))
      expect(bed.k.bernoulli([0, 3], 0.5, key).shape).toEqual([0, 3])
    })
  })
}
