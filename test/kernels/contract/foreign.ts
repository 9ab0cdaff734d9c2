/** Operands that lie elsewhere: views into memory of the caller's, at any offset, and tensors of other kernels. */
import { describe, expect, test } from 'vitest'
import { type Kernels, type Numbers, type Shape, sizeOf, Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, pool } from './plain.ts'

type Place = (shape: Shape, values: readonly number[]) => Tensor

/** A view that begins so many numbers after its buffer, in which NaN stands all around. */
const view =
  (make: Float32ArrayConstructor | Float64ArrayConstructor, offset: number): Place =>
  (shape, values) => {
    const buffer = new make(offset + values.length + 5).fill(Number.NaN)
    buffer.set(values, offset)
    return new Tensor(shape, buffer.subarray(offset, offset + values.length) as Numbers)
  }

const calls: Record<
  string,
  (k: Kernels, a: Tensor, b: Tensor, square: Tensor, row: Tensor, one: Tensor) => Tensor
> = {
  copy: (k, a) => k.copy(a),
  reshape: (k, a) => k.reshape(a, [3, 9]),
  'reshape, and then something': (k, a) => k.scale(k.reshape(a, [27]), 2),
  slice: (k, a) => k.slice(a, 1, 1, 2),
  concatenate: (k, a, b) => k.concatenate([a, b, k.relu(a)], 0),
  add: (k, a, b) => k.add(a, b),
  'add with a row': (k, a, _, __, row) => k.add(row, a),
  'mul that repeats both': (k, _, __, ___, row) => k.mul(k.reshape(row, [3, 1]), row),
  addScaled: (k, a, b) => k.addScaled(a, b, 0.5),
  wherePositive: (k, a, b) => k.wherePositive(a, b, a),
  equal: (k, a) => k.equal(a, a),
  exp: (k, a) => k.exp(a),
  tanh: (k, a) => k.tanh(a),
  softmax: (k, a) => k.softmax(a),
  logSoftmax: (k, a) => k.logSoftmax(a),
  sumLastAxis: (k, a) => k.sumLastAxis(a),
  argMaxLastAxis: (k, a) => k.argMaxLastAxis(a),
  sum: (k, a) => k.sum(a),
  'sumTo a row': (k, a) => k.sumTo(a, [3]),
  'sumTo a column': (k, a) => k.sumTo(a, [9, 1]),
  addAll: (k, a, b) => k.addAll([a, b, a]),
  matMul: (k, a, _, square) => k.matMul(a, square),
  "matMul 'nt'": (k, a, b) => k.matMul(a, b, 'nt'),
  "matMul 'tn'": (k, a, b) => k.matMul(a, b, 'tn'),
  affine: (k, a, _, square, row) => k.affine(a, square, row),
  'softmax of a scaled sum': (k, a, b, _, __, one) => k.softmax(k.mul(one, k.add(a, b))),
  where: (k, a, b) => k.where(a, b, 1),
  windows: (k, a) => k.windows(a, { axes: [0], sizes: [2], strides: [1], dilations: [1] }),
  overlapAdd: (k, a) =>
    k.overlapAdd(a, { axes: [0], sizes: [3], strides: [1], dilations: [1], lengths: [11] }),
  cumulativeSum: (k, a) => k.cumulativeSum(a, 0),
  argSort: (k, a) => k.argSort(a),
  gather: (k, a, b) => k.gather(a, k.argSort(b), 1, 1),
  scatterAdd: (k, a, b) => k.scatterAdd(a, k.argSort(b), { axis: 1, batch: 1, length: 4 }),
}

const shapes: readonly Shape[] = [[9, 3], [9, 3], [3, 3], [3], []]

export function foreign(bed: Bed): void {
  const places: Record<string, Place> = {
    'an unaligned view of float32': view(Float32Array, 1),
    'a view of float32 at another offset': view(Float32Array, 3),
    'an unaligned view of float64': view(Float64Array, 1),
    'memory of other kernels': (shape, values) => {
      const others = bed.make(bed.precision)
      const kept = others.tensor(shape, values)
      others.dispose()
      return kept
    },
  }

  describe.each(Object.entries(places))('operands in %s', (_, place) => {
    test('give what their own give', () => {
      const values = shapes.map((shape, seed) => pool(sizeOf(shape), seed))
      const own = shapes.map((shape, i) => bed.k.tensor(shape, values[i] as number[]))
      const elsewhere = shapes.map((shape, i) => place(shape, values[i] as number[]))
      for (const [name, call] of Object.entries(calls)) {
        const expected = call(bed.k, ...(own as Five))
        const got = call(bed.k, ...(elsewhere as Five))
        expect(got.shape, name).toEqual(expected.shape)
        expect(numbers(got), name).toEqual(numbers(expected))
        expect(elsewhere.map(numbers), `${name} leaves its operands alone`).toEqual(values)
      }
    })

    test('tally, allFinite and new tensors take them too', () => {
      const { k } = bed
      const x = place([7], pool(7))
      const totals = k.totals(1)
      k.tally(totals, 0, x)
      expect(totals.data[0]).toBeCloseTo(
        pool(7).reduce((a, b) => a + b),
        12,
      )
      expect(k.allFinite(x)).toBe(true)
      expect(k.allFinite(place([3], [1, 2, Number.NaN]))).toBe(false)
      expect(numbers(k.tensor([7], x.data))).toEqual(pool(7))
    })

    test('empty ones are fine', () => {
      const { k } = bed
      const nothing = place([0, 3], [])
      bed.expectNear(k.add(nothing, nothing), [0, 3], [])
      bed.expectNear(k.matMul(nothing, nothing, 'tn'), [3, 3], new Array(9).fill(0))
      bed.expectNear(k.copy(k.reshape(nothing, [3, 0])), [3, 0], [])
    })
  })
}

type Five = [Tensor, Tensor, Tensor, Tensor, Tensor]
