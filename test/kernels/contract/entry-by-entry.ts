/** Kernels that take each entry by itself. */
import { describe, expect, test } from 'vitest'
import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers, repeated } from './plain.ts'
import { ODD_PAIRS, REPEATED, SHAPES } from './shapes.ts'

interface Unary {
  run(k: Kernels, x: Tensor): Tensor
  formula(x: number): number
  /** What becomes of NaN, ∞ and -∞. */
  readonly special: readonly [number, number, number]
  readonly domain?: readonly [number, number]
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const unary: Record<string, Unary> = {
  scale: { run: (k, x) => k.scale(x, -1.75), formula: x => -1.75 * x, special: [nan, -inf, inf] },
  addScalar: { run: (k, x) => k.addScalar(x, 0.3), formula: x => 0.3 + x, special: [nan, inf, -inf] },
  oneMinus: { run: (k, x) => k.oneMinus(x), formula: x => 1 - x, special: [nan, -inf, inf] },
  maximum: { run: (k, x) => k.maximum(x, 0.25), formula: x => Math.max(x, 0.25), special: [nan, inf, 0.25] },
  greater: { run: (k, x) => k.greater(x, 0.25), formula: x => (x > 0.25 ? 1 : 0), special: [0, 1, 0] },
  abs: { run: (k, x) => k.abs(x), formula: x => (x < 0 ? -x : x), special: [nan, inf, inf] },
  square: { run: (k, x) => k.square(x), formula: x => x * x, special: [nan, inf, inf] },
  sqrt: { run: (k, x) => k.sqrt(x), formula: x => x ** 0.5, special: [nan, inf, nan], domain: [0, 50] },
  exp: { run: (k, x) => k.exp(x), formula: x => Math.E ** x, special: [nan, inf, 0] },
  expm1: { run: (k, x) => k.expm1(x), formula: x => Math.E ** x - 1, special: [nan, inf, -1] },
  log: {
    run: (k, x) => k.log(x),
    formula: x => Math.log2(x) * Math.LN2,
    special: [nan, inf, nan],
    domain: [0.01, 50],
  },
  tanh: { run: (k, x) => k.tanh(x), formula: x => 1 - 2 / (Math.exp(2 * x) + 1), special: [nan, 1, -1] },
  relu: { run: (k, x) => k.relu(x), formula: x => (x + Math.abs(x)) / 2, special: [nan, inf, 0] },
  sigmoid: {
    run: (k, x) => k.sigmoid(x),
    formula: x => (1 + Math.tanh(x / 2)) / 2,
    special: [nan, 1, 0],
    domain: [-9, 9],
  },
  softplus: {
    run: (k, x) => k.softplus(x),
    formula: x => Math.log(1 + Math.exp(x)),
    special: [nan, inf, 0],
    domain: [-9, 9],
  },
}

export function ofOneTensor(bed: Bed): void {
  describe.each(Object.entries(unary))('%s', (_, { run, formula, special, domain = [-2, 2] }) => {
    test('fits its formula, and leaves its operand alone', () => {
      for (const shape of SHAPES) {
        const x = bed.random(shape, 0, ...domain)
        const before = numbers(x)
        bed.expectNear(run(bed.k, x), shape, before.map(formula), `[${shape}]`)
        expect(numbers(x)).toEqual(before)
      }
    })

    test('takes NaN and infinities sensibly', () => {
      expect(numbers(run(bed.k, bed.k.tensor([4], [nan, inf, -inf, 1]))).slice(0, 3)).toEqual(special)
    })
  })

  test('roots and logarithms of what has none are NaN, and ln 0 is -∞', () => {
    const x = bed.k.tensor([3], [-1, 0, 1])
    expect(numbers(bed.k.sqrt(x))).toEqual([nan, 0, 1])
    expect(numbers(bed.k.log(x))).toEqual([nan, -inf, 0])
  })

  test('exp overflows to ∞ and underflows to 0', () => {
    const x = bed.k.tensor([2], [1e4, -1e4])
    expect(numbers(bed.k.exp(x))).toEqual([inf, 0])
    expect(numbers(bed.k.expm1(x))).toEqual([inf, -1])
  })

  test('expm1 keeps its digits near 0', () => {
    const x = bed.k.tensor([6], [1e-20, -1e-20, 1e-10, -1e-10, 1e-6, -1e-6])
    const y = bed.k.expm1(x)
    numbers(x).forEach((value, i) => {
      const expected = value + value ** 2 / 2 + value ** 3 / 6
      const off = Math.abs((y.data[i] as number) / expected - 1)
      expect(off).toBeLessThan(bed.precision === 'float64' ? 1e-14 : 1e-6)
    })
  })

  test('sigmoid, softplus and tanh are finite and right for extreme values', () => {
    const x = bed.k.tensor([7], [1e4, -1e4, 100, -100, 30, -30, 0])
    bed.expectNear(bed.k.sigmoid(x), [7], [1, 0, 1, 0, 1, 0, 0.5])
    bed.expectNear(bed.k.softplus(x), [7], [1e4, 0, 100, 0, 30, 0, Math.LN2])
    bed.expectNear(bed.k.tanh(x), [7], [1, -1, 1, -1, 1, -1, 0])
  })

  test('sigmoid and softplus keep their digits where they are small', () => {
    const x = bed.k.tensor([3], [-20, -40, -80])
    for (const y of [bed.k.sigmoid(x), bed.k.softplus(x)]) {
      numbers(x).forEach((value, i) => {
        expect(Math.abs((y.data[i] as number) / Math.exp(value) - 1)).toBeLessThan(2e-5)
      })
    }
  })

  test('greater is strict', () => {
    expect(numbers(bed.k.greater(bed.k.tensor([3], [0.5, 0.5 + 2 ** -20, 0.25]), 0.5))).toEqual([0, 1, 0])
  })
}

interface Binary {
  run(k: Kernels, a: Tensor, b: Tensor): Tensor
  formula(a: number, b: number): number
}

const binary: Record<string, Binary> = {
  add: { run: (k, a, b) => k.add(a, b), formula: (a, b) => a + b },
  sub: { run: (k, a, b) => k.sub(a, b), formula: (a, b) => a - b },
  mul: { run: (k, a, b) => k.mul(a, b), formula: (a, b) => a * b },
  div: { run: (k, a, b) => k.div(a, b), formula: (a, b) => a / b },
}

export function ofTwoTensors(bed: Bed): void {
  const fits = ({ run, formula }: Binary, aShape: number[], bShape: number[]) => {
    const [a, b] = [bed.random(aShape, 'a'), bed.random(bShape, 'b', 0.5, 2)]
    const before = [numbers(a), numbers(b)]
    bed.expectNear(run(bed.k, a, b), ...repeated(a, b, formula), `[${aShape}] with [${bShape}]`)
    expect([numbers(a), numbers(b)], 'the operands are left alone').toEqual(before)
  }

  describe.each(Object.entries(binary))('%s', (_, kernel) => {
    test('fits its formula for equal shapes', () => {
      for (const shape of SHAPES) fits(kernel, shape, shape)
    })

    test('repeats axes by the rule of NumPy, in every combination', () => {
      for (const a of REPEATED) for (const b of REPEATED) fits(kernel, a, b)
    })

    test('repeats axes of odd length', () => {
      for (const [a, b] of ODD_PAIRS) fits(kernel, a, b)
    })
  })

  test('addScaled fits its formula', () => {
    const kernel: Binary = { run: (k, a, b) => k.addScaled(a, b, -0.75), formula: (a, b) => a - 0.75 * b }
    for (const shape of SHAPES) fits(kernel, shape, shape)
  })

  test('equal is 1 where two numbers are the same, by the rule of NumPy', () => {
    const { k } = bed
    for (const aShape of REPEATED) {
      for (const bShape of REPEATED) {
        const [a, b] = [k.greater(bed.random(aShape, 'a'), 0), k.greater(bed.random(bShape, 'b'), 0)]
        bed.expectNear(k.equal(a, b), ...repeated(a, b, (a, b) => (a === b ? 1 : 0)))
      }
    }
  })

  test('equal holds 0 and -0 equal, and NaN unequal to itself', () => {
    const { k } = bed
    const [a, b] = [k.tensor([4], [0, nan, 2, inf]), k.tensor([4], [-0, nan, 3, inf])]
    expect(numbers(k.equal(a, b))).toEqual([1, 0, 0, 1])
  })

  test('an operand may be used twice', () => {
    const { k } = bed
    const x = bed.random([7, 3])
    const squares = numbers(x).map(value => value ** 2)
    bed.expectNear(k.mul(x, x), [7, 3], squares)
    expect(numbers(k.sub(x, x))).toEqual(new Array(21).fill(0))
  })

  test('NaN goes through, and division by 0 is ±∞ or NaN', () => {
    const { k } = bed
    expect(numbers(k.div(k.tensor([4], [1, -1, 0, nan]), k.tensor([4], [0, 0, 0, 1])))).toEqual([
      inf,
      -inf,
      nan,
      nan,
    ])
    expect(numbers(k.mul(k.tensor([2], [0, 0]), k.tensor([2], [nan, inf])))).toEqual([nan, nan])
    expect(numbers(k.addScaled(k.tensor([1], [1]), k.tensor([1], [nan]), 0))).toEqual([nan])
  })

  test('wherePositive takes a where x > 0 and b elsewhere, from tensors and numbers', () => {
    const { k } = bed
    const x = k.tensor([5], [1, -1, 0, -0, nan])
    const [a, b] = [k.tensor([5], [10, 11, 12, 13, 14]), k.tensor([5], [20, 21, 22, 23, 24])]
    expect(numbers(k.wherePositive(x, a, b))).toEqual([10, 21, 22, 23, 24])
    expect(numbers(k.wherePositive(x, a, -5))).toEqual([10, -5, -5, -5, -5])
    expect(numbers(k.wherePositive(x, 7, b))).toEqual([7, 21, 22, 23, 24])
    expect(numbers(k.wherePositive(x, 7, 0))).toEqual([7, 0, 0, 0, 0])
  })

  test('wherePositive lets nothing through from the side that is not taken', () => {
    const { k } = bed
    const [x, bad] = [k.tensor([2], [1, -1]), k.tensor([2], [nan, nan])]
    expect(numbers(k.wherePositive(x, k.tensor([2], [1, 2]), bad)).at(0)).toBe(1)
    expect(numbers(k.wherePositive(x, bad, 0)).at(1)).toBe(0)
  })

  test('wherePositive works on every size', () => {
    for (const shape of SHAPES) {
      const [x, a, b] = [bed.random(shape, 'x'), bed.random(shape, 'a'), bed.random(shape, 'b')]
      const expected = numbers(x).map((value, i) => (value > 0 ? a : b).data[i] as number)
      bed.expectNear(bed.k.wherePositive(x, a, b), shape, expected)
    }
  })
}
