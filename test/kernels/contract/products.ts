/** Matrix products. */
import { describe, expect, test } from 'vitest'
import type { Kernels, Tensor, Transposition } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, plainProduct } from './plain.ts'
import { PRODUCTS } from './shapes.ts'

/** A matrix, and how to find it as a part of a larger one, of which all other entries are NaN. */
function inNaN({ shape, data }: Tensor): (k: Kernels) => Tensor {
  const [rows = 0, columns = 0] = shape
  const large = new Float64Array((rows + 3) * (columns + 4)).fill(Number.NaN)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      large[(row + 2) * (columns + 4) + column + 1] = data[row * columns + column] as number
  return k => k.slice(k.slice(k.tensor([rows + 3, columns + 4], large), 0, 2, rows), 1, 1, columns)
}

export function products(bed: Bed): void {
  describe.each<Transposition>(['nn', 'nt', 'tn'])("matMul '%s'", transposition => {
    const left = (m: number, inner: number) => (transposition === 'tn' ? [inner, m] : [m, inner])
    const right = (inner: number, n: number) => (transposition === 'nt' ? [n, inner] : [inner, n])

    test.each(PRODUCTS)('gives [%s, %s] over %s products', (m, n, inner) => {
      const [a, b] = [bed.random(left(m, inner), 'a'), bed.random(right(inner, n), 'b')]
      const before = [numbers(a), numbers(b)]
      const expected = plainProduct(a, b, [m, n, inner], transposition)
      bed.expectNear(bed.k.matMul(a, b, transposition), [m, n], expected)
      expect([numbers(a), numbers(b)], 'the operands are left alone').toEqual(before)
    })

    test.each(PRODUCTS)('gives [%s, %s] over %s products of parts of larger matrices', (m, n, inner) => {
      const { k } = bed
      const [a, b] = [bed.random(left(m, inner), 'a'), bed.random(right(inner, n), 'b')]
      const whole = numbers(k.matMul(a, b, transposition))
      const [partOfA, partOfB] = [inNaN(a), inNaN(b)]
      for (const [x, y] of [
        [partOfA(k), b],
        [a, partOfB(k)],
        [partOfA(k), partOfB(k)],
      ] as const)
        expect(numbers(k.matMul(x, y, transposition))).toEqual(whole)
    })

    test('hides no NaN and no infinity behind a zero', () => {
      const { k } = bed
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        for (const [a, b] of [
          [k.tensor(left(1, 2)), k.tensor(right(2, 1), [1, value])],
          [k.tensor(left(1, 2), [1, value]), k.tensor(right(2, 1))],
        ] as const) {
          expect(k.matMul(a, b, transposition).item()).toBeNaN()
        }
      }
    })

    test('sums over nothing to 0, in memory that was used before', () => {
      const { k, lease } = bed
      k.fill([3, 4], 7)
      k.lend(lease)
      const y = k.matMul(k.tensor(left(3, 0)), k.tensor(right(0, 4)), transposition)
      bed.expectNear(y, [3, 4], new Array(12).fill(0))
    })

    test('gives the same bytes each time', () => {
      const { k } = bed
      const [a, b] = [bed.random(left(33, 17), 'a'), bed.random(right(17, 65), 'b')]
      const first = numbers(k.matMul(a, b, transposition))
      k.fill([5], 1)
      expect(numbers(k.matMul(a, b, transposition))).toEqual(first)
    })
  })

  // Whether somebody looks on decides how operands lie, and nobody may see that in the numbers. A library for large products has an order
  // for each way.
  test('gives the same bytes, however its operands lie', () => {
    const { k } = bed
    const small = PRODUCTS.filter(([m, n, inner]) => m * n * inner < 10_000)
    for (const [m, n, inner] of k.name === 'blas' ? small : [...small, [33, 70, 300] as const]) {
      const [a, b] = [bed.random([m, inner], 'a'), bed.random([inner, n], 'b')]
      const [across, down] = [a, b].map(x => k.add(k.permute(x, [1, 0]), 0)) as [Tensor, Tensor]
      const whole = numbers(k.matMul(a, b))
      expect(numbers(k.matMul(a, down, 'nt')), `${[m, n, inner]}`).toEqual(whole)
      expect(numbers(k.matMul(across, b, 'tn')), `${[m, n, inner]}`).toEqual(whole)
      for (const [x, y] of [
        [k.permute(across, [1, 0]), b],
        [a, k.permute(down, [1, 0])],
        [k.permute(across, [1, 0]), k.permute(down, [1, 0])],
      ] as const)
        expect(numbers(k.matMul(x, y)), `${[m, n, inner]}`).toEqual(whole)
    }
  })

  test("matMul is 'nn' where nothing is said", () => {
    const [a, b] = [bed.random([5, 3], 'a'), bed.random([3, 7], 'b')]
    expect(numbers(bed.k.matMul(a, b))).toEqual(numbers(bed.k.matMul(a, b, 'nn')))
  })

  test('matMul folds leading axes into the rows', () => {
    const { k } = bed
    const [x, kernel, dy] = [bed.random([2, 3, 5]), bed.random([5, 4]), bed.random([2, 3, 4])]
    bed.expectNear(k.matMul(x, kernel), [2, 3, 4], plainProduct(x, kernel, [6, 4, 5]))
    bed.expectNear(k.matMul(dy, kernel, 'nt'), [2, 3, 5], plainProduct(dy, kernel, [6, 5, 4], 'nt'))
    bed.expectNear(k.matMul(x, dy, 'tn'), [5, 4], plainProduct(x, dy, [5, 4, 6], 'tn'))
    const deep = bed.random([2, 1, 3, 5])
    bed.expectNear(k.matMul(deep, kernel), [2, 1, 3, 4], plainProduct(deep, kernel, [6, 4, 5]))
  })

  test('an empty batch has empty products, and a gradient of zeros for the kernel', () => {
    const { k } = bed
    const [x, kernel, dy] = [k.tensor([0, 5]), bed.random([5, 4]), k.tensor([0, 4])]
    bed.expectNear(k.matMul(x, kernel), [0, 4], [])
    bed.expectNear(k.matMul(dy, kernel, 'nt'), [0, 5], [])
    bed.expectNear(k.matMul(x, dy, 'tn'), [5, 4], new Array(20).fill(0))
    bed.expectNear(k.affine(x, kernel, bed.random([4])), [0, 4], [])
  })

  test('an operand may stand on both sides', () => {
    const x = bed.random([7, 3])
    bed.expectNear(bed.k.matMul(x, x, 'nt'), [7, 7], plainProduct(x, x, [7, 7, 3], 'nt'))
    bed.expectNear(bed.k.matMul(x, x, 'tn'), [3, 3], plainProduct(x, x, [3, 3, 7], 'tn'))
  })

  test.each(PRODUCTS)('affine adds the bias to each row of [%s, %s] over %s products', (m, n, inner) => {
    const [x, kernel, bias] = [bed.random([m, inner], 'x'), bed.random([inner, n], 'k'), bed.random([n], 'b')]
    const product = plainProduct(x, kernel, [m, n, inner])
    const expected = product.map((value, i) => value + (bias.data[i % n] as number))
    bed.expectNear(bed.k.affine(x, kernel, bias), [m, n], expected)
  })

  test('affine folds leading axes into the rows', () => {
    const [x, kernel, bias] = [bed.random([2, 3, 5]), bed.random([5, 4]), bed.random([4])]
    const product = plainProduct(x, kernel, [6, 4, 5])
    const expected = product.map((value, i) => value + (bias.data[i % 4] as number))
    bed.expectNear(bed.k.affine(x, kernel, bias), [2, 3, 4], expected)
  })
}
