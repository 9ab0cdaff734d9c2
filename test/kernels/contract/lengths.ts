/** Kernels that take each entry by itself, on every length from 1 to 130 and so every remainder. */
import { expect, test } from 'vitest'
import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, plainSigmoid, plainSoftplus, pool } from './plain.ts'
import { LENGTHS } from './shapes.ts'

type List = readonly number[]
const { NaN: nan, POSITIVE_INFINITY: inf } = Number

/** What stands in a row once in a while. */
const ODD_ENTRIES = [nan, inf, -inf, 0, -0, 1e-40, 3e38, -3e38]

const ofOne: Record<
  string,
  readonly [run: (k: Kernels, x: Tensor) => Tensor, formula: (x: number) => number]
> = {
  scale: [(k, x) => k.scale(x, -0.75), x => x * -0.75],
  addScalar: [(k, x) => k.addScalar(x, 0.5), x => x + 0.5],
  oneMinus: [(k, x) => k.oneMinus(x), x => 1 - x],
  maximum: [(k, x) => k.maximum(x, 0.25), x => Math.max(x, 0.25)],
  greater: [(k, x) => k.greater(x, 0.25), x => (x > 0.25 ? 1 : 0)],
  abs: [(k, x) => k.abs(x), Math.abs],
  square: [(k, x) => k.square(x), x => x * x],
  sqrt: [(k, x) => k.sqrt(x), Math.sqrt],
  exp: [(k, x) => k.exp(x), Math.exp],
  expm1: [(k, x) => k.expm1(x), Math.expm1],
  log: [(k, x) => k.log(x), Math.log],
  tanh: [(k, x) => k.tanh(x), Math.tanh],
  relu: [(k, x) => k.relu(x), x => Math.max(x, 0)],
  sigmoid: [(k, x) => k.sigmoid(x), plainSigmoid],
  softplus: [(k, x) => k.softplus(x), plainSoftplus],
  copy: [(k, x) => k.copy(x), x => x],
}

type OfTwo = readonly [
  run: (k: Kernels, a: Tensor, b: Tensor) => Tensor,
  formula: (a: number, b: number) => number,
]

const repeating: Record<string, OfTwo> = {
  add: [(k, a, b) => k.add(a, b), (a, b) => a + b],
  sub: [(k, a, b) => k.sub(a, b), (a, b) => a - b],
  mul: [(k, a, b) => k.mul(a, b), (a, b) => a * b],
  div: [(k, a, b) => k.div(a, b), (a, b) => a / b],
  equal: [(k, a, b) => k.equal(a, b), (a, b) => (a === b ? 1 : 0)],
}

const alike: Record<string, OfTwo> = {
  ...repeating,
  addScaled: [(k, a, b) => k.addScaled(a, b, -1.5), (a, b) => a - 1.5 * b],
  addAll: [(k, a, b) => k.addAll([a, b, a]), (a, b) => a + b + a],
  wherePositive: [(k, a, b) => k.wherePositive(a, b, a), (a, b) => (a > 0 ? b : a)],
  'wherePositive of a number first': [(k, a, b) => k.wherePositive(a, 7, b), (a, b) => (a > 0 ? 7 : b)],
  'wherePositive of a number last': [(k, a, b) => k.wherePositive(a, b, 7), (a, b) => (a > 0 ? b : 7)],
}

export function everyLength(bed: Bed): void {
  const { tolerance } = bed

  /** Entry by entry within the tolerance of each alone, as entries of very different size stand together. */
  const expectEach = (y: Tensor, expected: List, what: string) => {
    expect(y.size, what).toBe(expected.length)
    const round = (x: number) => (bed.precision === 'float32' ? Math.fround(x) : x)
    expected.forEach((value, i) => {
      const [got, wanted] = [y.data[i] as number, round(value)]
      const near = Number.isFinite(wanted)
        ? Math.abs(got - wanted) <= tolerance * Math.max(Math.abs(wanted), 1)
        : Object.is(got, wanted)
      if (!near) expect.fail(`${what}: entry ${i} is ${got}, not ${wanted}`)
    })
  }

  test.each(Object.entries(ofOne))('%s', (name, [run, formula]) => {
    for (const length of LENGTHS) {
      bed.k.lend(bed.lease)
      const x = bed.lent(
        [length],
        pool(length).map((x, i) => ODD_ENTRIES[i - (length >> 1)] ?? x),
      )
      expectEach(run(bed.k, x), numbers(x).map(formula), `${name} [${length}]`)
    }
  })

  test.each(Object.entries(alike))('%s of equal shapes', (name, [run, formula]) => {
    for (const length of LENGTHS) {
      bed.k.lend(bed.lease)
      const special = (i: number) => ODD_ENTRIES[i - (length >> 1)]
      const a = bed.lent(
        [length],
        pool(length, 1).map((x, i) => special(i) ?? x),
      )
      const b = bed.lent(
        [length],
        pool(length, 2).map((x, i) => special(length - i) ?? x),
      )
      // Whether a product with -1.5 overflows before it is added is up to the machine.
      if (name === 'addScaled')
        for (const x of [a, b]) x.data.set(numbers(x).map(x => (Math.abs(x) === inf ? inf : x % 9)))
      expectEach(
        run(bed.k, a, b),
        numbers(a).map((x, i) => formula(x, b.data[i] as number)),
        `${name} [${length}]`,
      )
    }
  })

  test.each(Object.entries(repeating))(
    '%s of rows, columns and scalars beside matrices',
    (name, [run, formula]) => {
      for (const length of LENGTHS) {
        for (const other of [[length], [3, 1], [], [1, 1], [3, length]]) {
          bed.k.lend(bed.lease)
          const [matrix, small] = [
            bed.lent([3, length], pool(3 * length, 1)),
            bed.lent(
              other,
              pool(
                other.reduce((a, b) => a * b, 1),
                2,
              ),
            ),
          ]
          const at = (i: number) => {
            if (small.size === 1) return 0
            if (other.length === 1) return i % length
            return other[1] === 1 ? Math.floor(i / length) : i
          }
          const pairs = numbers(matrix).map((x, i) => [x, small.data[at(i)] as number] as const)
          const what = `${name} [3, ${length}] with [${other}]`
          expectEach(
            run(bed.k, matrix, small),
            pairs.map(([x, y]) => formula(x, y)),
            what,
          )
          expectEach(
            run(bed.k, small, matrix),
            pairs.map(([x, y]) => formula(y, x)),
            `${what}, turned`,
          )
        }
      }
    },
  )

  test('what is lent next to a result stays as it is', () => {
    for (const length of LENGTHS) {
      bed.k.lend(bed.lease)
      const all = [1, 2, 3, 4, 5, 6].map(seed => bed.lent([length], pool(length, seed)))
      const [a, b, first] = all as [Tensor, Tensor, Tensor]
      const before = all.map(numbers)
      bed.k.fill([length], 9)
      bed.k.softmax(a)
      bed.k.affine(bed.k.reshape(a, [1, length]), bed.k.fill([length, length], 0.5), b)
      bed.k.slice(first, 0, 0, length)
      expect(all.map(numbers), `[${length}]`).toEqual(before)
    }
  })
}
