/** Matrix products of odd shapes: every remainder of a tile, every edge of a block, and what is not finite. */
import { describe, expect, test } from 'vitest'
import type { Transposition } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, pool } from './plain.ts'
import { BLOCK_EDGES, LENGTHS, ODD_SIZES, SMALL_SIZES } from './shapes.ts'

type Size = readonly [rows: number, columns: number, inner: number]
const { NaN: nan, POSITIVE_INFINITY: inf } = Number
const TRANSPOSITIONS: readonly Transposition[] = ['nn', 'nt', 'tn']

export function oddProducts(bed: Bed): void {
  test('every remainder of rows, columns and depth goes with every other', () => {
    for (const m of SMALL_SIZES)
      for (const n of SMALL_SIZES) for (const k of SMALL_SIZES) fits(bed, [m, n, k])
  })

  test.each([3, 17, 41])('every odd size goes with others, %s apart', apart => {
    const count = ODD_SIZES.length
    ODD_SIZES.forEach((m, i) => {
      fits(bed, [
        m,
        ODD_SIZES[(i * 7 + apart) % count] as number,
        ODD_SIZES[(i * 11 + 2 * apart) % count] as number,
      ])
    })
  })

  test.each(BLOCK_EDGES)('blocks end right at [%s, %s] over %s products', (m, n, k) => fits(bed, [m, n, k]))

  test('there is nothing in products of nothing, and they are 0 over no products', () => {
    const zeros = [0, 1, 5, 130].flatMap(a => [0, 1, 9, 129].map(b => [a, b] as const))
    for (const [a, b] of zeros)
      for (const size of [
        [a, b, 0],
        [a, 0, b],
        [0, a, b],
      ] as const)
        fits(bed, size)
  })

  describe.each<Size>([
    [1, 1, 5],
    [1, 13, 9],
    [13, 1, 9],
    [5, 7, 9],
    [33, 17, 40],
    [130, 129, 131],
  ])('in [%s, %s] over %s products', (m, n, k) => {
    const size: Size = [m, n, k]

    test.each([nan, inf, -inf])('%s on the left stays in its row', value => {
      for (const [row, p] of scattered(m, k)) {
        fits(bed, size, a => a.with(row * k + p, value))
      }
    })

    test.each([nan, inf, -inf])('%s on the right stays in its column', value => {
      for (const [p, column] of scattered(k, n)) {
        fits(bed, size, undefined, b => b.with(p * n + column, value))
      }
    })

    test('∞ and -∞ in one sum are NaN, and 0 · ∞ is', () => {
      if (k === 1) return
      const last = (m - 1) * k
      fits(
        bed,
        size,
        a => a.with(last, inf).with(last + k - 1, -inf),
        b => b.map(Math.abs),
      )
      fits(
        bed,
        size,
        a => a.with(last + k - 1, 0),
        b => b.with(k * n - 1, inf),
      )
    })
  })

  describe('affine', () => {
    const affine = (m: number, n: number, k: number, bias: readonly number[]) => {
      bed.k.lend(bed.lease)
      const [a, b] = [pool(m * k, 1), pool(k * n, 2)]
      const expected = plainly(a, b, [m, n, k]).map((value, i) => value + (bias[i % n] as number))
      const operands = [bed.lent([m, k], a), bed.lent([k, n], b), bed.lent([n], bias)] as const
      bed.expectNear(bed.k.affine(...operands), [m, n], expected, `affine [${m}, ${n}] over ${k}`)
    }

    test('fits every number of units up to 130', () => {
      for (const n of LENGTHS) affine(1 + (n % 9), n, 1 + (n % 13), pool(n, 3))
    })

    test('is that of the bias over no products, and nothing for no rows', () => {
      for (const n of [1, 3, 8, 130]) {
        affine(5, n, 0, pool(n, 3))
        affine(0, n, 3, pool(n, 3))
      }
    })

    test('lets NaN and infinities of the bias into their columns alone', () => {
      for (const n of [4, 7, 33])
        affine(
          3,
          n,
          2,
          pool(n, 3)
            .with(0, nan)
            .with(2, inf)
            .with(n - 1, -inf),
        )
    })
  })

  test('affine takes a row vector, and leaves all operands alone', () => {
    const [x, kernel, bias] = [bed.random([1, 9]), bed.random([9, 5]), bed.random([5])]
    const before = [x, kernel, bias].map(({ data }) => Array.from(data))
    numbers(bed.k.affine(x, kernel, bias))
    expect([x, kernel, bias].map(({ data }) => Array.from(data))).toEqual(before)
  })
}

type Change = (values: number[]) => number[]
const unchanged: Change = values => values

/** Compares the product in all transpositions. */
function fits(bed: Bed, [m, n, k]: Size, changeA = unchanged, changeB = unchanged): void {
  const [a, b] = [changeA(pool(m * k, 1)), changeB(pool(k * n, 2))]
  const expected = plainly(a, b, [m, n, k])
  for (const transposition of TRANSPOSITIONS) {
    bed.k.lend(bed.lease)
    const left = transposition === 'tn' ? bed.lent([k, m], turned(a, m, k)) : bed.lent([m, k], a)
    const right = transposition === 'nt' ? bed.lent([n, k], turned(b, k, n)) : bed.lent([k, n], b)
    const what = `'${transposition}' [${m}, ${n}] over ${k}`
    bed.expectNear(bed.k.matMul(left, right, transposition), [m, n], expected, what)
  }
}

/** Corners, and a place in the middle. */
const scattered = (rows: number, columns: number): (readonly [number, number])[] => [
  [0, 0],
  [rows - 1, columns - 1],
  [rows >> 1, columns >> 1],
]

function turned(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j] as number
  }
  return result
}

/** y[i, j] = Σ a[i, p] b[p, j] */
function plainly(a: readonly number[], b: readonly number[], [m, n, k]: Size): number[] {
  const y = new Array<number>(m * n).fill(0)
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p] as number
      for (let j = 0; j < n; j++) y[i * n + j] = (y[i * n + j] as number) + factor * (b[p * n + j] as number)
    }
  }
  return y
}
