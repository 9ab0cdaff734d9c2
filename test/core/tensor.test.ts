import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { allocate, type ErrorCode, GradstreamError, mapTensors, Tensor, tensor } from '../../core/index.ts'

const errorOf = (work: () => unknown): GradstreamError => {
  try {
    work()
  } catch (error) {
    if (error instanceof GradstreamError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('tensor', () => {
  test.each([
    [5, [], [5]],
    [[1, 2, 3], [3], [1, 2, 3]],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ],
    [[[[1], [2]]], [1, 2, 1], [1, 2]],
    [[], [0], []],
    [[[], []], [2, 0], []],
    [{ shape: [2, 2], data: [1, 2, 3, 4] }, [2, 2], [1, 2, 3, 4]],
    [{ shape: [], data: [7] }, [], [7]],
    [{ shape: [0, 3], data: [] }, [0, 3], []],
  ])('reads %j', (values, shape, data) => {
    const read = tensor(values)
    expect(read).toBeInstanceOf(Tensor)
    expect(read.shape).toEqual(shape)
    expect([...read.data]).toEqual(data)
    expect(read.size).toBe(data.length)
  })

  test('is of float32 where nothing else is asked for', () => {
    expect(tensor([0.1]).data).toEqual(Float32Array.of(0.1))
    expect(tensor([0.1], 'float64').data).toEqual(Float64Array.of(0.1))
  })

  test('copies what it is given', () => {
    const data = Float32Array.of(1, 2)
    const shape = [2]
    const given = new Tensor(shape, data)
    const read = tensor(given)
    data[0] = 9
    shape[0] = 1
    expect(read.toJSON()).toEqual({ shape: [2], data: [1, 2] })
  })

  test('keeps NaN and infinities, which later checks look for', () => {
    expect([...tensor([Number.NaN, Number.POSITIVE_INFINITY]).data]).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
  })

  const refused: [string, unknown, ErrorCode, string][] = [
    ['a row that is longer', [[1], [2, 3]], 'SHAPE_MISMATCH', 'x[1]'],
    ['a row that is shorter', [[1, 2], [3]], 'SHAPE_MISMATCH', 'x[1]'],
    ['a number among rows', [[1, 2], 3], 'SHAPE_MISMATCH', 'x[1]'],
    ['a row among numbers', [1, [2]], 'SHAPE_MISMATCH', 'x[1]'],
    ['a row that is too deep', [[[1]], [[[2]]]], 'SHAPE_MISMATCH', 'x[1][0][0]'],
    ['a text among numbers', [[1, 'a']], 'DATA_NOT_FINITE', 'x[0][1]'],
    ['null among numbers', [1, null], 'DATA_NOT_FINITE', 'x[1]'],
    ['a hole', Array(2), 'DATA_NOT_FINITE', 'x[0]'],
    ['a text', 'abc', 'DATA_NOT_FINITE', 'x'],
    ['nothing', undefined, 'DATA_NOT_FINITE', 'x'],
    ['null', null, 'DATA_NOT_FINITE', 'x'],
    ['data that are too short for their shape', { shape: [2, 2], data: [1, 2, 3] }, 'SHAPE_MISMATCH', 'x'],
    ['data that are too long for their shape', { shape: [], data: [1, 2] }, 'SHAPE_MISMATCH', 'x'],
    ['a shape with negative axes', { shape: [-1, -2], data: [1, 2] }, 'SHAPE_MISMATCH', 'x'],
    ['a shape with half axes', { shape: [0.5, 4], data: [1, 2] }, 'SHAPE_MISMATCH', 'x'],
    ['a shape that is no list', { shape: 3, data: [1, 2, 3] }, 'SHAPE_MISMATCH', 'x'],
    ['data that are no list', { shape: [3], data: null }, 'SHAPE_MISMATCH', 'x'],
    ['texts as data of a shape', { shape: [2], data: ['a', 'b'] }, 'DATA_NOT_FINITE', 'x'],
  ]

  test.each(refused)('refuses %s', (_, values, code, place) => {
    const error = errorOf(() => tensor(values as never, 'float32', 'x'))
    expect([error.code, error.place]).toEqual([code, place])
  })
})

describe('a tensor', () => {
  const matrix = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])

  test('becomes nested arrays and is read back the same', () => {
    expect(matrix.toNested()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(tensor(5).toNested()).toBe(5)
    expect(tensor([[], []]).toNested()).toEqual([[], []])
    expect(tensor(matrix.toNested())).toEqual(matrix)
  })

  test('becomes JSON and is read back the same', () => {
    expect(JSON.stringify(matrix)).toBe('{"shape":[2,3],"data":[1,2,3,4,5,6]}')
    expect(tensor(JSON.parse(JSON.stringify(matrix)))).toEqual(matrix)
  })

  test('has a clone with memory of its own, in the same precision', () => {
    for (const precision of ['float32', 'float64'] as const) {
      const lent = tensor([1, 2], precision)
      const kept = lent.clone()
      lent.data.fill(0)
      expect(kept.toJSON()).toEqual({ shape: [2], data: [1, 2] })
      expect(kept.data.constructor).toBe(lent.data.constructor)
    }
  })

  test('has a clone that does not hold the memory around it', () => {
    const buffer = new Float32Array(1000)
    const clone = new Tensor([2], buffer.subarray(10, 12)).clone()
    expect(clone.data.buffer.byteLength).toBe(8)
  })

  test('is read as a copy', async () => {
    const lent = tensor([1, 2])
    const promise = lent.read()
    lent.data.fill(0)
    expect((await promise).toNested()).toEqual([1, 2])
  })

  test('has the root of the sum of its squares as its norm', () => {
    expect(tensor([[3], [-4]]).norm()).toBe(5)
    expect(tensor(-2).norm()).toBe(2)
    expect(tensor([]).norm()).toBe(0)
    expect(tensor([Number.NaN]).norm()).toBeNaN()
  })

  test('sums its norm in float64', () => {
    const many = new Tensor([1 + 2 ** 10], new Float32Array(1 + 2 ** 10).fill(2 ** -12).fill(1, 0, 1))
    expect(many.norm()).toBe(Math.sqrt(1 + 2 ** -14))
  })

  test('gives its only entry, and refuses to choose among more or none', () => {
    expect([tensor(3).item(), tensor([[4]]).item()]).toEqual([3, 4])
    for (const values of [[1, 2], []])
      expect(errorOf(() => tensor(values).item()).code).toBe('SHAPE_MISMATCH')
  })
})

test('allocate gives zeros in the precision asked for', () => {
  expect(allocate('float32', 2)).toEqual(new Float32Array(2))
  expect(allocate('float64', 2)).toEqual(new Float64Array(2))
})

test('mapTensors makes a tensor for each name', () => {
  const made = mapTensors({ a: tensor(1), b: tensor(2) }, (t, name) => tensor([t.item(), name.charCodeAt(0)]))
  expect(Object.keys(made)).toEqual(['a', 'b'])
  expect([made.a.toNested(), made.b.toNested()]).toEqual([
    [1, 97],
    [2, 98],
  ])
})

describe('a tensor is shown with', () => {
  const column = new Tensor([114, 1], new Float32Array(114).fill(0.5).fill(0.98, 0, 1).fill(0.02, 1, 2))

  test.each([
    ['the first numbers', column, 'Tensor [114, 1] float32 [0.98, 0.02, 0.5, 0.5, 0.5, 0.5, ...]'],
    [
      'all numbers where they are few',
      tensor([
        [1, 2],
        [3, 4],
      ]),
      'Tensor [2, 2] float32 [1, 2, 3, 4]',
    ],
    ['its precision', tensor([1 / 3, 1e-9, -1e21], 'float64'), 'Tensor [3] float64 [0.333333, 1e-9, -1e+21]'],
    ['a scalar without brackets', tensor(0.25), 'Tensor [] float32 0.25'],
    ['nothing where it is empty', tensor([[], []]), 'Tensor [2, 0] float32 []'],
    [
      'what is not finite, and the sign of zero',
      tensor([Number.NaN, Number.NEGATIVE_INFINITY, -0]),
      'Tensor [3] float32 [NaN, -Infinity, -0]',
    ],
    [
      'whole numbers as they are',
      tensor([16777216, 123456789], 'float64'),
      'Tensor [2] float64 [16777216, 123456789]',
    ],
  ])('%s', (_, shown, text) => {
    expect(String(shown)).toBe(text)
    expect(inspect(shown)).toBe(text)
    expect(`${shown}`).toBe(text)
  })

  test('the same inside of other things, and its shape where they are too deep', () => {
    expect(inspect({ prediction: tensor([1, 2]) })).toBe('{ prediction: Tensor [2] float32 [1, 2] }')
    expect(inspect([tensor(1)])).toBe('[ Tensor [] float32 1 ]')
    expect(inspect({ a: { b: { c: tensor([1]) } } }, { depth: 1 })).toContain('[Object]')
    expect(inspect({ a: { b: tensor([1]) } }, { depth: 1 })).toContain('[Tensor [1]]')
    expect(inspect({ a: { b: tensor([1]) } }, { depth: null })).toContain('Tensor [1] float32 [1]')
  })
})
