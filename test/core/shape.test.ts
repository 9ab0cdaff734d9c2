import { describe, expect, test } from 'vitest'
import {
  broadcastShape,
  fitsShape,
  type PortShape,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../../core/index.ts'

test('the size of a shape is the product of its axes, and 1 for a scalar', () => {
  expect([[], [7], [2, 3, 4], [0, 3], [5, 0]].map(sizeOf)).toEqual([1, 7, 24, 0, 0])
})

test('shapes are the same when all their axes are, and the batch is the same as the batch', () => {
  const shapes: PortShape[] = [[], [1], [0], [null], [2, 3], [3, 2], [null, 3], [2, 3, 1]]
  for (const a of shapes) for (const b of shapes) expect(sameShape(a, [...b])).toBe(a === b)
})

test('a tensor fits a port with any length of the batch axis, and no other length elsewhere', () => {
  const fits = ([] as Shape[]).concat([[1, 3]], [[0, 3]], [[130, 3]])
  const unfit = ([] as Shape[]).concat([[3]], [[1, 4]], [[1, 3, 1]], [[]])
  expect(fits.map(shape => fitsShape(shape, [null, 3]))).toEqual([true, true, true])
  expect(unfit.map(shape => fitsShape(shape, [null, 3]))).toEqual([false, false, false, false])
  expect([fitsShape([], []), fitsShape([1], []), fitsShape([2], [3])]).toEqual([true, false, false])
})

test('a shape is shown as people write it', () => {
  expect([[], [3], [null, 16], [2, 3, 4]].map(showShape)).toEqual([
    'scalar',
    '[3]',
    '[batch, 16]',
    '[2, 3, 4]',
  ])
})

describe('broadcastShape', () => {
  const cases: [PortShape, PortShape, PortShape | undefined][] = [
    [[], [], []],
    [[4, 3], [3], [4, 3]],
    [
      [4, 3],
      [4, 1],
      [4, 3],
    ],
    [
      [4, 1],
      [1, 3],
      [4, 3],
    ],
    [
      [5, 1, 3],
      [4, 1],
      [5, 4, 3],
    ],
    [[7], [], [7]],
    [[0, 3], [3], [0, 3]],
    [[0], [1], [0]],
    [[4, 3], [4], undefined],
    [[2, 3], [3, 3], undefined],
    [[0], [2], undefined],
    [[null, 3], [3], [null, 3]],
    [
      [null, 3],
      [1, 3],
      [null, 3],
    ],
    [
      [null, 1],
      [null, 3],
      [null, 3],
    ],
    [[null, 3], [], [null, 3]],
    [[null], [1], [null]],
    [[null, 3], [2, 3], undefined],
  ]

  test.each(cases)('combines %j with %j to %j', (a, b, expected) => {
    expect(broadcastShape(a, b)).toEqual(expected)
  })

  test.each(cases)('combines the second of %j and %j with the first to the same', (a, b, expected) => {
    expect(broadcastShape(b, a)).toEqual(expected)
  })

  test('changes neither of its shapes', () => {
    const [a, b] = [Object.freeze([4, 1]), Object.freeze([1, 3])]
    expect(broadcastShape(a, b)).toEqual([4, 3])
  })
})
